//! From a recording to the dialect: our server then answers like the Citrus that was watched.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};

use super::Mirror;
use crate::cli::conferir::fakes::server::{Make, Server};
use crate::cli::conferir::fakes::{BEARER, OPAQUE, OPAQUE_LATER, makes};
use crate::cli::conferir::{PROTOCOLO, SENHA, serve};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, Process, run};

/// A request: path, whether with the token, body.
type Asked = (&'static str, Option<&'static str>, String);

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";
/// What is the user's in the login of one of them, without digits.
const PEOPLE: [&str; 3] = ["Fulana de Tal", "..-", "Bem-vinda, Fulana!"];
/// In the place of the token that the server gave.
const OWN: &str = "own";

/// What clients do on a day, and do wrong.
fn a_day(protocolo: &str) -> Vec<Asked> {
    let login = |login: &str, senha: &str| (LOGIN, None, json!({"login": login, "senha": senha}).to_string());
    let change = |members: Value| (STATUS, Some(OWN), members.to_string());
    let to = |status: &str| change(json!({"protocolo": protocolo, "status": status}));
    let with_motivo =
        |motivo: &str| change(json!({"protocolo": protocolo, "status": "Cancelado", "motivoStatus": motivo}));
    let commented = |visivel: Value| {
        let members =
            json!({"protocolo": protocolo, "status": "Finalizado", "comentario": "x", "visivelCliente": visivel});
        change(members)
    };
    vec![
        login("user.api", "errada"),
        login("ninguém", SENHA),
        (LOGIN, None, json!({"senha": SENHA}).to_string()),
        (LOGIN, None, json!({"login": "user.api"}).to_string()),
        (LOGIN, None, "{\"login\": ".to_owned()),
        login("user.api", SENHA),
        to("Em atendimento"),
        (STATUS, None, json!({"protocolo": protocolo, "status": "Aberto"}).to_string()),
        (STATUS, Some("eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjF9.eHg"), json!({"protocolo": protocolo}).to_string()),
        change(json!({"status": "Aberto"})),
        change(json!({"protocolo": protocolo})),
        change(json!({"protocolo": [1], "status": "Aberto"})),
        change(json!({"protocolo": "99991231999999", "status": "Aberto"})),
        to("Resolvido"),
        to("Cancelado"),
        with_motivo("Nenhum"),
        commented(json!("sim")),
        commented(Value::Null),
        (STATUS, Some(OWN), "[]".to_owned()),
        (STATUS, Some(OWN), "{\"protocolo\" \"1\"}".to_owned()),
        to("Em atendimento"),
        to("Finalizado"),
    ]
}

/// What was asked, the status code of the answer, its content type, and its body without digits and token.
type Answered = (String, u16, Option<String>, String);

