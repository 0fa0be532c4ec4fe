//! Errors as programs like them: RFC 9457 for clients that ask for it, the envelope for all others.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::client::{Client, LIVE, head};
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const PROBLEM: &str = "application/problem+json";
const STATUS: &str = "/api/atendimentos/status";
const LOGIN: &str = "/api/usuario/login";

async fn ask(server: &Server, method: Method, path: &str, headers: &[(&str, &str)], body: impl ToString) -> Answer {
    let headers = [&[("accept", PROBLEM)], headers].concat();
    server.send(method, path, &headers, body.to_string()).await
}

#[track_caller]
fn is(answer: &Answer, status: u16, language: &str, body: &str) {
    assert_eq!(answer.body, body, "{answer:?}");
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(PROBLEM));
    assert_eq!(answer.header("content-language"), Some(language));
    assert_eq!(answer.header("vary"), Some("accept, accept-language"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(answer.headers.get_all("content-type").iter().count(), 1);
}

async fn an_error_is_told_with_all_that_programs_need(server: &Server) {
    let token = server.token("user.api").await;
    let change = async |language: &str, body: Value| {
        ask(server, Method::POST, STATUS, &[("authorization", &token), ("accept-language", language)], body).await
    };
    is(
        &change("pt-BR", json!({"protocolo": "20221104000001", "status": "Novo"})).await,
        404,
        "pt-BR",
        r#"{"type":"/problemas/unknown_status","title":"Status não encontrado","status":404,"detail":"Não há status com este nome.","code":"unknown_status","field":"status","allowed":["Aberto","Em atendimento","Cancelado","Improcedente","Finalizado"],"message":"Status não encontrado"}"#,
    );
    is(
        &change("en-GB, pt;q=0.5", json!({"protocolo": "20221104000001", "status": "Cancelado"})).await,
        400,
        "en",
        r#"{"type":"/problemas/motivo_required","title":"Motivo required","status":400,"detail":"This change requires a motivo.","code":"motivo_required","field":"motivoStatus","message":"motivoStatus – esse campo é obrigatório"}"#,
    );
    is(
        &change("de", json!({"protocolo": "20221104000001", "status": "Aberto", "statusAtual": "Finalizado"})).await,
        412,
        "pt-BR",
        r#"{"type":"/problemas/other_status","title":"Status diferente do esperado","status":412,"detail":"O atendimento está em outro status.","code":"other_status","field":"statusAtual","message":"Status atual diferente do esperado","statusAtual":"Aberto"}"#,
    );
    is(
        &change("en", json!([])).await,
        400,
        "en",
        r#"{"type":"/problemas/invalid_body","title":"Invalid request body","status":400,"detail":"The body is not a JSON object.","code":"invalid_body","message":"Corpo da requisição inválido: não é um objeto JSON"}"#,
    );
    let made = change("en", json!({"protocolo": "20221104000001", "status": "Aberto"})).await;
    made.is(200, "Atendimento atualizado com sucesso");
    assert_eq!((made.header("vary"), made.header("content-language")), (None, None));
}

async fn what_else_an_error_carries_stays(server: &Server) {
    let answer = ask(server, Method::POST, STATUS, &[], "").await;
    is(
        &answer,
        401,
        "pt-BR",
        r#"{"type":"/problemas/no_token","title":"Token ausente","status":401,"detail":"A requisição não traz um token em Authorization.","code":"no_token","message":"Token is missing"}"#,
    );
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let answer = ask(server, Method::DELETE, STATUS, &[("accept-language", "en")], "").await;
    is(
        &answer,
        405,
        "en",
        r#"{"type":"/problemas/no_route","title":"No such route or method","status":405,"detail":"The path does not take this method; see Allow.","code":"no_route","message":"Método não permitido"}"#,
    );
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
    let token = server.token("user.api").await;
    let headers = [("authorization", token.as_str()), ("if-match", "\"7\"")];
    let answer =
        ask(server, Method::POST, STATUS, &headers, json!({"protocolo": "20221104000001", "status": "Aberto"})).await;
    assert_eq!((answer.status, answer.header("etag")), (412, Some("\"0\"")));
    assert_eq!(answer.json()["code"], "other_revision");
}

async fn errors_of_every_layer_are_told(database: &Database) {
    let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "1"), ("LOGIN_LIMIT_PAIR", "1/60")]).await;
    let token = server.token("user.api").await;
    let code = |answer: &Answer| {
        assert_eq!(answer.header("content-type"), Some(PROBLEM), "{answer:?}");
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    let answer = ask(&server, Method::GET, "/nowhere", &[], "").await;
    assert_eq!(code(&answer), (404, "no_route".to_owned()));
    let headers = [("authorization", token.as_str())];
    // The server ends the connection, so it is not for the next request.
    let last = [("authorization", token.as_str()), ("connection", "close")];
    let answer = ask(&server, Method::POST, STATUS, &last, "x".repeat(65_537)).await;
    assert_eq!(code(&answer), (413, "invalid_body".to_owned()));
    let wrong = json!({"login": "user.api", "senha": "x"});
    assert_eq!(code(&ask(&server, Method::POST, LOGIN, &[], &wrong).await), (401, "wrong_password".to_owned()));
    let throttled = ask(&server, Method::POST, LOGIN, &[], &wrong).await;
    assert_eq!(code(&throttled), (429, "throttled".to_owned()));
    assert_eq!(throttled.header("retry-after"), Some("60"));
    assert!(throttled.header("ratelimit").is_some());

    let held = database.hold("20221104000001").await;
    let answer =
        ask(&server, Method::POST, STATUS, &headers, json!({"protocolo": "20221104000001", "status": "Aberto"})).await;
    assert_eq!(code(&answer), (503, "unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    held.release().await;

    let headers = format!("Accept: {PROBLEM}\r\nContent-Length: 9\r\n");
    let answer = Client::connect(server.address).await.ask(head(&format!("POST {LOGIN}"), "", &headers) + "{").await;
    assert_eq!((answer.status, answer.body.contains(r#""code":"invalid_body""#)), (408, true), "{answer:?}");
    server.stop().await;
}

async fn nobody_else_sees_a_difference(server: &Server) {
    for accept in ["*/*", "application/json", "application/*", "text/html, */*;q=0.8", "problem+json"] {
        let headers = [("accept", accept), ("accept-language", "en")];
        let answer = server.send(Method::POST, STATUS, &headers, "").await;
        answer.is(401, "Token is missing");
        assert_eq!((answer.header("vary"), answer.header("content-language")), (None, None));
    }
}

async fn head_has_no_body(server: &Server) {
    let mut client = Client::connect(server.address).await;
    client.send(head("HEAD /api/motivos", "", &format!("Accept: {PROBLEM}\r\n")) + LIVE).await.unwrap();
    assert_eq!(client.head().await.unwrap().status, 401);
    assert_eq!(client.answer().await.unwrap().status, 200);
}

async fn a_hidden_user_stays_hidden(database: &Database) {
    let server = Server::with(database, &[("HARDENED_LOGIN", "true")]).await;
    let login = async |login: &str| ask(&server, Method::POST, LOGIN, &[], json!({"login": login, "senha": "x"})).await;
    let (known, unknown) = (login("user.api").await, login("nobody").await);
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert_eq!(known.json()["code"], "wrong_password");
    server.stop().await;
}

both_engines! {
    an_error_is_told_with_all_that_programs_need,
    what_else_an_error_carries_stays,
    errors_of_every_layer_are_told,
    nobody_else_sees_a_difference,
    head_has_no_body,
    a_hidden_user_stays_hidden,
}
