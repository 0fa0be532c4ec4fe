//! When the database is away or broken.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use crate::support::both_engines;
use crate::support::server::Server;

const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;

both_engines! {
    async fn a_database_that_is_away_is_503_everywhere_but_live(database: Database) {
        let server = Server::start(database).await;
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
        server.stop().await;
    }

    async fn pending_migrations_are_not_ready(database: Database) {
        let server = Server::on(database.config(&[]), database.open().await).await;
        server.get("/health/ready").await.is(503, "Serviço indisponível");
        server.store.migrate().await.unwrap();
        server.get("/health/ready").await.is(200, "OK");
        server.stop().await;
    }

    async fn a_broken_database_is_our_fault(database: Database) {
        let server = Server::start(database).await;
        let token = server.token("user.api").await;
        server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
        database.execute("ALTER TABLE historico RENAME TO elsewhere").await;
        server.change_with(&token, CHANGE).await.is(500, "Erro interno");
        database.execute("ALTER TABLE usuario RENAME TO nobody").await;
        server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.is(500, "Erro interno");
        database.execute("ALTER TABLE elsewhere RENAME TO historico").await;
        server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
        server.stop().await;
    }

    async fn what_somebody_holds_locked_waits_and_holds_up_nobody_else(database: Database) {
        let server = Server::start(database).await;
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
        server.stop().await;
    }

    async fn a_request_that_takes_too_long_is_503(database: Database) {
        let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "1")]).await;
        let token = server.token("user.api").await;
        let held = database.hold("20221104000001").await;
        server.change_with(&token, CHANGE).await.is(503, "Serviço indisponível");
        held.release().await;
        server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
        server.stop().await;
    }

    async fn a_full_queue_is_503_at_once(database: Database) {
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

    async fn too_many_logins_at_once_are_503(database: Database) {
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
}
