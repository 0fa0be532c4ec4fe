//! A disk that is full for SQLite: the system lets the server's files grow no more.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::database::Database;
use crate::support::program::{Process, limit_files};

#[tokio::test(flavor = "multi_thread")]
async fn it_turns_ready_off_until_a_write_succeeds() {
    let database = Database::sqlite();
    let store = database.example().await;
    // The signal that comes with the limit would kill; a full disk sends none.
    let process = Process::serve_with(&database, &[], &["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    let token = process.token("user.api").await;
    let change = async || {
        let body = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
        process.post("/api/atendimentos/status", &token, body).await.0
    };
    let ready = async || process.get("/health/ready", "").await;
    assert_eq!((change().await, ready().await), (200, 200));

    let log = std::fs::metadata(database.dir.path().join("citrus-status.db-wal")).unwrap().len();
    limit_files(process.id(), &log.to_string());
    assert_eq!(change().await, 503);
    let failed = Instant::now();
    while failed.elapsed() < Duration::from_secs(4) {
        assert_eq!(ready().await, 503);
    }
    limit_files(process.id(), "unlimited");
    let mended = Instant::now();
    while ready().await != 200 {
        assert!(mended.elapsed() < Duration::from_secs(5), "it stays not ready");
    }
    assert_eq!(change().await, 200);
    process.stop();
    store.close().await;
}

/// Nobody has sent a change yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_on_it_is_not_ready() {
    let database = Database::sqlite();
    let store = database.example().await;
    let log = std::fs::metadata(database.dir.path().join("citrus-status.db-wal")).unwrap().len();
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={log}:unlimited \"$0\" \"$@\"");
    let process = Process::serve_with(&database, &[], &["sh", "-c", &limited]);
    assert_eq!(process.get("/health/ready", "").await, 503);
    limit_files(process.id(), "unlimited");
    let mended = Instant::now();
    while process.get("/health/ready", "").await != 200 {
        assert!(mended.elapsed() < Duration::from_secs(5), "it stays not ready");
    }
    process.stop();
    store.close().await;
}
