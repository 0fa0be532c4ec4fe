//! When the database is away or broken.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use time::Duration;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::server::Server;

const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;

async fn a_database_that_is_away_is_503_everywhere_but_live(server: &Server) {
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.store.close().await;
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.is(503, "Serviço indisponível");
    let ready = server.get("/health/ready").await;
    ready.is(503, "Serviço indisponível");
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    server.get("/health/live").await.is(200, "OK");
}

async fn pending_migrations_are_not_ready(database: &Database) {
    let server = Server::on(database.config(&[]), database.open().await).await;
    server.get("/health/ready").await.is(503, "Serviço indisponível");
    server.store.migrate().await.unwrap();
    server.get("/health/ready").await.is(200, "OK");
    server.stop().await;
}

async fn a_broken_database_is_our_fault(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    database.execute("ALTER TABLE historico RENAME TO elsewhere").await;
    server.change_with(&token, CHANGE).await.is(500, "Erro interno");
    database.execute("ALTER TABLE usuario RENAME TO nobody").await;
    server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.is(500, "Erro interno");
    database.execute("ALTER TABLE elsewhere RENAME TO historico").await;
    database.execute("ALTER TABLE nobody RENAME TO usuario").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
}

async fn what_somebody_holds_locked_waits_and_holds_up_nobody_else(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let blocked = server.change_with(&token, CHANGE);
    let others = async {
        if database.engine == Engine::Postgres {
            for protocolo in 20_221_104_000_002_u64..=20_221_104_000_030 {
                let body = json!({"protocolo": protocolo, "status": "Finalizado"});
                server.change_with(&token, body).await.is(200, "Atendimento atualizado com sucesso");
            }
        }
        held.release().await;
    };
    let (blocked, ()) = tokio::join!(blocked, others);
    blocked.is(200, "Atendimento atualizado com sucesso");
    assert_eq!(database.broken_links().await, 0);
}

async fn a_request_that_takes_too_long_is_503(database: &Database) {
    let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    held.release().await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.stop().await;
}

async fn a_full_queue_is_503_at_once(database: &Database) {
    let server = Arc::new(Server::with(database, &[("QUEUE_CAPACITY", "2")]).await);
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    let held = database.hold("20221104000001").await;
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..700 {
        let (server, token) = (Arc::clone(&server), token.clone());
        answers.spawn(async move { server.change_with(&token, CHANGE).await });
    }
    // At most one batch of 96 is at work and two wait: the others are refused while the lock is held.
    for _ in 0..100 {
        answers.join_next().await.unwrap().unwrap().is(503, "Serviço indisponível");
    }
    held.release().await;
    for answer in answers.join_all().await {
        match answer.status {
            200 => answer.is(200, "Atendimento atualizado com sucesso"),
            _ => answer.is(503, "Serviço indisponível"),
        }
    }
    assert_eq!(database.broken_links().await, 0);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn too_many_logins_at_once_are_503(database: &Database) {
    let settings = [("LOGIN_CONCURRENCY", "1"), ("REQUEST_TIMEOUT_SECONDS", "600")];
    let server = Arc::new(Server::with(database, &settings).await);
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..400 {
        let server = Arc::clone(&server);
        logins.spawn(async move { server.login_with(&json!({"login": "user.api", "senha": "1234"})).await });
    }
    let answers = logins.join_all().await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(good.len() >= 256 && !refused.is_empty(), "{} were let in", good.len());
    for answer in refused {
        answer.is(503, "Serviço indisponível");
    }
    Arc::into_inner(server).unwrap().stop().await;
}

/// As a full disk does: a question whether the database can be written to does not show it.
#[tokio::test(flavor = "multi_thread")]
async fn while_changes_fail_it_is_not_ready_whatever_the_database_says() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    let server = Server::start(&database).await;
    let token = server.token("user.api").await;
    // The first one tries a write, and proves that there is room.
    server.get("/health/ready").await.is(200, "OK");
    database
        .execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END$$;
             CREATE TRIGGER full_disk BEFORE INSERT ON historico EXECUTE FUNCTION full_disk()",
        )
        .await;
    server.get("/health/ready").await.is(200, "OK");
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    let failed = Instant::now();
    while failed.elapsed() < std::time::Duration::from_secs(4) {
        server.get("/health/ready").await.is(503, "Serviço indisponível");
    }
    // A load balancer sends no change meanwhile: the server finds out by itself.
    database.execute("DROP TRIGGER full_disk ON historico").await;
    let mended = Instant::now();
    while server.get("/health/ready").await.status != 200 {
        assert!(mended.elapsed() < std::time::Duration::from_secs(5), "it stays not ready");
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.get("/health/ready").await.is(200, "OK");
    server.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_path_that_others_set_moves_no_table() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    let server = Server::start(&database).await;
    let token = server.token("user.api").await;
    let end_sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'citrus-status'";
    database
        .execute(&format!(
            "CREATE SCHEMA other;
             DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = other', current_database()); END$$;
             {end_sessions}"
        ))
        .await;
    server.clock.advance(Duration::seconds(1));
    server.get("/health/ready").await.is(200, "OK");
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    assert_eq!(server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.status, 200);
    server.stop().await;
    database.remove().await;
}

/// What is open goes on with the old file: a change would be answered and be gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_or_replaced_takes_no_changes() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    let [file, away] = ["citrus-status.db", "away.db"].map(|name| database.dir.path().join(name));
    std::fs::rename(&file, &away).unwrap();
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    server.get("/health/ready").await.is(503, "Serviço indisponível");
    // Another file in its place is not taken up while the server runs.
    std::fs::copy(&away, &file).unwrap();
    server.get("/health/ready").await.is(503, "Serviço indisponível");
    server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
    server.get("/health/ready").await.is(503, "Serviço indisponível");
    std::fs::rename(&away, &file).unwrap();
    server.get("/health/ready").await.is(200, "OK");
    let before = database.number("SELECT count(*) FROM historico").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, before + 1);
    server.stop().await;
}

both_engines! {
    a_database_that_is_away_is_503_everywhere_but_live,
    pending_migrations_are_not_ready,
    a_broken_database_is_our_fault,
    what_somebody_holds_locked_waits_and_holds_up_nobody_else,
    a_request_that_takes_too_long_is_503,
    a_full_queue_is_503_at_once,
    too_many_logins_at_once_are_503,
}
