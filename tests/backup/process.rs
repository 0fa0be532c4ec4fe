//! Backups while servers work, and commands that are stopped half-way.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use citrus_status::store::tables_at;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{ENGINES, empty};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, Process, program, run, run_with};

const CLIENTS: usize = 8;

/// Example data and so many more atendimentos, whose protocolos hardly pack.
async fn with_many(database: &Database, many: u64) {
    database.example().await.close().await;
    let mut file = "protocolo,status\n".to_owned();
    for number in 1..=many {
        file.push_str(&format!("{:x},Aberto\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    let imported = run_with(database, &[], &["atendimento", "importar", "-"], &file);
    assert_eq!(imported.code, 0, "{imported:?}");
}

fn protocolo(client: usize) -> String {
    format!("2022110400000{}", client + 1)
}

async fn what_was_answered_before_is_in_it_and_it_is_of_one_moment(database: &Database) {
    with_many(database, 20_000).await;
    let server = Arc::new(Process::serve(database));
    let token = server.token("user.api").await;
    let stop = Arc::new(AtomicBool::new(false));
    let made: Arc<[AtomicI64; CLIENTS]> = Arc::default();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (server, token, stop, made) =
                (Arc::clone(&server), token.clone(), Arc::clone(&stop), Arc::clone(&made));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let body = json!({"protocolo": protocolo(client), "status": "Finalizado", "comentario": "c",
                                      "visivelCliente": "True"});
                    let answer = server.post("/api/atendimentos/status", &token, body).await;
                    assert_eq!(answer.0, 200, "{answer:?}");
                    made[client].fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let counts = || made.each_ref().map(|count| count.load(Ordering::Relaxed));
    while counts().contains(&0) {
        tokio::task::yield_now().await;
    }
    let before = counts();
    let path = database.dir.path().to_owned();
    let command = tokio::task::spawn_blocking({
        let (settings, args) = (database.settings(), ["backup", "criar", "a.backup"]);
        move || {
            Command::new(env!("CARGO_BIN_EXE_citrus-status"))
                .env_clear()
                .envs(settings)
                .args(args)
                .current_dir(path)
                .output()
        }
    });
    let output = command.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    let during = counts();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let progress = |from: [i64; CLIENTS], to: [i64; CLIENTS]| to.iter().sum::<i64>() - from.iter().sum::<i64>();
    assert!(progress(before, during) > 0, "the server stood still");

    let file = database.dir.path().join("a.backup");
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let restored = run(&copy, &["backup", "restaurar", file.to_str().unwrap()]);
        assert_eq!(restored.code, 0, "{restored:?}");
        assert_eq!(copy.broken_links().await, 0);
        let differing = "SELECT count(*) FROM atendimento a
            WHERE revisao <> (SELECT count(*) FROM historico WHERE atendimento_id = a.id)";
        assert_eq!(copy.number(differing).await, 0);
        for (client, before) in before.into_iter().enumerate() {
            let revisao = format!("SELECT revisao FROM atendimento WHERE protocolo = '{}'", protocolo(client));
            let (revisao, end) = (copy.number(&revisao).await, made[client].load(Ordering::Relaxed));
            assert!((before..=end).contains(&revisao), "{revisao} is not from {before} to {end}");
        }
        copy.remove().await;
    }
    Arc::into_inner(server).unwrap().stop();
}

async fn a_server_takes_up_what_is_restored_below_it(database: &Database) {
    let source = Database::sqlite();
    source.example().await.close().await;
    assert_eq!(run(&source, &["backup", "criar", "a.backup"]).code, 0);
    let file = source.dir.path().join("a.backup");
    let server = Process::serve(database);
    assert_eq!(run(database, &["backup", "restaurar", file.to_str().unwrap()]).code, 0);
    let token = server.token("user.api").await;
    let body = json!({"protocolo": "20221104000001", "status": "Finalizado"});
    assert_eq!(server.post("/api/atendimentos/status", &token, body.clone()).await.0, 200);
    // Now it has rows.
    run(database, &["backup", "restaurar", file.to_str().unwrap()]).fails(1, &["error: the database has rows in"]);
    assert_eq!(server.post("/api/atendimentos/status", &token, body).await.0, 200);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 2);
    server.stop();
}

async fn a_restore_that_is_stopped_keeps_nothing(database: &Database) {
    let source = Database::sqlite();
    with_many(&source, 40_000).await;
    assert_eq!(run(&source, &["backup", "criar", "a.backup"]).code, 0);
    let backup = fs::read(source.dir.path().join("a.backup")).unwrap();
    let mut command = program(database, &database.settings());
    command.args(["backup", "restaurar", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // More than a pipe holds: the restore has begun.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&backup[..backup.len() - 100]).unwrap();
    signal(child.id(), "INT");
    let output = child.wait_with_output().unwrap();
    drop(input);
    stopped(output, "nothing was restored");
    let store = database.open().await;
    assert!(store.migrations().await.unwrap().iter().all(|migration| !migration.applied));
    store.close().await;
    let outcome = run_with(database, &[], &["backup", "restaurar", "-"], &backup);
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

/// How many sessions wait for the table of the idempotency keys.
const WAITING: &str = "
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'idempotencia'::regclass AND mode = 'AccessShareLock'";

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_says_that_somebody_else_has_a_table_alone() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    database.example().await.close().await;
    let held = database.hold_by("LOCK TABLE idempotencia IN ACCESS EXCLUSIVE MODE").await;
    run(&database, &["backup", "criar", "a.backup"])
        .fails(1, &["error: another session holds a table alone", "try again"]);
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 0);
    held.release().await;
    assert_eq!(run(&database, &["backup", "criar", "a.backup"]).code, 0);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_a_table_between_the_beginning_of_a_backup_and_its_reading() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    let store = database.example().await;
    let mut export = store.begin_export().await.unwrap();
    for table in tables_at(export.schema()) {
        let alter = format!("SET lock_timeout = '50ms'; ALTER TABLE {} ADD COLUMN nova text", table.name);
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let refused = sqlx::raw_sql(AssertSqlSafe(alter)).execute(&mut other).await.unwrap_err().to_string();
        assert!(refused.contains("lock timeout"), "{}: {refused}", table.name);
        other.close().await.unwrap();
        export.count(table).await.unwrap();
    }
    drop(export);
    store.close().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_stopped_leaves_no_file() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    database.example().await.close().await;
    let held = database.hold_by("LOCK TABLE idempotencia IN ACCESS EXCLUSIVE MODE").await;
    let mut command = program(&database, &database.settings());
    command.args(["backup", "criar", "a.backup"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while database.number(WAITING).await == 0 {}
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 1, "the file beside it");
    signal(child.id(), "TERM");
    stopped(child.wait_with_output().unwrap(), "no backup was made");
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 0);
    held.release().await;
    database.remove().await;
}

fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap().success());
}

#[track_caller]
fn stopped(output: std::process::Output, part: &str) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().expect("it ends by itself");
    let outcome = Outcome { code, stdout: text(output.stdout), stderr: text(output.stderr) };
    outcome.fails(1, &[&format!("error: stopped; {part}")]);
}

both_engines! {
    what_was_answered_before_is_in_it_and_it_is_of_one_moment,
    a_server_takes_up_what_is_restored_below_it,
    a_restore_that_is_stopped_keeps_nothing,
}
