//! The permission: granted, released, and taken away.

use citrus_status::domain::access::Permissao;
use citrus_status::service::provisioning::ProvisioningError;
use serde_json::{Value, json};
use time::Duration;
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::client::{Client, Raw, head, request};
use crate::support::database::Database;
use crate::support::server::{Server, nome};

const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;
const SUCCESS: &str = "Atendimento atualizado com sucesso";
const DENIED: &str = "Acess denied";

async fn without_the_permission_a_change_is_denied(server: &Server) {
    let token = server.token("user.sem.permissao").await;
    server.change_with(&token, CHANGE).await.is(403, DENIED);
    server.change_with(&token, "not even JSON").await.is(403, DENIED);
    assert!(server.record("20221104000001").await["historico"].as_array().unwrap().is_empty());
}

async fn a_grant_shows_and_goes_within_a_second(server: &Server) {
    let (perfil, p) = (nome("Consulta"), Permissao::AlterarStatus);
    let token = server.token("user.sem.permissao").await;
    server.change_with(&token, CHANGE).await.is(403, DENIED);
    assert_eq!(server.provisioning.grant(&perfil, &[p]).await.unwrap(), [true]);
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(200, SUCCESS);
    assert_eq!(server.provisioning.revoke(&perfil, &[p]).await.unwrap(), [true]);
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(403, DENIED);
}

async fn a_grant_counts_only_while_released(server: &Server) {
    let (nivel, p) = (nome("Suporte"), Permissao::AlterarStatus);
    let (token, admin) = (server.token("user.api").await, server.token("admin").await);
    server.change_with(&token, CHANGE).await.is(200, SUCCESS);

    assert_eq!(server.provisioning.withdraw(&[p], &nivel).await.unwrap(), [(true, vec![])]);
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(403, DENIED);
    server.change_with(&admin, CHANGE).await.is(200, SUCCESS);
    let refused = server.provisioning.grant(&nome("Consulta"), &[p]).await.unwrap_err();
    assert!(matches!(refused, ProvisioningError::NotReleased { .. }));

    assert_eq!(server.provisioning.release(&[p], &nivel).await.unwrap(), [true]);
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(200, SUCCESS);
}

async fn a_release_counts_for_its_own_nivel_only(server: &Server) {
    let token = server.token("user.api").await;
    let below = server.provisioning.withdraw(&[Permissao::AlterarStatus], &nome("Empresa")).await.unwrap();
    assert_eq!(below, [(true, vec!["Suporte".to_owned()])]);
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(200, SUCCESS);
}

async fn a_withdrawal_reaches_every_server_within_a_second(database: &Database) {
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

async fn a_clock_that_is_set_back_or_stands_still_keeps_nobody_in(server: &Server) {
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, SUCCESS);
    server.provisioning.revoke_tokens(&nome("user.api")).await.unwrap();
    // No clock but the machine's own moves meanwhile.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
}

async fn access_is_judged_again_once_the_body_is_there(server: &Server, database: &Database) {
    let (perfil, p) = (nome("Integração"), Permissao::AlterarStatus);
    let lote = format!(r#"{{"itens": [{CHANGE}]}}"#);
    for (path, body) in [("/status", CHANGE), ("/status?simular=true", CHANGE), ("/status/lote", &lote)] {
        // Many changes are judged one by one.
        let is = |answer: Raw, status: u16, message: &str| match path {
            "/status/lote" => {
                let part = format!(r#""codigo":{status},"message":"{message}""#);
                assert!(answer.status == 200 && answer.body.contains(&part), "{answer:?}");
            }
            _ => answer.is(status, message),
        };
        let token = server.token("user.api").await;
        let mut withdrawn = begin(server, path, &token, body).await;
        server.provisioning.revoke(&perfil, &[p]).await.unwrap();
        server.clock.advance(Duration::seconds(1));
        is(withdrawn.ask(body).await, 403, DENIED);

        server.provisioning.grant(&perfil, &[p]).await.unwrap();
        server.clock.advance(Duration::seconds(1));
        let mut revoked = begin(server, path, &token, body).await;
        server.provisioning.revoke_tokens(&nome("user.api")).await.unwrap();
        server.clock.advance(Duration::seconds(1));
        is(revoked.ask(body).await, 401, "Token revogado");
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
}

async fn access_is_judged_again_for_each_change_of_many(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let mut held = database.hold("20221104000001").await;
    let body = format!(r#"{{"itens": [{CHANGE}, {CHANGE}, {CHANGE}]}}"#);
    let mut client = Client::connect(server.address).await;
    client.send(request("POST /api/atendimentos/status/lote", &token, "", &body)).await.unwrap();
    // The first of them waits for the lock.
    assert!(timeout(LOOK, client.answer()).await.is_err());
    held.execute("UPDATE usuario SET geracao = geracao + 1 WHERE login = 'user.api'").await;
    server.clock.advance(Duration::seconds(1));
    held.commit().await;
    let answer: Value = serde_json::from_str(&client.answer().await.unwrap().body).unwrap();
    let codes: Vec<&Value> = answer["resultados"].as_array().unwrap().iter().map(|item| &item["codigo"]).collect();
    assert_eq!(json!(codes), json!([200, 401, 401]), "{answer}");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
}

/// Long enough for a request to reach the queue.
const LOOK: std::time::Duration = std::time::Duration::from_millis(300);

/// A request that lacks nothing but its body, which the server waits for.
async fn begin(server: &Server, path: &str, token: &str, body: &str) -> Client {
    let mut client = Client::connect(server.address).await;
    let headers = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    let answer = client.ask(head(&format!("POST /api/atendimentos{path}"), token, &headers)).await;
    assert_eq!(answer.status, 100, "{answer:?}");
    client
}

both_engines! {
    without_the_permission_a_change_is_denied,
    a_grant_shows_and_goes_within_a_second,
    a_grant_counts_only_while_released,
    a_release_counts_for_its_own_nivel_only,
    a_withdrawal_reaches_every_server_within_a_second,
    a_clock_that_is_set_back_or_stands_still_keeps_nobody_in,
    access_is_judged_again_once_the_body_is_there,
    access_is_judged_again_for_each_change_of_many,
}
