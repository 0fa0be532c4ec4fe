//! `demo`: what it prints works as printed.

use std::sync::Arc;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use reqwest::Client;
use serde_json::json;

use crate::support::both_engines;
use crate::support::clock::ManualClock;
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, program};

/// The demo is always on SQLite, whatever database the environment names.
#[tokio::test(flavor = "multi_thread")]
async fn its_printed_commands_work_in_a_shell() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let settings = [("DATABASE_URL".to_owned(), "postgres://nobody:x@127.0.0.1:1/none".to_owned())];
    let mut command = program(&database, &settings);
    command.args(["demo", "--bind", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut printed = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !printed.contains("Ctrl-C") {
        printed.push_str(&lines.next().expect("it says how to stop it").unwrap());
        printed.push('\n');
    }
    assert!(printed.contains("The passwords are PUBLIC"), "{printed}");

    let line = |start: &str| printed.lines().find(|line| line.contains(start)).unwrap().to_owned();
    let script = format!("{}\n{}\n{} --json", line("TOKEN="), line("Bearer $TOKEN"), line("atendimento mostrar"));
    // In the shell of somebody who has a real installation in mind, too.
    let output = Command::new("bash").args(["-ec", &script]).env("DATABASE_URL", &settings[0].1).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let (message, record) = stdout.split_once('}').unwrap();
    assert_eq!(message, r#"{"message": "Atendimento atualizado com sucesso""#);
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    assert_eq!(record["status"], "Finalizado");
    assert_eq!(record["historico"].as_array().unwrap().len(), 1);
    assert_eq!(record["comentarios"][0]["texto"], "Resolvido");

    let script =
        format!("{}\n{}\n{} --json", line("X-Sandbox-Falha"), line("/sandbox/reset"), line("atendimento mostrar"));
    let output = Command::new("bash").args(["-ec", &script]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with(r#"{"message": "JWT expired at "#), "{stdout}");
    let (_, record) = stdout.split_once(r#"{"message": "Dados de exemplo restaurados"}"#).unwrap();
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    assert_eq!((&record["status"], &record["historico"]), (&json!("Aberto"), &json!([])));

    let shown = line("atendimento mostrar");
    let file = shown.split_whitespace().next().unwrap().strip_prefix("DATABASE_URL=sqlite://").unwrap();
    let data_dir = std::path::Path::new(file).parent().unwrap();
    assert!(data_dir.exists());
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!data_dir.exists(), "the temporary directory stays behind");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_never_touches_a_database_that_is_there() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    database.store().await.close().await;
    let mut command = program(&database, &[]);
    command.args(["demo", "--data-dir", database.dir.path().to_str().unwrap()]);
    let outcome = crate::support::program::finish(command, "");
    outcome.fails(1, &["exists already, and the demo wants an empty directory"]);
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, 0);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_example_data_is_complete() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let store = database.store().await;
    citrus_status::cli::demo::load_example_data(&store, Arc::new(ManualClock::new())).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 30);
    for (protocolo, status) in (20_221_104_000_001_u64..).zip([1, 2, 3, 4, 5, 1, 1]) {
        let stored = format!("SELECT status FROM atendimento WHERE protocolo = '{protocolo}'");
        assert_eq!(database.number(&stored).await, status);
    }
    let last = "SELECT status FROM atendimento WHERE protocolo = '20221104000030'";
    assert_eq!(database.number(last).await, 1);
    let logins: Vec<String> = store.usuarios().await.unwrap().into_iter().map(|u| u.login).collect();
    assert_eq!(logins, ["admin", "user.api", "user.sem.permissao"]);
    let motivos: Vec<String> = store.motivos().await.unwrap().into_iter().map(|m| m.nome).collect();
    assert_eq!(motivos, ["Aberto por engano", "Atendimento já finalizado", "Duplicado", "Fora do escopo"]);
    store.close().await;
    database.remove().await;
}

both_engines! {
    async fn serve_has_no_sandbox(database: Database) {
        let store = database.store().await;
        citrus_status::cli::demo::load_example_data(&store, Arc::new(ManualClock::new())).await.unwrap();
        let process = Process::serve(database);
        let client = Client::builder().no_proxy().build().unwrap();
        let url = |path: &str| format!("http://{}{path}", process.address);
        let reset = client.post(url("/sandbox/reset")).send().await.unwrap();
        assert_eq!(reset.status(), 404);
        assert_eq!(reset.text().await.unwrap(), r#"{"message": "Recurso não encontrado"}"#);
        for (name, value) in [("X-Sandbox-Falha", "failed"), ("X-Sandbox-Atraso", "x")] {
            let live = client.get(url("/health/live")).header(name, value).send().await.unwrap();
            assert_eq!((live.status().as_u16(), live.text().await.unwrap().as_str()), (200, r#"{"message": "OK"}"#));
        }
        store.close().await;
    }
}
