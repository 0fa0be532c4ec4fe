//! PgBouncer between the program and PostgreSQL, with nothing set that it has not by default.

use serde_json::json;

use crate::support::database::{Database, Engine};
use crate::support::pgbouncer::PgBouncer;
use crate::support::program::{Process, run_with};

#[tokio::test(flavor = "multi_thread")]
async fn with_sessions_everything_works() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    let Some(pooler) = PgBouncer::start(&database, "session") else { return };
    let url = [("DATABASE_URL", pooler.url.as_str())];
    run_with(&database, &url, &["migrate"], "").prints("migrations applied: 13\n");
    let checked = run_with(&database, &url, &["config", "check", "--database"], "");
    assert!(checked.code == 0 && checked.stdout.contains("its migrations are up to date"), "{checked:?}");
    let store = database.example().await;

    let process = Process::serve_with(&database, &url, &[]);
    let token = process.token("user.api").await;
    for _ in 0..20 {
        let change = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
        let (status, answer) = process.post("/api/atendimentos/status", &token, change).await;
        assert_eq!((status, &answer["message"]), (200, &json!("Atendimento atualizado com sucesso")));
    }
    process.stop();
    store.close().await;
    drop(pooler);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sessions_no_command_starts() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    for mode in ["transaction", "statement"] {
        let Some(pooler) = PgBouncer::start(&database, mode) else { return };
        for args in [&["serve"][..], &["migrate"], &["nivel", "listar"]] {
            let outcome = run_with(&database, &[("DATABASE_URL", &pooler.url)], args, "");
            outcome.fails(1, &["gives each transaction another session", "pool_mode = session in PgBouncer"]);
            assert!(!outcome.stderr.contains("waiting"), "{outcome:?}");
        }
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.number(tables).await, 0);
    database.remove().await;
}
