//! The permission: granted, released, and taken away.

use citrus_status::domain::acesso::Permissao;
use citrus_status::service::provisioning::ProvisioningError;
use time::Duration;

use crate::support::both_engines;
use crate::support::server::{Server, nome};

const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;
const SUCCESS: &str = "Atendimento atualizado com sucesso";
const DENIED: &str = "Acess denied";

both_engines! {
    async fn without_the_permission_a_change_is_denied(database: Database) {
        let server = Server::start(database).await;
        let token = server.token("user.sem.permissao").await;
        server.change_with(&token, CHANGE).await.is(403, DENIED);
        server.change_with(&token, "not even JSON").await.is(403, DENIED);
        assert!(server.registro("20221104000001").await["historico"].as_array().unwrap().is_empty());
        server.stop().await;
    }

    async fn a_grant_shows_and_goes_within_a_second(database: Database) {
        let server = Server::start(database).await;
        let (perfil, p) = (nome("Consulta"), Permissao::AlterarStatus);
        let token = server.token("user.sem.permissao").await;
        server.change_with(&token, CHANGE).await.is(403, DENIED);
        assert!(server.provisioning.conceder(&perfil, p).await.unwrap());
        server.clock.advance(Duration::seconds(1));
        server.change_with(&token, CHANGE).await.is(200, SUCCESS);
        assert!(server.provisioning.revogar(&perfil, p).await.unwrap());
        server.clock.advance(Duration::seconds(1));
        server.change_with(&token, CHANGE).await.is(403, DENIED);
        server.stop().await;
    }

    async fn a_grant_counts_only_while_released(database: Database) {
        let server = Server::start(database).await;
        let (nivel, p) = (nome("Suporte"), Permissao::AlterarStatus);
        let (token, admin) = (server.token("user.api").await, server.token("admin").await);
        server.change_with(&token, CHANGE).await.is(200, SUCCESS);

        assert_eq!(server.provisioning.recolher(p, &nivel).await.unwrap(), (true, vec![]));
        server.clock.advance(Duration::seconds(1));
        server.change_with(&token, CHANGE).await.is(403, DENIED);
        server.change_with(&admin, CHANGE).await.is(200, SUCCESS);
        let refused = server.provisioning.conceder(&nome("Consulta"), p).await.unwrap_err();
        assert!(matches!(refused, ProvisioningError::NotReleased { .. }));

        assert!(server.provisioning.liberar(p, &nivel).await.unwrap());
        server.clock.advance(Duration::seconds(1));
        server.change_with(&token, CHANGE).await.is(200, SUCCESS);
        server.stop().await;
    }

    async fn each_nivel_is_released_for_itself(database: Database) {
        let server = Server::start(database).await;
        let token = server.token("user.api").await;
        let below = server.provisioning.recolher(Permissao::AlterarStatus, &nome("Empresa")).await.unwrap();
        assert_eq!(below, (true, vec!["Suporte".to_owned()]));
        server.clock.advance(Duration::seconds(1));
        server.change_with(&token, CHANGE).await.is(200, SUCCESS);
        server.stop().await;
    }

    async fn a_withdrawal_reaches_every_server_within_a_second(database: Database) {
        let first = Server::start(database).await;
        let second = Server::on(database.config(&[]), database.open().await).await;
        let token = first.token("user.api").await;
        for server in [&first, &second] {
            server.change_with(&token, CHANGE).await.is(200, SUCCESS);
        }
        first.provisioning.revoke_tokens(&nome("user.api")).await.unwrap();
        for server in [&first, &second] {
            server.clock.advance(Duration::milliseconds(999));
            server.change_with(&token, CHANGE).await.is(401, "Token revogado");
        }
        first.stop().await;
        second.stop().await;
    }
}
