//! The faults that a test programs in a sandbox: errors, lost answers and broken connections.

use std::fs;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::client::{Client, HANG, Raw, request};
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const FAULTS: &str = "/sandbox/falhas";
const STATUS: &str = "/api/atendimentos/status";
const MOTIVOS: &str = "/api/motivos";
const PROTOCOLO: &str = "20221104000001";
const CHANGE: &str =
    r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": true}"#;
const MADE: &str = "Atendimento atualizado com sucesso";
const AWAY: &str = "Serviço indisponível";

async fn program(server: &Server, fault: Value) -> Answer {
    server.send(Method::POST, FAULTS, &[], fault.to_string()).await
}

async fn programmed(server: &Server, fault: Value) {
    assert_eq!(program(server, fault).await.status, 200);
}

async fn changes(server: &Server) -> usize {
    server.record(PROTOCOLO).await["historico"].as_array().unwrap().len()
}

/// A change over a connection of its own, and how it went.
async fn change(server: &Server, token: &str, headers: &str) -> io::Result<Raw> {
    let mut client = Client::connect(server.address).await;
    client.try_ask(request(&format!("POST {STATUS}"), token, headers, CHANGE)).await
}

async fn the_next_requests_fail_and_then_pass(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    let answer = program(&server, json!({"rota": "status", "codigo": "unavailable", "vezes": 2, "depois": 1})).await;
    assert_eq!(
        answer.body,
        r#"{"falhas":[{"id":1,"rota":"status","modo":"resposta","codigo":"unavailable","vezes":2,"depois":1,"atraso":0}]}"#
    );
    assert_eq!(server.get(FAULTS).await.body, answer.body);
    server.change_with(&token, CHANGE).await.is(200, MADE);
    // Neither another route nor another method of the same one counts.
    server.get("/health/live").await.is(200, "OK");
    assert_eq!(server.get(&format!("{STATUS}?protocolo=1")).await.status, 401);
    server.change_with(&token, CHANGE).await.is(503, AWAY);
    server.change_with(&token, CHANGE).await.is(503, AWAY);
    server.change_with(&token, CHANGE).await.is(200, MADE);
    assert_eq!((changes(&server).await, server.get(FAULTS).await.body.as_str()), (2, r#"{"falhas":[]}"#));
    server.stop().await;
}

async fn every_route_of_the_contract_is_meant_where_none_is_named(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    programmed(&server, json!({"codigo": 500, "vezes": 3})).await;
    server.get("/health/live").await.is(200, "OK");
    server.get(MOTIVOS).await.is(500, "Erro interno");
    server.login_with(&json!({})).await.is(500, "Erro interno");
    server.get("/api/nowhere").await.is(500, "Erro interno");
    server.get("/api/nowhere").await.is(404, "Recurso não encontrado");
    // What a request asks for itself comes first, and uses nothing up.
    programmed(&server, json!({"rota": MOTIVOS, "codigo": "expired_token"})).await;
    server.send(Method::GET, MOTIVOS, &[("x-sandbox-falha", "failed")], "").await.is(500, "Erro interno");
    assert!(server.get(MOTIVOS).await.body.contains("JWT expired at 2026-11-23T09:59:55Z"));
    server.stop().await;
}

async fn what_is_programmed_can_be_forgotten(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    programmed(&server, json!({"codigo": "failed"})).await;
    server.send(Method::DELETE, FAULTS, &[], "").await.is(200, "Falhas apagadas");
    programmed(&server, json!({"codigo": "failed"})).await;
    server.send(Method::POST, "/sandbox/reset", &[], "").await.is(200, "Dados de exemplo restaurados");
    server.get(MOTIVOS).await.is(401, "Token is missing");
    server.stop().await;
}

/// The answer is lost after the commit: a client that just sends again doubles its change.
async fn a_change_whose_answer_is_lost_is_made(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    programmed(&server, json!({"rota": "status", "modo": "perdida"})).await;
    change(&server, &token, "").await.unwrap().is(503, AWAY);
    assert_eq!(changes(&server).await, 1);
    change(&server, &token, "").await.unwrap().is(200, MADE);
    assert_eq!(changes(&server).await, 2, "without a key");

    for (count, (codigo, key)) in (3..).zip([("unavailable", "a"), ("reset", "b"), ("no_token", "c")]) {
        programmed(&server, json!({"rota": "status", "modo": "perdida", "codigo": codigo})).await;
        let keyed = format!("Idempotency-Key: {key}\r\n");
        let lost = change(&server, &token, &keyed).await;
        assert!(lost.is_err() == (codigo == "reset"), "{lost:?}");
        assert_eq!(changes(&server).await, count);
        let again = change(&server, &token, &keyed).await.unwrap();
        again.is(200, MADE);
        assert_eq!((again.header("idempotency-replayed"), changes(&server).await), (Some("true"), count));
    }
    server.stop().await;
}

async fn a_reset_is_one_before_the_change_or_after_it(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    for (modo, made) in [("conexao", 0), ("perdida", 1)] {
        programmed(&server, json!({"rota": "status", "modo": modo, "codigo": "reset"})).await;
        let error = change(&server, &token, "").await.unwrap_err();
        assert_eq!((error.kind(), changes(&server).await), (ErrorKind::ConnectionReset, made), "{modo}");
    }
    change(&server, &token, "").await.unwrap().is(200, MADE);
    server.stop().await;
}

async fn a_body_is_cut(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    for (bytes, kept) in [(json!(null), r#"{"message":"Atendimento "#), (json!(5), r#"{"mes"#), (json!(0), "")] {
        let made = changes(&server).await;
        let fault = json!({"rota": "status", "modo": "conexao", "codigo": "corpo-cortado", "bytes": bytes});
        programmed(&server, fault).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request(&format!("POST {STATUS}"), &token, "", CHANGE).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("\r\ncontent-length: 48"), "{head}");
        assert_eq!((body, changes(&server).await), (kept, made + 1));
    }
    server.stop().await;
}

async fn a_body_comes_byte_by_byte(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let fault = json!({"rota": MOTIVOS, "modo": "conexao", "codigo": "gotas", "intervalo": 10});
    programmed(&server, fault).await;
    let start = Instant::now();
    server.get(MOTIVOS).await.is(401, "Token is missing");
    assert!(start.elapsed() >= Duration::from_millis(10 * r#"{"message":"Token is missing"}"#.len() as u64));
    server.stop().await;
}

/// A stop hurries a slow body and ends a silence, so that neither holds it up.
async fn a_stop_waits_for_no_fault(database: &Database) {
    let server = Server::sandbox(database, &[("SHUTDOWN_TIMEOUT_SECONDS", "60")]).await;
    let token = server.token("user.api").await;
    let mut slow = Client::connect(server.address).await;
    programmed(&server, json!({"modo": "conexao", "codigo": "gotas", "intervalo": 10_000})).await;
    slow.send(request(&format!("GET {MOTIVOS}"), "", "", "")).await.unwrap();
    let head = slow.head().await.unwrap();
    assert_eq!(head.header("content-length"), Some("30"));
    programmed(&server, json!({"modo": "perdida", "codigo": "silencio"})).await;
    let mut silent = Client::connect(server.address).await;
    silent.send(request(&format!("POST {STATUS}"), &token, "", CHANGE)).await.unwrap();
    // It is made, and that is all that can be seen.
    let made = async { while changes(&server).await == 0 {} };
    timeout(HANG, made).await.expect("the change is not made");
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(silent.answer().await, None);
    assert_eq!(slow.rest().await, r#"{"message":"Token is missing"}"#);
}

/// The place of a connection is free again once its client has given up.
async fn a_silence_ends_with_its_client(database: &Database) {
    // One place for each silent client, and one each for those who program and watch. Who watches asks all the time,
    // and a second connection of theirs would never be idle.
    let server = Server::sandbox(database, &[("MAX_CONNECTIONS", "3")]).await;
    programmed(&server, json!({"rota": MOTIVOS, "modo": "conexao", "codigo": "silencio", "vezes": 5})).await;
    let mut watcher = Client::connect(server.address).await;
    let journal = request("GET /sandbox/requisicoes?rota=/api/motivos", "", "", "");
    let mut seen = async || {
        let answer: Value = serde_json::from_str(&watcher.ask(&journal).await.body).unwrap();
        answer["requisicoes"].as_array().unwrap().len()
    };
    for number in 1..=5 {
        let mut client = Client::connect(server.address).await;
        client.send(request(&format!("GET {MOTIVOS}"), "", "", "")).await.unwrap();
        timeout(HANG, async { while seen().await < number {} }).await.expect("the request has a place");
    }
    server.get(MOTIVOS).await.is(401, "Token is missing");
    server.stop().await;
}

async fn a_delay_comes_first(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    programmed(&server, json!({"codigo": 503, "atraso": 300})).await;
    let start = Instant::now();
    server.get(MOTIVOS).await.is(503, AWAY);
    assert!(start.elapsed() >= Duration::from_millis(300));
    server.stop().await;
}

/// Also where the delay is longer than the request's deadline.
async fn a_delay_keeps_no_change_from_being_made(database: &Database) {
    let server = Server::sandbox(database, &[("REQUEST_TIMEOUT_SECONDS", "1")]).await;
    programmed(&server, json!({"rota": "status", "modo": "perdida", "codigo": "failed", "atraso": 1500})).await;
    let token = server.token("user.api").await;
    server
        .change_with(&token, json!({"protocolo": PROTOCOLO, "status": "Em atendimento"}))
        .await
        .is(500, "Erro interno");
    assert_eq!(changes(&server).await, 1);
    server.stop().await;
}

async fn a_fault_is_found_whatever_slashes_its_route_has(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    programmed(&server, json!({"rota": "GET //api/motivos/", "codigo": 503})).await;
    server.get("/api/motivos/").await.is(503, AWAY);
    server.stop().await;
}

/// Also where an answer was lost after the commit, and the client asks for the change again.
async fn the_same_status_is_refused_where_the_dialect_refuses_it(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    let dialect =
        "[regras]\nmesmo_status = \"recusado\"\n[respostas.same_status]\ncodigo = 400\ntexto = \"Nada mudou\"\n";
    fs::write(&file, dialect).unwrap();
    let server = Server::sandbox(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let token = server.token("user.api").await;
    let headers = [("authorization", token.as_str()), ("x-sandbox-falha", "same_status")];
    server.send(Method::POST, STATUS, &headers, CHANGE).await.is(400, "Nada mudou");
    programmed(&server, json!({"rota": "status", "codigo": "same_status"})).await;
    server.change_with(&token, CHANGE).await.is(400, "Nada mudou");
    programmed(&server, json!({"rota": "status", "modo": "perdida"})).await;
    assert_eq!(server.change_with(&token, CHANGE).await.status, 503);
    server.change_with(&token, CHANGE).await.is(400, "Nada mudou");
    assert_eq!(changes(&server).await, 1);
    // Both have it, now.
    let answer = program(&server, json!({"codigo": 409})).await;
    assert!(answer.body.contains("409 é de in_progress, same_status; "), "{answer:?}");
    server.stop().await;
}

async fn other_programs_are_refused(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let long = format!("/{}", "x".repeat(256));
    for (fault, message) in [
        (json!({}), "codigo – esse campo é obrigatório"),
        (json!({"modo": "conexao"}), "codigo – esse campo é obrigatório"),
        (json!({"codigo": 500, "modo": "x"}), "modo – valor inválido"),
        (json!({"codigo": 500, "modo": 1}), "modo – valor inválido"),
        (json!({"codigo": 500, "rota": "x"}), "rota – valor inválido"),
        (json!({"codigo": 500, "rota": "/sandbox/falhas"}), "rota – valor inválido"),
        (json!({"codigo": 500, "rota": long}), "rota – valor inválido"),
        (json!({"codigo": 500, "rota": 1}), "rota – valor inválido"),
        (json!({"codigo": 500, "vezes": 0}), "vezes – valor inválido"),
        (json!({"codigo": 500, "vezes": 1001}), "vezes – valor inválido"),
        (json!({"codigo": 500, "vezes": "1"}), "vezes – valor inválido"),
        (json!({"codigo": 500, "vezes": 1.5}), "vezes – valor inválido"),
        (json!({"codigo": 500, "depois": -1}), "depois – valor inválido"),
        (json!({"codigo": 500, "depois": 1001}), "depois – valor inválido"),
        (json!({"codigo": 500, "atraso": 60_001}), "atraso – valor inválido"),
        (json!({"codigo": 500, "intervalo": 10}), "intervalo – valor inválido"),
        (json!({"codigo": 500, "bytes": 1}), "bytes – valor inválido"),
        (json!({"codigo": "gotas", "modo": "conexao", "intervalo": 0}), "intervalo – valor inválido"),
        (json!({"codigo": "gotas", "modo": "conexao", "bytes": 1}), "bytes – valor inválido"),
        (
            json!({"codigo": 500, "vez": 1}),
            "membro fora de rota, modo, codigo, vezes, depois, atraso, intervalo e bytes – valor inválido",
        ),
        (json!([]), "Corpo da requisição inválido: não é um objeto JSON"),
    ] {
        program(&server, fault).await.is(400, message);
    }
    for (fault, near, last) in [
        (json!({"codigo": "x"}), "", "wrong_password"),
        (json!({"codigo": "unavailabel"}), "quis dizer unavailable? ", "wrong_password"),
        (json!({"codigo": "reset"}), "", "wrong_password"),
        (json!({"codigo": true}), "", "wrong_password"),
        (
            json!({"codigo": 401}),
            "401 é de expired_token, no_token, revoked_token, untrusted_token, wrong_password; ",
            "wrong_password",
        ),
        (json!({"codigo": 404}), "404 é de no_route, ", "wrong_password"),
        (json!({"codigo": 502}), "502 não é de nenhum; ", "wrong_password"),
        (json!({"codigo": "same_status"}), "este vem só em um dialeto que recusa o mesmo status; ", "wrong_password"),
        (json!({"codigo": "resset", "modo": "perdida"}), "quis dizer reset? ", "wrong_password"),
        (json!({"codigo": "failed", "modo": "conexao"}), "", "reset, silencio, corpo-cortado, gotas"),
    ] {
        let answer = program(&server, fault).await;
        let said = format!("codigo – valor inválido; {near}");
        let message: Value = serde_json::from_str(&answer.body).unwrap();
        let message = message["message"].as_str().unwrap();
        assert!(answer.status == 400 && message.starts_with(&said) && message.ends_with(last), "{message}");
        assert!(message.contains("; use um destes: ") || message.contains("? use um destes: "), "{message}");
    }
    assert_eq!(server.get(FAULTS).await.body, r#"{"falhas":[]}"#);
    for _ in 0..100 {
        programmed(&server, json!({"codigo": 500})).await;
    }
    program(&server, json!({"codigo": 500})).await.is(400, "mais de 100 falhas programadas – valor inválido");
    server.stop().await;
}

both_engines! {
    the_next_requests_fail_and_then_pass,
    the_same_status_is_refused_where_the_dialect_refuses_it,
    every_route_of_the_contract_is_meant_where_none_is_named,
    what_is_programmed_can_be_forgotten,
    a_change_whose_answer_is_lost_is_made,
    a_reset_is_one_before_the_change_or_after_it,
    a_body_is_cut,
    a_body_comes_byte_by_byte,
    a_stop_waits_for_no_fault,
    a_silence_ends_with_its_client,
    a_delay_comes_first,
    a_delay_keeps_no_change_from_being_made,
    a_fault_is_found_whatever_slashes_its_route_has,
    other_programs_are_refused,
}
