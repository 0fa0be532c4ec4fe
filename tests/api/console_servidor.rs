//! The page of the server.

use time::Duration;

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Server, nome};

const PAGE: &str = "/console/servidor";

async fn it_says_how_the_server_is(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:?}");
    let engine = if database.engine == Engine::Postgres { "PostgreSQL " } else { "SQLite " };
    page.has_all(&[engine, env!("CARGO_PKG_VERSION"), "Ready", "none pending", "0 of ", "1 session is open"]);
    page.has_all(&["<code>REQUEST_TIMEOUT_SECONDS</code>", "<code>DATABASE_URL</code>", "administration – open: "]);
}

async fn settings_are_masked(database: &Database) {
    const SECRET: &str = "um-segredo-comprido-o-bastante-para-assinar-tokens";
    let server = Server::with(database, &[("JWT_SECRET", SECRET), ("JWT_ACCEPTED_SECRETS", SECRET)]).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    let page = admin.get(PAGE).await;
    assert!(!page.body.contains(SECRET), "{page:?}");
    page.has_all(&["<code>JWT_SECRET</code></th><td data-label=\"Value\"><code>***</code></td>"]);
    assert!(!page.body.contains(":postgres@") && !page.body.contains("password="), "{page:?}");
    server.stop().await;
}

async fn sessions_are_listed_while_they_last(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let _revoked = Browser::signed_in(server, "user.api").await;
    admin.get(PAGE).await.has_all(&["2 sessions are open", "<bdi>user.api</bdi>", "<bdi>admin</bdi>"]);
    // Neither the id nor its digest is in the page.
    let id = admin.cookie("citrus-sessao").unwrap().to_owned();
    assert!(!admin.get(PAGE).await.body.contains(&id));
    server.provisioning.revoke_tokens(&nome("user.api")).await.unwrap();
    let page = admin.get(PAGE).await;
    assert!(page.body.contains("1 session is open") && !page.body.contains("user.api"), "{page:?}");
    let mut other = Browser::signed_in(server, "user.api").await;
    admin.get(PAGE).await.has_all(&["2 sessions are open"]);
    server.clock.advance(Duration::minutes(20));
    admin.get(PAGE).await;
    server.clock.advance(Duration::minutes(10));
    admin.get(PAGE).await.has_all(&["1 session is open"]);
    assert_eq!(other.get("/console").await.status, 303, "over");
}

both_engines! {
    it_says_how_the_server_is,
    settings_are_masked,
    sessions_are_listed_while_they_last,
}
