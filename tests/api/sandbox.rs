//! The sandbox of `demo`: failures and delays on demand. A server without it knows nothing of them.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use time::Duration;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const RESET: &str = "/sandbox/reset";
const STATUS: &str = "/api/atendimentos/status";
const MOTIVOS: &str = "/api/motivos";
const FAILURE: &str = "x-sandbox-falha";
const DELAY: &str = "x-sandbox-atraso";
const CHANGE: &str =
    r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": true}"#;
const MADE: &str = "Atendimento atualizado com sucesso";
const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";
const EXPIRED: &str = "JWT expired at 2026-11-23T09:59:55Z. Current time: 2026-11-23T10:00:00Z, \
                       a difference of 5000 milliseconds.  Allowed clock skew: 0 milliseconds.";

/// Every code that can be forced, and what it is answered.
const FAILURES: [(&str, u16, &str); 18] = [
    ("access_denied", 403, "Acess denied"),
    ("expired_token", 401, EXPIRED),
    ("failed", 500, "Erro interno"),
    ("in_progress", 409, "Requisição com esta Idempotency-Key em andamento"),
    ("motivo_required", 400, "motivoStatus – esse campo é obrigatório"),
    ("no_route", 404, "Recurso não encontrado"),
    ("no_token", 401, "Token is missing"),
    ("reused_key", 422, "Idempotency-Key já usada com outra requisição"),
    ("revoked_token", 401, "Token revogado"),
    ("throttled", 429, "Muitas tentativas, tente novamente mais tarde"),
    ("token_failed", 500, "Houve um problema para gerar um token"),
    ("unavailable", 503, "Serviço indisponível"),
    ("unknown_atendimento", 404, "Atendimento não encontrado"),
    ("unknown_motivo", 404, "Motivo não encontrado"),
    ("unknown_status", 404, "Status não encontrado"),
    ("unknown_user", 404, "Usuário não encontrado"),
    ("untrusted_token", 401, UNTRUSTED),
    ("wrong_password", 401, "Senha inválida"),
];

async fn post(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.send(Method::POST, path, headers, CHANGE).await
}

/// A wrong login.
async fn guess(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"login": "user.api", "senha": "x"}).to_string();
    server.send(Method::POST, "/api/usuario/login", headers, body).await
}

/// All that two answers of the same kind have in common.
fn same(one: &Answer, other: &Answer) {
    let headers = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.remove("date");
        headers.remove("x-request-id");
        headers
    };
    assert_eq!((one.status, &one.body, headers(one)), (other.status, &other.body, headers(other)));
}

