//! What a server process writes at the finest level while it is misused: no secret, and no line but its own.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use citrus_status::service::provisioning::Provisioning;
use serde_json::{Value, json};
use url::Url;

use crate::support::both_engines;
use crate::support::client::{Client, Raw, request};
use crate::support::database::{Database, Engine};
use crate::support::edits::tester;
use crate::support::program::{Process, finish, program};
use crate::support::server::nome;

/// In every secret of these tests, and nowhere else.
const CANARY: &str = "canario";
const JWT_SECRET: &str = "canario-segredo-dos-tokens, de 32 bytes ou mais";
/// A line of a log that never was, in the ways to end a line and to steer a terminal.
const FORGERIES: [&str; 7] = [
    "\n2026-11-23T10:00:00Z ERROR forjada",
    "\r2026-11-23T10:00:00Z ERROR forjada",
    "\u{85}forjada",
    "\u{2028}forjada",
    "\u{1b}[2Jforjada",
    "\u{9b}2Jforjada",
    "\u{202e}forjada",
];

/// Settings with secrets that would be known again, for a server that says all that it can.
fn settings(database: &Database) -> Vec<(&'static str, String)> {
    let mut url = Url::parse(&database.url).unwrap();
    if url.scheme() == "postgres" && url.password().is_none() {
        url.set_password(Some("canario-senha-do-banco")).unwrap();
    }
    let settings = [("JWT_SECRET", JWT_SECRET), ("LOG_LEVEL", "trace"), ("REQUEST_TIMEOUT_SECONDS", "3")];
    settings.map(|(name, value)| (name, value.to_owned())).into_iter().chain([("DATABASE_URL", url.into())]).collect()
}

async fn example(database: &Database) {
    let store = database.example().await;
    let provisioning = Provisioning::new(Arc::clone(&store), tester());
    provisioning.set_senha(&nome("user.api"), "canario-senha".into()).await.unwrap();
    store.close().await;
}

/// One request on a connection of its own.
async fn send(address: std::net::SocketAddr, line: &str, headers: &str, body: &str) -> Option<Raw> {
    let mut client = Client::connect(address).await;
    client.send(request(line, "", &format!("Connection: close\r\n{headers}"), body)).await.unwrap();
    client.answer().await
}

async fn login(address: std::net::SocketAddr, login: &str, senha: &str) -> Raw {
    let body = json!({"login": login, "senha": senha}).to_string();
    send(address, "POST /api/usuario/login", "", &body).await.unwrap()
}

async fn change(address: std::net::SocketAddr, token: &str, body: Value) -> Raw {
    let headers = format!("Authorization: Bearer {token}\r\nCookie: canario-biscoito\r\nX-Senha: canario-outro\r\n");
    send(address, "POST /api/atendimentos/status?token=canario-consulta", &headers, &body.to_string()).await.unwrap()
}

/// Goes through every route and every kind of failure with secrets in hand; the token that it got.
async fn misuse(database: &Database, address: std::net::SocketAddr) -> String {
    let answer = login(address, "user.api", "canario-senha").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = serde_json::from_str::<Value>(&answer.body).unwrap()["accessToken"].as_str().unwrap().to_owned();
    refused_requests(address, &token).await;
    failing_changes(database, address, &token).await;
    token
}

/// Requests that are refused for what they are.
async fn refused_requests(address: std::net::SocketAddr, token: &str) {
    for (name, senha) in
        [("user.api", "canario-errada"), ("ninguem", "canario-senha"), ("user.api", "canario\0"), ("", "canario-senha")]
    {
        assert!((400..500).contains(&login(address, name, senha).await.status));
    }
    login(address, "user.api", &format!("canario{}", "x".repeat(1024))).await.is(400, "senha – valor inválido");
    for broken in [
        "{\"senha\": \"canario-corpo",
        "{\"senha\": canario}",
        "[\"canario\"]",
        "{\"senha\": \"canario\\ud800\", \"login\": \"x\"}",
    ] {
        assert_eq!(send(address, "POST /api/usuario/login", "", broken).await.unwrap().status, 400);
    }
    for authorization in
        ["Bearer canario", "Bearer canario.canario.canario", "Basic Y2FuYXJpbw== canario", &format!("Bearer {token}x")]
    {
        let headers = format!("Authorization: {authorization}\r\n");
        assert_eq!(send(address, "POST /api/atendimentos/status", &headers, "canario").await.unwrap().status, 401);
    }
    // What hyper refuses by itself.
    assert_eq!(send(address, "GET /\u{7f}", "Authorization: canario\r\n", "").await.unwrap().status, 400);
    assert_eq!(
        send(address, "GET /", &format!("Authorization: canario{}\r\n", "x".repeat(20_000)), "").await.unwrap().status,
        431
    );
}

