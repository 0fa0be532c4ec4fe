//! In a dialect, what a change asked for comes back in its refusals, also in those that are given before its body is read.

use std::fs;

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::client::Client;
use crate::support::database::Database;
use crate::support::server::Server;

const STATUS: &str = "/api/atendimentos/status";
const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;
const DIALECT: &str = r#"
content_type = "text/plain"
escapes = "nenhum"
[erro]
corpo = "<texto>: <protocolo>, <status>"
[sucesso]
corpo = "<usuario>: <motivo>, <caminho sem barra>"
[respostas.access_denied]
corpo = "<usuario>:<login> <protocolo>, <status>"
[respostas.token_missing]
corpo = "<texto>"
"#;

async fn every_refusal_of_a_change_tells_what_was_asked(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, DIALECT).unwrap();
    let server = Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let ask = async |headers: &[(&str, &str)], path: &str, body: &str| {
        server.send(Method::POST, path, headers, body.to_owned()).await.body
    };
    let login = async |login: &str| {
        let body = format!(r#"{{"login": "{login}", "senha": "1234"}}"#);
        let answer = server.send(Method::POST, "/api/usuario/login", &[], body).await.json();
        answer["accessToken"].as_str().unwrap().to_owned()
    };
    let (token, without) = (login("user.api").await, login("user.sem.permissao").await);
    let (token, without) = (("authorization", token.as_str()), ("authorization", without.as_str()));
    let simulated = format!("{STATUS}?simular=x");
    let told = "20221104000001, Aberto";
    for (headers, path, body, answer) in [
        (&[without][..], STATUS, CHANGE, format!("user.sem.permissao: {told}")),
        (&[token], &simulated, CHANGE, format!("simular – valor inválido: {told}")),
        (&[token, ("idempotency-key", "")], STATUS, CHANGE, format!("Idempotency-Key – valor inválido: {told}")),
        (&[token, ("idempotency-key", "")], STATUS, "{", "Idempotency-Key – valor inválido: , ".to_owned()),
        (
            &[token],
            STATUS,
            r#"{"protocolo": ["1", 2.5, {}], "status": ["x"]}"#,
            "protocolo – valor inválido: 1,2.5,, x".to_owned(),
        ),
        (&[without], STATUS, "{", "user.sem.permissao: , ".to_owned()),
        (&[], STATUS, CHANGE, "Token is missing".to_owned()),
        (&[token], STATUS, CHANGE, "user.api: , api/atendimentos/status".to_owned()),
    ] {
        assert_eq!(ask(headers, path, body).await, answer, "{body}");
    }
    let periods = ask(&[("authorization", "abc")], STATUS, CHANGE).await;
    assert!(periods.starts_with("JWT strings must") && periods.ends_with(told), "{periods}");
    server.stop().await;
}

/// Without quotes around it, a motivo is a value of JSON.
async fn a_success_tells_the_motivo_and_who_made_the_change(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, "[sucesso]\ncorpo = '{\"motivo\":<motivo>,\"texto\":\"<motivo>\",\"por\":\"<usuario>\"}'")
        .unwrap();
    let server = Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let token = server.token("user.api").await;
    for (motivo, told) in [("Duplicado", "\"Duplicado\",\"texto\":\"Duplicado\""), (" ", "null,\"texto\":\"\"")] {
        let status = if motivo == " " { "Aberto" } else { "Cancelado" };
        let body = json!({"protocolo": "20221104000001", "status": status, "motivoStatus": motivo});
        let answer = server.change_with(&token, body).await;
        assert_eq!(answer.body, format!("{{\"motivo\":{told},\"por\":\"user.api\"}}"));
    }
    server.stop().await;
}

/// Where the dialect does not tell it, nobody waits for a body.
async fn a_refusal_that_tells_nothing_waits_for_no_body(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, DIALECT).unwrap();
    let server = Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let mut client = Client::connect(server.address).await;
    let head = format!("POST {STATUS} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    client.send(head).await.unwrap();
    assert_eq!(client.head().await.unwrap().header("content-length"), Some("16"));
    server.stop().await;
}

both_engines! {
    every_refusal_of_a_change_tells_what_was_asked,
    a_success_tells_the_motivo_and_who_made_the_change,
    a_refusal_that_tells_nothing_waits_for_no_body,
}