async fn every_code_is_answered_as_usual(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    for (code, status, message) in FAILURES {
        let answer = server.send(Method::GET, MOTIVOS, &[(FAILURE, code)], "").await;
        assert_eq!((answer.status, &*answer.body), (status, &*format!(r#"{{"message":"{message}"}}"#)));
        let expected = [
            ("content-type", Some("application/json")),
            ("cache-control", Some("no-store")),
            ("x-content-type-options", Some("nosniff")),
            ("www-authenticate", (status == 401).then_some("Bearer")),
            (
                "retry-after",
                match status {
                    409 | 503 => Some("1"),
                    429 => Some("60"),
                    _ => None,
                },
            ),
            ("ratelimit", (status == 429).then_some(r#""pair";r=0;t=60"#)),
            (
                "ratelimit-policy",
                (status == 429).then_some(
                    r#""pair";q=10;w=600, "account";q=100;w=3600, "address";q=100;w=600, "total";q=3000;w=300"#,
                ),
            ),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), value, "{name} of {code}");
        }
        assert!(answer.header("x-request-id").is_some());
        let headers = [(FAILURE, code), ("accept", "application/problem+json")];
        let problem = server.send(Method::GET, MOTIVOS, &headers, "").await;
        assert_eq!(problem.header("content-type"), Some("application/problem+json"));
        // Its code is another one's, too.
        let code = if code == "token_failed" { "failed" } else { code };
        assert_eq!((problem.status, problem.json()["code"].as_str()), (status, Some(code)));
    }
    let headers = [(FAILURE, "unavailable"), ("accept", "application/problem+json"), ("accept-language", "en")];
    assert_eq!(
        server.send(Method::GET, MOTIVOS, &headers, "").await.body,
        r#"{"type":"/problemas/unavailable","title":"Service unavailable","status":503,"detail":"The server cannot do it now; try again.","code":"unavailable","message":"Serviço indisponível"}"#
    );
    server.stop().await;
}

/// The header and `/sandbox/falhas` read a failure alike: by its code, by what dialects call it, by a status code that it alone has.
async fn a_failure_has_several_names(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    for (name, status, message) in [
        ("token_revoked", 401, "Token revogado"),
        ("token_missing", 401, "Token is missing"),
        ("wrong_senha", 401, "Senha inválida"),
        ("500", 500, "Erro interno"),
        ("503", 503, "Serviço indisponível"),
        ("400", 400, "motivoStatus – esse campo é obrigatório"),
    ] {
        server.send(Method::GET, MOTIVOS, &[(FAILURE, name)], "").await.is(status, message);
        let programmed = json!({"codigo": name}).to_string();
        assert_eq!(server.send(Method::POST, "/sandbox/falhas", &[], programmed).await.status, 200, "{name}");
        server.get(MOTIVOS).await.is(status, message);
    }
    server.stop().await;
}

async fn a_forced_failure_is_the_real_one(database: &Database) {
    let server = Server::sandbox(database, &[("LOGIN_LIMIT_PAIR", "1/60"), ("TOKEN_TTL_SECONDS", "60")]).await;
    guess(&server, &[]).await.is(401, "Senha inválida");
    same(&guess(&server, &[]).await, &guess(&server, &[(FAILURE, "throttled")]).await);
    let without = server.token("user.sem.permissao").await;
    let denied = |failure| [("authorization", without.as_str()), (FAILURE, failure)];
    let real = post(&server, STATUS, &denied("access_denied")[..1]).await;
    same(&real, &post(&server, STATUS, &denied("access_denied")).await);
    server.advance(database, Duration::seconds(65)).await;
    let real = post(&server, STATUS, &denied("expired_token")[..1]).await;
    assert!(real.body.contains("JWT expired"), "{real:?}");
    same(&real, &post(&server, STATUS, &denied("expired_token")).await);
    same(&post(&server, "/nowhere", &[]).await, &post(&server, MOTIVOS, &[(FAILURE, "no_route")]).await);
    server.stop().await;
}

async fn every_route_fails_on_demand_and_changes_nothing(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    let headers = [("authorization", token.as_str()), (FAILURE, "failed")];
    for path in [STATUS, "/api/atendimentos/status/lote", "/api/usuario/login", RESET, "/nowhere"] {
        post(&server, path, &headers).await.is(500, "Erro interno");
    }
    for path in [
        "/api/atendimentos/status?protocolo=20221104000001",
        "/api/atendimentos/20221104000001/historico",
        "/api/atendimentos/20221104000001/transicoes",
        MOTIVOS,
        "/health/live",
        "/health/ready",
        "/",
        RESET,
    ] {
        server.send(Method::GET, path, &headers, "").await.is(500, "Erro interno");
    }
    assert_eq!(server.record("20221104000001").await["historico"], json!([]));
    let attempts = "SELECT count(*) FROM tentativa WHERE cheio_em > sucesso_em OR sucesso_em IS NULL";
    guess(&server, &headers).await.is(500, "Erro interno");
    assert_eq!(database.number(attempts).await, 0);

    post(&server, STATUS, &headers[..1]).await.is(200, MADE);
    post(&server, RESET, &headers).await.is(500, "Erro interno");
    assert_eq!(server.record("20221104000001").await["historico"].as_array().unwrap().len(), 1);
    server.stop().await;
}

async fn a_delay_comes_before_the_answer(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    let took = async |millis: &str, failure: Option<&str>| {
        let mut headers = vec![("authorization", token.as_str()), (DELAY, millis)];
        headers.extend(failure.map(|code| (FAILURE, code)));
        let start = Instant::now();
        (post(&server, STATUS, &headers).await, start.elapsed().as_millis())
    };
    let (answer, millis) = took("400", None).await;
    answer.is(200, MADE);
    assert!(millis >= 400, "{millis} ms");
    let (answer, millis) = took("300", Some("unavailable")).await;
    answer.is(503, "Serviço indisponível");
    assert!(millis >= 300, "{millis} ms");
    for none in ["0", "007"] {
        took(none, None).await.0.is(200, MADE);
    }
    server.stop().await;
}

async fn a_delay_beyond_the_deadline_is_503_and_changes_nothing(database: &Database) {
    let server = Server::sandbox(database, &[("REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let token = server.token("user.api").await;
    for failure in [&[][..], &[(FAILURE, "expired_token")]] {
        let headers = [&[("authorization", token.as_str()), (DELAY, "60000")], failure].concat();
        post(&server, STATUS, &headers).await.is(503, "Serviço indisponível");
    }
    assert_eq!(server.record("20221104000001").await["historico"], json!([]));
    server.stop().await;
}

async fn other_values_are_refused_before_anything_is_done(database: &Database) {
    let server = Server::sandbox(database, &[("LOGIN_LIMIT_PAIR", "1/60")]).await;
    let token = server.token("user.api").await;
    let refused = async |headers: &[(&str, &str)], message: &str| {
        let headers = [&[("authorization", token.as_str())], headers].concat();
        post(&server, STATUS, &headers).await.is(400, message);
    };
    let codes = format!("use um destes: {}", FAILURES.map(|(code, ..)| code).join(", "));
    for (code, hint) in [
        ("", ""),
        ("Failed", "quis dizer failed? "),
        ("failed ,failed", ""),
        ("malformed_http", ""),
        ("invalid_body", ""),
        ("invalid_field", ""),
        ("other_status", ""),
        ("other_revision", ""),
        ("unavailabel", "quis dizer unavailable? "),
        ("token_revokd", "quis dizer token_revoked? "),
        ("same_status", "este vem só em um dialeto que recusa o mesmo status; "),
        ("401", "401 é de "),
        ("502", "502 não é de nenhum; "),
    ] {
        let headers = [("authorization", token.as_str()), (FAILURE, code), (DELAY, "x")];
        let answer = post(&server, STATUS, &headers).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        let begin = format!("X-Sandbox-Falha – valor inválido; {hint}");
        assert!(answer.status == 400 && message.starts_with(&begin) && message.ends_with(&codes), "{code}: {message}");
    }
    refused(&[(FAILURE, "failed"), (FAILURE, "failed")], "X-Sandbox-Falha – valor inválido").await;
    refused(&[(FAILURE, "não")], "X-Sandbox-Falha – valor inválido").await;
    let delay = "X-Sandbox-Atraso – valor inválido";
    for millis in ["", "x", "-1", "+1", "1.5", "1s", "60001", "99999999999999999999999", "١"] {
        refused(&[(DELAY, millis)], delay).await;
    }
    refused(&[(DELAY, "1"), (DELAY, "1")], delay).await;
    refused(&[(FAILURE, "failed"), (DELAY, "x")], delay).await;
    assert_eq!(server.record("20221104000001").await["historico"], json!([]));
    let answer = server.get(RESET).await;
    answer.is(405, "Método não permitido");
    assert_eq!(answer.header("allow"), Some("POST"));
    server.stop().await;
}

async fn without_limits_nothing_is_throttled(database: &Database) {
    let off = ["PAIR", "ACCOUNT", "ADDRESS", "TOTAL"].map(|name| format!("LOGIN_LIMIT_{name}"));
    let settings = off.each_ref().map(|name| (name.as_str(), "off"));
    let server = Server::sandbox(database, &settings).await;
    let answer = post(&server, STATUS, &[(FAILURE, "throttled")]).await;
    assert!(answer.status == 400 && !answer.body.contains("throttled"), "{answer:?}");
    server.stop().await;
}

async fn serve_answers_as_if_there_were_no_sandbox(server: &Server) {
    let token = server.token("user.api").await;
    for method in [Method::POST, Method::GET, Method::OPTIONS] {
        let unknown = server.send(method.clone(), "/sandbox/nowhere", &[], "").await;
        unknown.is(404, "Recurso não encontrado");
        same(&unknown, &server.send(method, RESET, &[], "").await);
    }
    for (name, value) in [(FAILURE, "failed"), (FAILURE, "x"), (DELAY, "60000"), (DELAY, "x")] {
        let headers = [("authorization", token.as_str()), (name, value)];
        post(server, STATUS, &headers).await.is(200, MADE);
    }
    assert_eq!(server.record("20221104000001").await["historico"].as_array().unwrap().len(), 4);
}

async fn the_document_of_a_sandbox_has_what_it_adds(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let usual: serde_json::Value = serde_json::from_str(citrus_status::http::openapi::TEXT).unwrap();
    assert!(!citrus_status::http::openapi::TEXT.contains("andbox"));
    let document = server.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), usual["paths"].as_object().unwrap().len() + 4);
    for path in [RESET, "/sandbox/falhas", "/sandbox/relogio", "/sandbox/requisicoes"] {
        assert!(paths.contains_key(path), "{path}");
    }
    for operation in paths.values().flat_map(|operations| operations.as_object().unwrap().values()) {
        let parameters = operation["parameters"].as_array().unwrap();
        let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
        assert_eq!(named("X-Sandbox-Falha")["schema"]["enum"], json!(FAILURES.map(|(code, ..)| code)));
        assert_eq!(named("X-Sandbox-Atraso")["schema"]["maximum"], 60_000);
        assert!(operation["responses"]["default"].is_object());
    }
    server.send(Method::DELETE, "/openapi.json", &[], "").await.is(405, "Método não permitido");
    server.stop().await;
}

both_engines! {
    every_code_is_answered_as_usual,
    a_failure_has_several_names,
    a_forced_failure_is_the_real_one,
    every_route_fails_on_demand_and_changes_nothing,
    a_delay_comes_before_the_answer,
    a_delay_beyond_the_deadline_is_503_and_changes_nothing,
    other_values_are_refused_before_anything_is_done,
    without_limits_nothing_is_throttled,
    serve_answers_as_if_there_were_no_sandbox,
    the_document_of_a_sandbox_has_what_it_adds,
}