/// A day at the server behind `process`, which takes the token in the header `carrier`.
async fn live(process: &Process, protocolo: &str, carrier: (&str, &str)) -> Vec<Answered> {
    let steady = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let mut token = String::new();
    let mut answers = Vec::new();
    for (path, sent, body) in a_day(protocolo) {
        let mut request = process.request(Method::POST, path, "").header("content-type", "application/json");
        if let Some(sent) = sent {
            let sent = if sent == OWN { &token } else { sent };
            request = request.header(carrier.0, format!("{}{sent}", carrier.1));
        }
        let answer = request.body(body.clone()).send().await.unwrap();
        let (code, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.unwrap();
        let mut text = String::new();
        if headers.contains_key("content-encoding") {
            GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        } else {
            text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        let is_token = |word: &&str| word.starts_with("eyJ") && word.matches('.').count() == 2 || *word == OPAQUE;
        let found = text.split(['"', ' ']).find(is_token);
        if let Some(found) = found.filter(|_| path == LOGIN) {
            found.clone_into(&mut token);
        }
        let text = if token.is_empty() { text } else { text.replace(&token, "<token>") };
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
        answers.push((steady(&format!("{path} {sent:?} {body}")), code, content_type, steady(&text)));
    }
    answers
}

/// Watches a day at `make`, and lets our server answer as its recording says.
async fn watched(database: &Database, make: Make, carrier: (&str, &str)) -> String {
    let fake = Server::start(make, "Aberto", |_| {}).await;
    let mirror = Mirror::start(&format!("http://{}", fake.address), &[], &[]);
    let theirs = live(&mirror.process, PROTOCOLO, carrier).await;
    let (_, _, text) = mirror.stop();
    assert_eq!(text.lines().count(), theirs.len());
    fs::write(database.dir.path().join("r.ndjson"), &text).unwrap();
    let outcome = report(database);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let dialect = fs::read_to_string(database.dir.path().join("d.toml")).unwrap();
    for secret in [SENHA, "eyJ", "user.api", OPAQUE, "Fulana"] {
        assert!(!dialect.contains(secret) && !text.contains(secret), "{secret} is in {dialect}\n{text}");
    }
    held_against(database, &dialect, text.lines().count());
    let server = serve(database, &[("DIALECT_FILE", "d.toml")]).await;
    // In the status in which the fake's atendimento begins.
    for (theirs, ours) in theirs.into_iter().zip(live(&server, "20221104000001", carrier).await) {
        // Ours has nothing in the places of what is the user's.
        let (asked, code, content_type, body) = theirs;
        let body = PEOPLE.iter().fold(body, |body, personal| body.replace(personal, ""));
        assert_eq!(ours, (asked, code, content_type, body), "{dialect}\n{text}");
    }
    dialect
}

/// Holds the recording of `lines` against its own `dialect`, and against an edited one.
fn held_against(database: &Database, dialect: &str, lines: usize) {
    let against = |text: String| {
        fs::write(database.dir.path().join("e.toml"), text).unwrap();
        let outcome = run(database, &["espelhar", "relatorio", "r.ndjson", "--conferir-dialeto", "e.toml"]);
        let unsure = ["nobody can tell", "are no answers"].iter().any(|unsure| outcome.stdout.contains(unsure));
        let is_whole = outcome.stdout.contains(" alike, 0 otherwise\n") && !unsure;
        assert_eq!(outcome.code == 0, is_whole, "{outcome:?}");
        outcome.stdout.split_once("\ne.toml: ").unwrap().1.to_owned()
    };
    let own = against(dialect.to_owned());
    assert!(own.contains(" alike, 0 otherwise\n"), "{own}\n{dialect}");
    let mut edited: toml::Table = toml::from_str(dialect).unwrap();
    let success = edited.entry("sucesso").or_insert_with(|| toml::Table::new().into());
    success.as_table_mut().unwrap().insert("codigo".to_owned(), 299.into());
    let edited = against(edited.to_string());
    let line = edited.lines().find(|line| line.starts_with("sucesso: status 20")).unwrap();
    assert!(line.contains(", the dialect 299 (") && line.contains(", first in line "), "{edited}");
    let number = |text: &str| -> usize { text.split(' ').next().unwrap().parse().unwrap() };
    assert!((1..=lines).contains(&number(&own)) && number(&edited) < number(&own), "{own}\n{edited}");
}

fn report(database: &Database) -> Outcome {
    run(database, &["espelhar", "relatorio", "r.ndjson", "--dialeto", "d.toml"])
}

async fn a_spring_server_is_known_from_its_recording(database: &Database) {
    let dialect = watched(database, BEARER, ("authorization", "Bearer ")).await;
    assert!(!dialect.contains("[token]"), "{dialect}");
    assert!(dialect.contains("of the recording: 401 "), "{dialect}");
    assert!(dialect.contains("never seen"), "{dialect}");
}

async fn an_express_server_is_known_from_its_recording(database: &Database) {
    let dialect = watched(
        database,
        Make { token_header: "x-access-token", scheme: "", refuses_same: true, answer: makes::express, ..BEARER },
        ("x-access-token", ""),
    )
    .await;
    assert!(dialect.contains("mesmo_status = \"recusado\""), "{dialect}");
}

async fn a_php_server_is_known_from_its_recording(database: &Database) {
    watched(
        database,
        Make { token_header: "token", scheme: "", denies_at_login: true, answer: makes::php, ..BEARER },
        ("token", ""),
    )
    .await;
}

async fn an_aspnet_server_is_known_from_its_recording(database: &Database) {
    watched(database, Make { checks_motivo: true, answer: makes::aspnet, ..BEARER }, ("authorization", "Bearer "))
        .await;
}

/// It repeats the protocolo and the status, has people in its login, and an opaque token.
async fn a_fastify_server_is_known_from_its_recording(database: &Database) {
    let make = Make { scheme: "JWT", tokens: [OPAQUE, OPAQUE_LATER], answer: makes::fastify, ..BEARER };
    let dialect = watched(database, make, ("authorization", "JWT ")).await;
    for known in ["Authorization: JWT", "\"protocolo\":\"<protocolo>\"", "<pessoal>"] {
        assert!(dialect.contains(known), "{known}: {dialect}");
    }
}

async fn an_old_server_is_known_from_its_recording(database: &Database) {
    watched(database, Make { answer: makes::old, ..BEARER }, ("authorization", "Bearer ")).await;
}

both_engines! {
    a_fastify_server_is_known_from_its_recording,
    a_php_server_is_known_from_its_recording,
    a_spring_server_is_known_from_its_recording,
    an_aspnet_server_is_known_from_its_recording,
    an_express_server_is_known_from_its_recording,
    an_old_server_is_known_from_its_recording,
}
