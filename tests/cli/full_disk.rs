//! A disk that is full for SQLite: the system lets the server's files grow no more.

use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::program::Process;

/// Lets the files that the process writes grow to `bytes` and no further.
fn limit_files(process: &Process, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    assert!(Command::new("prlimit").args(["--pid", &process.id().to_string(), &limit]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_turns_ready_off_until_a_write_succeeds() {
    let database = Database::sqlite();
    let store = database.store().await;
    citrus_status::example::load_example_data(&store).await.unwrap();
    // The signal that comes with the limit would kill; a full disk sends none.
    let process = Process::serve_with(&database, &[], &["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    let client = Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{}{path}", process.address);
    let login = json!({"login": "user.api", "senha": "1234"}).to_string();
    let login = client.post(url("/api/usuario/login")).body(login).send().await.unwrap().text().await.unwrap();
    let login: Value = serde_json::from_str(&login).unwrap();
    let change = async || {
        let body = json!({"protocolo": "20221104000001", "status": "Em atendimento"}).to_string();
        let request = client.post(url("/api/atendimentos/status")).bearer_auth(login["accessToken"].as_str().unwrap());
        request.body(body).send().await.unwrap().status().as_u16()
    };
    let ready = async || client.get(url("/health/ready")).send().await.unwrap().status().as_u16();
    assert_eq!((change().await, ready().await), (200, 200));

    let log = std::fs::metadata(database.dir.path().join("citrus-status.db-wal")).unwrap().len();
    limit_files(&process, &log.to_string());
    assert_eq!(change().await, 503);
    let failed = Instant::now();
    while failed.elapsed() < Duration::from_secs(4) {
        assert_eq!(ready().await, 503);
    }
    limit_files(&process, "unlimited");
    let mended = Instant::now();
    while ready().await != 200 {
        assert!(mended.elapsed() < Duration::from_secs(5), "it stays not ready");
    }
    assert_eq!(change().await, 200);
    process.signal("TERM");
    assert_eq!(process.wait(), Some(0));
    store.close().await;
}