/// A change that is made, one that is refused, and the same one when the database fails it.
async fn failing_changes(database: &Database, address: std::net::SocketAddr, token: &str) {
    let body = json!({"protocolo": "20221104000001", "status": "Aberto", "comentario": "canario-comentario",
                      "visivelCliente": true});
    change(address, token, body.clone()).await.is(200, "Atendimento atualizado com sucesso");
    // The audit log names the protocolo, the status and the motivo; nothing names the rest.
    let other =
        json!({"protocolo": "nenhum", "status": "nenhum", "motivoStatus": "nenhum", "visivelCliente": "canario"});
    assert_eq!(change(address, token, other).await.status, 400);
    let held = database.hold("20221104000001").await;
    change(address, token, body.clone()).await.is(503, "Serviço indisponível");
    held.release().await;
    database.execute("ALTER TABLE historico RENAME TO elsewhere").await;
    assert!(change(address, token, body.clone()).await.status >= 500);
    database.execute("ALTER TABLE elsewhere RENAME TO historico").await;
    database.execute("ALTER TABLE usuario RENAME TO nobody").await;
    login(address, "user.api", "canario-senha").await.is(500, "Erro interno");
    database.execute("ALTER TABLE nobody RENAME TO usuario").await;
    match database.engine {
        Engine::Sqlite => {
            let trigger = "CREATE TRIGGER choke BEFORE INSERT ON historico BEGIN SELECT RAISE(ABORT, 'choked'); END";
            database.execute(trigger).await;
        }
        Engine::Postgres => {
            database.execute("ALTER TABLE historico ADD CHECK (comentario NOT LIKE '%comentario') NOT VALID").await;
        }
    }
    change(address, token, body).await.is(500, "Erro interno");
}

/// Puts lines that never were into all that a client names.
async fn forge(address: std::net::SocketAddr, token: &str) {
    for forgery in FORGERIES {
        login(address, forgery, forgery).await;
        change(address, token, json!({"protocolo": forgery, "status": forgery, "motivoStatus": forgery})).await;
        let escaped: String = forgery.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let headers = format!("User-Agent: {forgery}\r\nX-Request-Id: {forgery}\r\n");
        for path in [forgery, &escaped] {
            send(address, &format!("GET /{path}"), &headers, "").await;
            send(address, &format!("GET /{path}"), "", "").await;
        }
        let steering = forgery.chars().next().unwrap();
        send(address, &format!("FORJADA{steering}FORJADA /"), "", "").await;
    }
}

/// Checks a log as a whole.
fn is_clean(log: &str, token: &str, format: &str) {
    let [_, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for secret in [CANARY, claims, signature, &BASE64_STANDARD.encode(JWT_SECRET)] {
        let hit = log.lines().find(|line| line.contains(secret));
        assert_eq!(hit, None, "{secret} is in the log");
    }
    for line in log.lines() {
        let steers = |c: char| {
            c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!line.contains(steers), "{line:?}");
        let at = match format {
            "json" => serde_json::from_str::<Value>(line).unwrap()["timestamp"].as_str().unwrap().to_owned(),
            _ => line.split_whitespace().next().unwrap_or_default().to_owned(),
        };
        assert!(at.len() >= 20 && at.starts_with("20") && at.ends_with('Z'), "{line:?}");
        assert!(!line.starts_with("2026-11-23T10:00:00Z"), "{line:?}");
    }
    for told in ["request failed", "answered", "listening", "stopped"] {
        assert!(log.contains(told), "the log does not say {told}, so it shows nothing");
    }
}

/// Misuses a server that logs in `format`, and checks all that it wrote.
async fn misused(database: &Database, format: &str) {
    example(database).await;
    let settings = settings(database);
    let mut extra: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    extra.push(("LOG_FORMAT", format));
    let (server, log) = Process::serve_logged(database, &extra);
    let address = server.address.parse().unwrap();
    let token = misuse(database, address).await;
    forge(address, &token).await;
    server.stop();
    is_clean(&log.join().unwrap(), &token, format);
}

async fn no_secret_and_no_forged_line_as_text(database: &Database) {
    misused(database, "text").await;
}

async fn no_secret_and_no_forged_line_as_json(database: &Database) {
    misused(database, "json").await;
}

async fn no_secret_when_it_does_not_start(database: &Database) {
    for (name, value) in [
        ("DATABASE_URL", "postgres://user:canario@127.0.0.1:1/none"),
        ("DATABASE_URL", "postgres://user:canario@127.0.0.1:none/none"),
        ("DATABASE_URL", "mysql://user:canario@127.0.0.1/none"),
        ("DATABASE_URL", "canario"),
        ("JWT_SECRET", "canario"),
    ] {
        let mut command = program(database, &database.settings());
        command.arg("serve").envs(settings(database)).env("DATABASE_WAIT_SECONDS", "1").env(name, value);
        let outcome = finish(command, "");
        assert_ne!(outcome.code, 0, "{name}={value}");
        assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
    }
}

both_engines! {
    no_secret_and_no_forged_line_as_text,
    no_secret_and_no_forged_line_as_json,
    no_secret_when_it_does_not_start,
}
