use std::sync::Arc;

use citrus_status::store::{Store, StoreError};

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::postgres::Cluster;

async fn migrations_are_pending_then_applied_and_run_once(database: &Database) {
    let store = database.open().await;
    let pending = store.migrations().await.unwrap();
    assert!(!pending.is_empty() && pending.iter().all(|migration| !migration.applied));
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    let applied = store.migrations().await.unwrap();
    assert_eq!(applied.len(), pending.len());
    assert!(applied.iter().all(|migration| migration.applied));
    store.close().await;
}

async fn it_is_empty_until_anybody_makes_a_table(database: &Database) {
    let alone = Database::alone(database.engine).await.unwrap();
    let database = &alone;
    let store = database.open().await;
    assert!(store.is_empty().await.unwrap());
    database.execute("CREATE TABLE another (id integer)").await;
    assert!(!store.is_empty().await.unwrap());
    database.execute("DROP TABLE another").await;
    assert!(store.is_empty().await.unwrap());
    store.migrate().await.unwrap();
    assert!(!store.is_empty().await.unwrap());
    store.close().await;
    alone.remove().await;
}

async fn a_trial_of_a_write_leaves_no_trace(store: &Arc<Store>, database: &Database) {
    store.try_write().await.unwrap();
    citrus_status::example::load_example_data(store).await.unwrap();
    let rows = "SELECT protocolo, status, revisao FROM atendimento ORDER BY id";
    let before: Vec<(String, i16, i64)> = database.rows(rows).await;
    let (first, second) = tokio::join!(store.try_write(), store.try_write());
    first.and(second).unwrap();
    assert_eq!(database.rows::<(String, i16, i64)>(rows).await, before);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
}

async fn it_says_what_it_is(database: &Database) {
    let store = database.open().await;
    let description = store.description().await.unwrap();
    let engine = match database.engine {
        Engine::Sqlite => "SQLite 3.",
        Engine::Postgres => "PostgreSQL ",
    };
    assert!(description.starts_with(engine), "{description}");
    store.close().await;
}

async fn processes_that_start_together_migrate_once(database: &Database) {
    let (a, b) = (database.open().await, database.open().await);
    let (first, second) = tokio::join!(a.migrate(), b.migrate());
    first.unwrap();
    second.unwrap();
    a.close().await;
    b.close().await;
}

async fn every_migration_says_how_new_a_server_has_to_be(database: &Database) {
    let store = database.store().await;
    for migration in store.migrations().await.unwrap().iter().filter(|migration| migration.version >= 4) {
        let row = format!("SELECT count(*) FROM compatibilidade WHERE versao = {}", migration.version);
        assert_eq!(database.number(&row).await, 1, "{migration:?} adds no row to compatibilidade");
    }
}

async fn a_migrated_database_is_ready(database: &Database) {
    let store = database.open().await;
    assert!(matches!(store.ready().await, Err(StoreError::Pending)));
    store.migrate().await.unwrap();
    store.ready().await.unwrap();
    let held = database.hold_by("LOCK TABLE atendimento, historico, motivo, usuario, idempotencia").await;
    store.ready().await.unwrap();
    held.release().await;
    store.close().await;
}

async fn a_newer_schema_is_refused(store: &Arc<Store>, database: &Database) {
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 9999, 'future', success, checksum, 1 FROM _sqlx_migrations LIMIT 1",
        )
        .await;
    assert!(matches!(store.migrations().await, Err(StoreError::NewerSchema(9999))));
    assert!(matches!(store.migrate().await, Err(StoreError::NewerSchema(9999))));
}

async fn a_migration_that_was_edited_is_refused(store: &Arc<Store>, database: &Database) {
    let checksum = match database.engine {
        Engine::Sqlite => "x'00'",
        Engine::Postgres => "'\\x00'",
    };
    database.execute(&format!("UPDATE _sqlx_migrations SET checksum = {checksum}")).await;
    assert!(matches!(store.migrations().await, Err(StoreError::Migration(_))));
    assert!(matches!(store.migrate().await, Err(StoreError::Migration(_))));
}

async fn a_closed_store_counts_as_away(database: &Database) {
    let store = database.store().await;
    store.close().await;
    assert!(store.migrations().await.unwrap_err().is_transient());
    assert!(store.snapshot(&["1"], &[]).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn it_is_not_empty_while_another_schema_holds_anything() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    let store = database.open().await;
    assert!(store.is_empty().await.unwrap());
    for (make, unmake) in [
        ("CREATE TABLE real.atendimento (id integer)", "DROP TABLE real.atendimento"),
        ("CREATE TABLE real.parts (id integer) PARTITION BY RANGE (id)", "DROP TABLE real.parts"),
        ("CREATE VIEW real.seen AS SELECT 1", "DROP VIEW real.seen"),
        ("CREATE MATERIALIZED VIEW real.kept AS SELECT 1", "DROP MATERIALIZED VIEW real.kept"),
        ("CREATE TABLE \"PG_LIKE\".t (id integer)", "DROP TABLE \"PG_LIKE\".t"),
        ("CREATE TABLE pgx.t (id integer)", "DROP TABLE pgx.t"),
    ] {
        for schema in ["real", "\"PG_LIKE\"", "pgx"] {
            database.execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await;
        }
        assert!(store.is_empty().await.unwrap(), "a schema alone holds nothing");
        database.execute(make).await;
        assert!(!store.is_empty().await.unwrap(), "{make}");
        database.execute(unmake).await;
    }
    store.close().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_sync_is_a_risk() {
    let Some(cluster) = Cluster::start("fsync=off -c full_page_writes=off") else { return };
    let database = Database::postgres(&cluster.url).await;
    let store = database.open().await;
    assert_eq!(store.risks().await.unwrap(), ["fsync=off", "full_page_writes=off"]);
    store.close().await;
}

both_engines! {
    migrations_are_pending_then_applied_and_run_once,
    it_is_empty_until_anybody_makes_a_table,
    a_trial_of_a_write_leaves_no_trace,
    it_says_what_it_is,
    processes_that_start_together_migrate_once,
    every_migration_says_how_new_a_server_has_to_be,
    a_migrated_database_is_ready,
    a_newer_schema_is_refused,
    a_migration_that_was_edited_is_refused,
    a_closed_store_counts_as_away,
}
