//! The sandbox's own routes take no token: a page of another site must not use them from a tester's browser.

use reqwest::Method;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::Server;

const REFUSED: &str = "Requisição de uma página de outro site";
const CHANGES: [(Method, &str, &str); 6] = [
    (Method::POST, "/sandbox/reset", ""),
    (Method::POST, "/sandbox/falhas", r#"{"codigo": "failed"}"#),
    (Method::DELETE, "/sandbox/falhas", ""),
    (Method::POST, "/sandbox/relogio", r#"{"avancar": 1}"#),
    (Method::DELETE, "/sandbox/relogio", ""),
    (Method::DELETE, "/sandbox/requisicoes", ""),
];

async fn pages_of_other_sites_change_nothing(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let before = server.get("/sandbox/relogio").await.json()["adiantado"].clone();
    for from in [
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        [("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")],
        [("origin", "null"), ("content-type", "text/plain")],
        [("origin", "https://evil.example"), ("x-sandbox-falha", "failed")],
    ] {
        for (method, path, body) in CHANGES {
            server.send(method, path, &from, body).await.is(403, REFUSED);
        }
    }
    assert_eq!(server.get("/sandbox/falhas").await.body, r#"{"falhas":[]}"#);
    assert_eq!(server.get("/sandbox/relogio").await.json()["adiantado"], before);
    server.stop().await;
}

/// The page of `/docs` sends requests from the server itself, and reading shows nothing to other pages.
async fn our_own_pages_programs_and_readers_pass(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let own = format!("http://{}", server.address);
    for from in [&[("sec-fetch-site", "same-origin"), ("origin", own.as_str())][..], &[]] {
        for (method, path, body) in CHANGES {
            assert_eq!(server.send(method, path, from, body).await.status, 200, "{path}");
        }
    }
    for path in ["/sandbox/falhas", "/sandbox/relogio", "/sandbox/requisicoes"] {
        let answer = server.send(Method::GET, path, &[("sec-fetch-site", "cross-site")], "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None), "{path}");
    }
    server.stop().await;
}

both_engines! {
    pages_of_other_sites_change_nothing,
    our_own_pages_programs_and_readers_pass,
}
