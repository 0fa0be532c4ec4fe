//! Rolling upgrades: a newer release migrates the database while servers of this one run and start.

use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, run, run_with};

/// Applies a migration of a coming release. It says that servers work with it whose newest migration is
/// `desde`, or it says nothing.
async fn migrate_ahead(database: &Database, versao: i64, desde: Option<i64>) {
    database.execute(&format!("ALTER TABLE atendimento ADD COLUMN novo_{versao} integer")).await;
    database
        .execute(&format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT {versao}, 'future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1"
        ))
        .await;
    if let Some(desde) = desde {
        database.execute(&format!("INSERT INTO compatibilidade (versao, desde) VALUES ({versao}, {desde})")).await;
    }
}

/// The newest migration of this release.
async fn newest(database: &Database) -> i64 {
    database.number("SELECT max(version) FROM _sqlx_migrations").await
}

/// Logs in and changes a status.
async fn works(process: &Process) {
    let token = process.token("user.api").await;
    let body = json!({"protocolo": "20221104000001", "status": "Finalizado"});
    assert_eq!(process.post("/api/atendimentos/status", &token, body).await.0, 200);
}

fn probe(database: &Database, process: &Process) -> i32 {
    run(database, &["probe", "--url", &format!("http://{}/health/ready", process.address)]).code
}

async fn servers_stay_ready_and_start_again_on_a_newer_schema_that_they_can_use(database: &Database) {
    database.example().await.close().await;
    let running = Process::serve(database);
    let newest = newest(database).await;
    migrate_ahead(database, newest + 1, Some(newest)).await;
    // A later one is not less compatible for being the second.
    migrate_ahead(database, newest + 7, Some(newest - 1)).await;

    assert_eq!(probe(database, &running), 0);
    works(&running).await;
    for auto_migrate in ["true", "false"] {
        let restarted = Process::serve_with(database, &[("AUTO_MIGRATE", auto_migrate)], &[]);
        assert_eq!(probe(database, &restarted), 0);
        works(&restarted).await;
        restarted.stop();
    }
    run(database, &["motivo", "criar", "Depois"]).prints("motivo 'Depois' created\n");
    run(database, &["migrate"]).prints("the database is up to date\n");
    let status = run(database, &["migrate", "--status"]);
    assert_eq!(status.code, 0, "{status:?}");
    for later in [newest + 1, newest + 7] {
        let line = status.stdout.lines().find(|line| line.starts_with(&format!("{later:04}")));
        assert!(line.is_some_and(|line| line.contains("of a newer release") && line.ends_with("yes")), "{status:?}");
    }
    running.stop();
}

async fn servers_refuse_a_newer_schema_that_they_cannot_use(database: &Database) {
    let running = Process::serve(database);
    let newest = newest(database).await;
    migrate_ahead(database, newest + 1, Some(newest)).await;
    for (versao, desde) in [(newest + 2, Some(newest + 1)), (newest + 3, Some(newest + 3)), (newest + 4, None)] {
        migrate_ahead(database, versao, desde).await;
        let says = format!("the database has migration {versao}, which this release does not know");
        assert_eq!(probe(database, &running), 1);
        for args in [&["serve"][..], &["migrate"], &["migrate", "--status"], &["motivo", "listar"]] {
            run(database, args).fails(1, &[&says]);
        }
        run_with(database, &[("AUTO_MIGRATE", "false")], &["serve"], "").fails(1, &[&says]);
        // A row that comes late, or is corrected, takes effect at once.
        database.execute(&format!("DELETE FROM compatibilidade WHERE versao = {versao}")).await;
        database.execute(&format!("INSERT INTO compatibilidade (versao, desde) VALUES ({versao}, 1)")).await;
        assert_eq!(probe(database, &running), 0);
    }
    running.stop();
}

async fn a_schema_that_lacks_what_this_release_has_and_has_more_is_refused(database: &Database) {
    database.store().await.close().await;
    let newest = newest(database).await;
    migrate_ahead(database, newest + 1, Some(1)).await;
    database.execute(&format!("DELETE FROM _sqlx_migrations WHERE version = {newest}")).await;
    let says = format!("the database has migration {}, which this release does not know", newest + 1);
    run(database, &["migrate"]).fails(1, &[&says]);
    database.execute("DELETE FROM _sqlx_migrations WHERE version >= 4").await;
    migrate_ahead(database, newest + 2, None).await;
    run(database, &["migrate"]).fails(1, &["which this release does not know"]);
}

both_engines! {
    servers_stay_ready_and_start_again_on_a_newer_schema_that_they_can_use,
    servers_refuse_a_newer_schema_that_they_cannot_use,
    a_schema_that_lacks_what_this_release_has_and_has_more_is_refused,
}
