//! The files that `conferir` writes, and the runs that ask less.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::fake::Fake;
use super::{PROTOCOLO, SENHA, TOKEN, cases, conferir, record, serve};
use crate::support::database::Database;

const FILES: [&str; 6] = ["--junit", "report.xml", "--html", "report.html", "--har", "report.har"];
const MADE: &str = r#"{"message":"Atendimento atualizado com sucesso"}"#;

fn file(database: &Database, name: &str) -> String {
    let text = std::fs::read_to_string(database.dir.path().join(name)).unwrap();
    for secret in [SENHA, TOKEN, "eyJ"] {
        assert!(!text.contains(secret), "{secret} is in {name}");
    }
    text
}

fn report(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_shows_request_and_answer_and_no_secret() {
    let database = Database::sqlite();
    let server = serve(&database, &[("HARDENED_LOGIN", "true")]).await;
    let outcome = conferir(&database, &server.address, &[&["--yes", "--json"], &FILES[..]].concat());
    assert_eq!(outcome.code, 1, "{outcome:?}");

    let found = report(&outcome.stdout);
    let change = cases(&found, "passed").into_iter().find(|case| case["name"] == "status/aberto").unwrap().clone();
    assert_eq!(change["statusBefore"], "Em atendimento");
    let url = format!("http://{}/api/atendimentos/status", server.address);
    assert!(change["request"].as_str().unwrap().starts_with(&format!("POST {url}\n")), "{change}");
    assert!(change["seconds"].as_f64().unwrap() > 0.0);

    let page = file(&database, "report.html");
    assert_eq!(page.matches("<details ").count(), 126);
    assert!(page.contains("body: character 13: U+0055 expected, U+0053 received"));
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href="));
    let curl = format!("curl -i -X POST &#39;http://{}/api/usuario/login&#39;", server.address);
    assert!(page.contains(&curl) && page.contains("&quot;$SENHA&quot;") && page.contains("&quot;$TOKEN&quot;"));

    let har: Value = serde_json::from_str(&file(&database, "report.har")).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!((entries.len(), &har["log"]["version"]), (126, &json!("1.2")));
    let change = entries.iter().find(|entry| entry["comment"] == "status/aberto: passed").unwrap();
    assert_eq!((&change["request"]["url"], &change["response"]["status"]), (&json!(url), &json!(200)));
    assert_eq!(change["response"]["content"]["text"], MADE);
    assert!(change["startedDateTime"].as_str().unwrap().ends_with('Z'), "{change}");

    let junit = file(&database, "report.xml");
    assert_eq!(junit.matches(" time=\"").count(), 127);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_begin_is_reported_too() {
    let database = Database::sqlite();
    let server = serve(&database, &[]).await;
    for (extra, why) in [
        (["--status-atual", "Aberto"], "the atendimento is in the status Finalizado"),
        (["--motivo", "Duplicadoo"], "the change to Cancelado, which needs the motivo,"),
    ] {
        let base = format!("http://{}", server.address);
        let mut command = super::arguments(&base, PROTOCOLO);
        let motivo = command.iter().position(|word| *word == "--motivo").unwrap();
        if extra[0] == "--motivo" {
            command.drain(motivo..motivo + 2);
        }
        command.extend(["--yes"].iter().chain(&extra).chain(&FILES));
        crate::support::program::run_with(&database, &[], &command, SENHA).fails(1, &[why]);
        let junit = file(&database, "report.xml");
        assert!(junit.contains("errors=\"126\"") && junit.contains(why), "{junit}");
        assert!(file(&database, "report.html").contains("126 unjudged"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_ends_the_run() {
    let database = Database::sqlite();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // Login, first change, five cases; then it hangs up.
    let answer = move |path: &str, _: &str| match (path, count.fetch_add(1, Ordering::SeqCst)) {
        (_, 8..) => (0, String::new()),
        ("/api/usuario/login", _) => (200, TOKEN.to_owned()),
        _ => (200, MADE.to_owned()),
    };
    let fake = Fake::start(answer).await;
    let outcome =
        conferir(&database, &fake.address, &[&["--yes", "--json", "--status-atual", "Aberto"], &FILES[..]].concat());
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let found = report(&outcome.stdout);
    let unjudged = cases(&found, "unjudged");
    assert_eq!(unjudged[0]["reason"], "the server had not answered 3 cases in a row");
    assert_eq!(unjudged.len() + cases(&found, "failed").len(), 126);
    assert!(unjudged.len() > 100, "{found}");
    assert_eq!(found["restored"], false);
    assert!(file(&database, "report.xml").contains("may NOT be back in its status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_left_out() {
    let database = Database::sqlite();
    let server = serve(&database, &[]).await;
    let outcome = conferir(&database, &server.address, &["--yes", "--json", "--pular", "login/", "--pular", "token/"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let found = report(&outcome.stdout);
    let skipped = cases(&found, "skipped");
    assert_eq!(skipped.len(), 32);
    conferir(&database, &server.address, &["--yes", "--pular", "logn/"]).fails(2, &["'logn/'", "'login/'"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_only_reads_changes_nothing_on_any_server() {
    let database = Database::sqlite();
    let server = serve(&database, &[]).await;
    let before = record(&database);
    // It asks nothing, and needs no status.
    let outcome = conferir(&database, &server.address, &["--somente-leitura", "--json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let found = report(&outcome.stdout);
    assert_eq!((&found["status"], &found["changes"]), (&json!(null), &json!(0)));
    assert_eq!(cases(&found, "passed").len(), 40);
    assert_eq!(record(&database), before);

    // One that takes everything for a change is asked for none of this atendimento.
    let answer = |path: &str, _: &str| match path {
        "/api/usuario/login" => (200, TOKEN.to_owned()),
        _ => (200, MADE.to_owned()),
    };
    let fake = Fake::start(answer).await;
    assert_eq!(conferir(&database, &fake.address, &["--somente-leitura"]).code, 1);
    let asked = fake.asked();
    assert!(asked.iter().any(|(path, _)| path == "/api/atendimentos/status"));
    assert!(asked.iter().all(|(_, body)| !body.contains(PROTOCOLO)), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_asked_again() {
    let database = Database::sqlite();
    let server = serve(&database, &[("HARDENED_LOGIN", "true")]).await;
    let path = database.dir.path().join("last.json");
    let again = ["--yes", "--json", "--repetir-falhas", path.to_str().unwrap()];
    conferir(&database, &server.address, &again).fails(2, &["it can't be read"]);
    for (text, fault) in [("[1]", "no report"), (r#"{"cases":[{"name":"x/y","result":"failed"}]}"#, "no case 'x/y'")] {
        std::fs::write(&path, text).unwrap();
        conferir(&database, &server.address, &again).fails(2, &[fault]);
    }

    let first = conferir(&database, &server.address, &["--yes", "--json"]);
    std::fs::write(&path, &first.stdout).unwrap();
    let second = conferir(&database, &server.address, &again);
    assert_eq!(second.code, 1, "{second:?}");
    let found = report(&second.stdout);
    assert_eq!((cases(&found, "failed").len(), cases(&found, "skipped").len()), (1, 125));
    // With another option there may be no case left.
    conferir(&database, &server.address, &[&again[..], &["--pular", "login/"]].concat())
        .fails(2, &["these options leave no case to ask"]);
    // Its report stands for the next one; nothing is left to ask once all has passed.
    std::fs::write(&path, r#"{"cases":[]}"#).unwrap();
    let none = conferir(&database, &server.address, &again);
    assert_eq!(none.code, 0, "{none:?}");
    assert!(none.stderr.contains("nothing was asked"), "{}", none.stderr);
    let found = report(&none.stdout);
    assert_eq!((cases(&found, "skipped").len(), &found["changes"]), (126, &json!(0)));
    assert_eq!(found["cases"][0]["reason"], "left out by --repetir-falhas");
}
