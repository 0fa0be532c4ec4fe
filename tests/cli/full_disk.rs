//! A disk that is full for SQLite: the system lets the server's files grow no more.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, Process, finish, limit_files, run};

#[tokio::test(flavor = "multi_thread")]
async fn it_turns_ready_off_until_a_write_succeeds() {
    let database = Database::sqlite();
    let store = database.example().await;
    let (process, log) = Process::serve_logged(&database, &[]);
    let token = process.token("user.api").await;
    let change = async || {
        let body = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
        process.post("/api/atendimentos/status", &token, body).await.0
    };
    let ready = async || process.get("/health/ready", "").await;
    assert_eq!((change().await, ready().await), (200, 200));

    let size = std::fs::metadata(database.dir.path().join("citrus-status.db-wal")).unwrap().len();
    limit_files(process.id(), &size.to_string());
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
    // However often it was asked.
    let log = log.join().unwrap();
    assert_eq!(log.matches("not ready").count(), 1, "{log}");
    assert_eq!(log.matches("ready again, after ").count(), 1, "{log}");
    store.close().await;
}

/// Nobody has sent a change yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_on_it_is_not_ready() {
    let database = Database::sqlite();
    let store = database.example().await;
    let log = std::fs::metadata(database.dir.path().join("citrus-status.db-wal")).unwrap().len();
    let limited = format!("exec prlimit --fsize={log}:unlimited \"$0\" \"$@\"");
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

const FULL: &str = "the database is unavailable: its disk is full; make room on it";

/// Runs the program in `database.dir`, on which a disk of `kib` KiB is mounted that nobody else sees. `None` where the
/// system lets nobody do that.
fn on_small_disk(database: &Database, kib: u32, args: &[&str], stdin: &[u8]) -> Option<Outcome> {
    let unshare = ["--mount", "--map-root-user", "sh", "-c"];
    let mount = format!("mount -t tmpfs -o size={kib}k tmpfs . && cd \"$PWD\" && exec \"$0\" \"$@\"");
    if !Command::new("unshare")
        .args(unshare)
        .arg("mount -t tmpfs tmpfs /tmp")
        .status()
        .is_ok_and(|tried| tried.success())
    {
        eprintln!("not run: `unshare --mount` is not allowed here");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(unshare).arg(mount).arg(env!("CARGO_BIN_EXE_citrus-status")).args(args).current_dir(&database.dir);
    Some(finish(command, stdin))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_names_it_and_knows_that_nothing_was_kept() {
    let source = Database::sqlite();
    let rows: String = (0..40_000).map(|row| format!("{},Aberto\n", 20_220_000_000_000_u64 + row)).collect();
    let csv = format!("protocolo,status\n{rows}");
    let file = source.dir.path().join("a.csv");
    std::fs::write(&file, &csv).unwrap();
    assert_eq!(run(&source, &["atendimento", "importar", file.to_str().unwrap()]).code, 0);
    assert_eq!(run(&source, &["backup", "criar", "a.backup"]).code, 0);
    let backup = std::fs::read(source.dir.path().join("a.backup")).unwrap();

    let target = Database::sqlite();
    let restored = format!("\nerror: {FULL}; nothing was restored\n");
    for (args, stdin, says) in [
        (["backup", "restaurar", "-"], backup.as_slice(), restored.as_str()),
        (["atendimento", "importar", "-"], csv.as_bytes(), FULL),
    ] {
        let Some(outcome) = on_small_disk(&target, 2048, &args, stdin) else { return };
        outcome.fails(1, &[says]);
    }
    // No room for the first page, and none for the files beside it.
    for kib in [8, 24] {
        let Some(outcome) = on_small_disk(&target, kib, &["migrate"], b"") else { return };
        outcome.fails(1, &[FULL]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_names_that_of_postgresql() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    database.example().await.close().await;
    database
        .execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$;
             CREATE TRIGGER full_disk BEFORE INSERT ON atendimento EXECUTE FUNCTION full_disk()",
        )
        .await;
    run(&database, &["atendimento", "criar", "1"]).fails(1, &[FULL]);
    database.remove().await;
}
