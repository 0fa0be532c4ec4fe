//! `diagnostico`: the page for a support request.

use std::fs;
use std::sync::Arc;

use citrus_status::service::provisioning::Provisioning;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::edits::tester;
use crate::support::program::{Outcome, Process, run_with};
use crate::support::server::nome;

/// In every secret of these tests, and nowhere else.
const CANARY: &str = "canario";
const JWT_SECRET: &str = "canario-segredo-dos-tokens, de 32 bytes ou mais";
const ACCEPTED: &str = "canario-segredo-anterior, de 32 bytes ou mais\ncanario-outro-segredo, de 32 bytes ou mais";

/// What it prints with secrets in all places; it never fails.
#[track_caller]
fn page(database: &Database, extra: &[(&str, &str)]) -> String {
    let secrets = [("JWT_SECRET", JWT_SECRET), ("JWT_ACCEPTED_SECRETS", ACCEPTED)];
    let Outcome { code, stdout, stderr } = run_with(database, &[&secrets, extra].concat(), &["diagnostico"], "");
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(!stdout.contains(CANARY), "{stdout}");
    for title in ["== Program", "== System", "== Settings", "== Database", "== Running server"] {
        assert!(stdout.lines().any(|line| line == title), "{title} is not in\n{stdout}");
    }
    stdout
}

#[track_caller]
fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
}

/// The example data, with secrets in the database too.
async fn example(database: &Database) {
    let store = database.example().await;
    let provisioning = Provisioning::new(Arc::clone(&store), tester());
    provisioning.set_senha(&nome("user.api"), "canario-senha".into()).await.unwrap();
    store.close().await;
}

async fn it_says_what_support_asks_for(database: &Database) {
    example(database).await;
    let page = page(database, &[]);
    has(
        &page,
        &[
            concat!("version: ", env!("CARGO_PKG_VERSION"), "\n"),
            "build: debug, ",
            "kernel: Linux ",
            "open files: ",
            "memory: ",
            "JWT_SECRET: *** (environment)\n",
            "JWT_ACCEPTED_SECRETS: *** (environment)\n",
            "METRICS_ADDR: (default)\n",
            "; pending: 0\n",
            "size of database: ",
            "users: 3\n",
            "changes in the history: 0\n",
            "GET /health/ready: NOT KNOWN: BIND_ADDR has port 0",
            "metrics: METRICS_ADDR is not set\n",
        ],
    );
    match database.engine {
        Engine::Sqlite => has(&page, &["engine: SQLite 3.", "journal_mode: wal\n", "synchronous: 2\n", "mode 0600"]),
        Engine::Postgres => {
            has(&page, &["engine: PostgreSQL ", "fsync: on\n", "max_connections: ", "is a standby: false\n"]);
        }
    }
    assert_eq!(page.matches("NOT KNOWN").count(), 1 + page.matches("control group: NOT KNOWN").count(), "{page}");
}

async fn beside_a_server_it_shows_what_that_is_doing(database: &Database) {
    example(database).await;
    let process = Process::serve_with(database, &[("METRICS_ADDR", "127.0.0.1:0")], &[]);
    let line = process.seen.lines().find(|line| line.contains("serving metrics")).unwrap();
    let metrics = line.rsplit_once("address=").unwrap().1;
    let (status, _) =
        process.post("/api/usuario/login", "", json!({"login": "user.api", "senha": "canario-senha"})).await;
    assert_eq!(status, 200);
    let page = page(database, &[("BIND_ADDR", &process.address), ("METRICS_ADDR", metrics)]);
    has(
        &page,
        &[
            "GET /health/ready: HTTP/1.1 200 OK\n",
            "citrus_status_change_queue_waiting: 0\n",
            "citrus_status_database_connections{pool=\"requests\",state=\"busy\"}: ",
            "process_open_fds: ",
        ],
    );
    process.stop();
}

async fn a_part_that_fails_leaves_the_others(database: &Database) {
    example(database).await;
    database.execute("ALTER TABLE historico RENAME TO gone").await;
    let broken = page(database, &[]);
    has(&broken, &["changes in the history: NOT KNOWN: ", "users: 3\n"]);
    let elsewhere = page(database, &[("DATABASE_URL", "postgres://user:canario@127.0.0.1:1/none")]);
    has(
        &elsewhere,
        &["target: postgres://user:***@127.0.0.1:1/none\n", "connection: NOT KNOWN: ", "== Running server"],
    );
    let wrong = page(database, &[("KEEP_ALIVE_SECONDS", "x"), ("DATABASE_URL", "canario")]);
    has(&wrong, &["connection: NOT KNOWN: not tried, because the settings are wrong:\n    ", "version: "]);
    fs::write(database.dir.path().join(".env"), "JWT_SECRET canario\n").unwrap();
    let unreadable = page(database, &[]);
    has(&unreadable, &["settings: NOT KNOWN: ", "version: "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_not_made() {
    let database = Database::sqlite();
    let page = page(&database, &[]);
    has(&page, &["file: NOT KNOWN: ", "citrus-status.db is not there\n"]);
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 0);
}

both_engines! {
    it_says_what_support_asks_for,
    beside_a_server_it_shows_what_that_is_doing,
    a_part_that_fails_leaves_the_others,
}
