//! When the database is away or broken.

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
}
