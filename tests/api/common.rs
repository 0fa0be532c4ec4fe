//! What is common to all routes.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::both_engines;
use crate::support::client::{Client, head};
use crate::support::database::Database;
use crate::support::server::Server;

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";

async fn unknown_routes_and_wrong_methods_are_enveloped(server: &Server) {
    for path in ["/index.html", "/api", "/api/usuario/login/x", "/API/usuario/login", "/api/admin", "/health"] {
        server.get(path).await.is(404, "Recurso não encontrado");
    }
    for (path, allow, methods) in [
        (LOGIN, "POST", [Method::GET, Method::PUT, Method::DELETE]),
        (STATUS, "GET,HEAD,POST", [Method::PUT, Method::PATCH, Method::OPTIONS]),
        ("/", "GET,HEAD", [Method::POST, Method::PUT, Method::DELETE]),
        ("/api/motivos", "GET,HEAD", [Method::POST, Method::PUT, Method::DELETE]),
        ("/api/atendimentos/1/historico", "GET,HEAD", [Method::POST, Method::PATCH, Method::OPTIONS]),
        ("/api/atendimentos/1/transicoes", "GET,HEAD", [Method::POST, Method::PATCH, Method::OPTIONS]),
        ("/health/live", "GET,HEAD", [Method::POST, Method::PUT, Method::DELETE]),
    ] {
        for method in methods {
            let answer = server.send(method, path, &[], "").await;
            answer.is(405, "Método não permitido");
            assert_eq!(answer.header("allow"), Some(allow));
        }
    }
}

async fn broken_bodies_say_what_and_where_and_echo_nothing(server: &Server) {
    let token = server.token("user.api").await;
    for (body, what) in [
        ("", "JSON incompleto, termina na linha 1, coluna 0"),
        ("{\"protocolo\": \"segredo\"", "JSON incompleto, termina na linha 1, coluna 23"),
        ("{\n\"protocolo\": segredo}", "JSON malformado na linha 2, coluna 14"),
        ("{} segredo", "JSON malformado na linha 1, coluna 4"),
        ("[\"segredo\"]", "não é um objeto JSON"),
        ("\"segredo\"", "não é um objeto JSON"),
        ("42", "não é um objeto JSON"),
        ("null", "não é um objeto JSON"),
        ("{\"status\": \"a\", \"x\": 1, \"x\": 2, \"status\": \"segredo\"}", "campo status duplicado"),
        ("{\"comentario\": \"\\ud83c\"}", "texto malformado no campo comentario"),
    ] {
        let message = format!("Corpo da requisição inválido: {what}");
        server.change_with(&token, body).await.is(400, &message);
    }
    let latin1 = b"{\"login\": \"Jos\xe9\", \"senha\": \"1234\"}".to_vec();
    let answer = server.send(Method::POST, LOGIN, &[], latin1).await;
    answer.is(
        400,
        "Corpo da requisição inválido: não é UTF-8 a partir do byte 15; \
         envie em UTF-8 ou declare o charset em Content-Type",
    );
    let doubled = r#"{"login": "a", "login": "b", "senha": "1234"}"#;
    let answer = server.send(Method::POST, LOGIN, &[], doubled).await;
    answer.is(400, "Corpo da requisição inválido: campo login duplicado");
}

async fn the_media_type_does_not_matter_and_unknown_fields_are_ignored(server: &Server) {
    let body = json!({"login": "user.api", "senha": "1234", "Login": 1, "extra": {"login": 2}}).to_string();
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"] {
        let answer = server.send(Method::POST, LOGIN, &[("content-type", content_type)], body.clone()).await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
    assert_eq!(server.send(Method::POST, LOGIN, &[], body).await.status, 200);
}

async fn bodies_are_limited_to_64_kib(server: &Server) {
    let token = server.token("user.api").await;
    let body = |length: usize| {
        let empty = json!({"protocolo": "1", "status": "Aberto", "x": ""}).to_string();
        json!({"protocolo": "1", "status": "Aberto", "x": "y".repeat(length - empty.len())}).to_string()
    };
    server.change_with(&token, body(65_536)).await.is(404, "Atendimento não encontrado");
    let refused = server.change_with(&token, body(65_537)).await;
    refused.is(413, "Corpo da requisição muito grande");
    assert_eq!(refused.header("connection"), Some("close"));
    server
        .change_with("x", body(65_537))
        .await
        .is(401, "JWT strings must contain exactly 2 period characters. Found: 0");

    // The same without a length beforehand.
    let mut client = Client::connect(server.address).await;
    let mut request = head("POST /api/usuario/login", "", "Transfer-Encoding: chunked\r\n");
    for _ in 0..17 {
        request += &format!("1000\r\n{}\r\n", " ".repeat(4096));
    }
    client.ask(request).await.is(413, "Corpo da requisição muito grande");
}

async fn a_body_that_is_cut_off_changes_nothing(server: &Server) {
    let token = server.token("user.api").await;
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = head(&format!("POST {STATUS}"), &token, &format!("Content-Length: {}\r\n", body.len() + 1));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(server.record("20221104000001").await["historico"], json!([]));
}

async fn a_body_that_does_not_come_is_408(database: &Database) {
    let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let mut client = Client::connect(server.address).await;
    let answer = client.ask(head("POST /api/usuario/login", "", "Content-Length: 9\r\n") + "{").await;
    answer.is(408, "Tempo esgotado à espera do corpo da requisição");
    assert_eq!(client.answer().await, None);
    server.stop().await;
}

async fn every_answer_carries_a_request_id(server: &Server) {
    for id in ["abc-123", "0b6ff2ae-6d2b-4a0c-9d0c-3e6bb7d5a5b1", "trace:7.b_c", &"x".repeat(128)] {
        let answer = server.send(Method::GET, "/nowhere", &[("x-request-id", id)], "").await;
        assert_eq!(answer.header("x-request-id"), Some(id));
    }
    for insane in ["", " ", "a b", "a\"b", "<script>", &"x".repeat(129)] {
        let answer = server.send(Method::GET, "/nowhere", &[("x-request-id", insane)], "").await;
        let id = answer.header("x-request-id").unwrap();
        assert!(id != insane && id.len() >= 18, "{id:?} for {insane:?}");
    }
    let (one, two) = (server.get("/health/live").await, server.get("/health/live").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

async fn the_page_at_the_root_links_what_there_is(server: &Server) {
    let page = server.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none';"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for link in ["./console", "./docs", "./openapi.json", "./health/live", "./health/ready"] {
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{}", page.body);
    }
    assert_eq!(server.send(Method::HEAD, "/", &[], "").await.status, 200);
}

async fn nothing_is_cached(server: &Server) {
    for path in ["/health/live", "/health/ready"] {
        let answer = server.get(path).await;
        answer.is(200, "OK");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    for path in ["/nowhere", LOGIN, STATUS, "/api/motivos"] {
        assert_eq!(server.get(path).await.header("cache-control"), Some("no-store"));
    }
}

both_engines! {
    unknown_routes_and_wrong_methods_are_enveloped,
    broken_bodies_say_what_and_where_and_echo_nothing,
    the_media_type_does_not_matter_and_unknown_fields_are_ignored,
    bodies_are_limited_to_64_kib,
    a_body_that_is_cut_off_changes_nothing,
    a_body_that_does_not_come_is_408,
    every_answer_carries_a_request_id,
    the_page_at_the_root_links_what_there_is,
    nothing_is_cached,
}
