//! `POST /sandbox/reset`: the example's data again.

use std::sync::Arc;

use citrus_status::domain::atendimento::Status;
use reqwest::Method;
use serde_json::json;
use time::Duration;

use super::admin::ask;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const RESET: &str = "/sandbox/reset";
const STATUS: &str = "/api/atendimentos/status";
const MOTIVOS: &str = "/api/motivos";
const CHANGE: &str =
    r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": true}"#;
const MADE: &str = "Atendimento atualizado com sucesso";

async fn post(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.send(Method::POST, path, headers, CHANGE).await
}

/// A wrong login.
async fn guess(server: &Server) -> Answer {
    server.login_with(&json!({"login": "user.api", "senha": "x"})).await
}

async fn a_reset_restores_the_example(database: &Database) {
    let server = Server::sandbox(database, &[("LOGIN_LIMIT_PAIR", "1/600")]).await;
    let before = server.record("20221104000001").await;
    let token = server.token("user.api").await;
    let keyed = [("authorization", token.as_str()), ("idempotency-key", "a")];
    post(&server, STATUS, &keyed).await.is(200, MADE);
    guess(&server).await.is(401, "Senha inválida");
    assert_eq!(guess(&server).await.status, 429);
    server.provisioning.set_motivo_ativo(&nome("Duplicado"), false).await.unwrap();
    server.provisioning.create_atendimento("1", Status::Aberto).await.unwrap();

    let admin = server.token("admin").await;
    let draw =
        async || ask(&server, &admin, Method::POST, "/api/atendimentos", json!({})).await.json()["protocolo"].clone();
    let motivos = async || ask(&server, &admin, Method::GET, "/api/admin/motivos", json!(null)).await.body;
    assert_eq!([draw().await, draw().await], ["20261123000001", "20261123000002"]);
    server.provisioning.set_motivo_ativo(&nome("Duplicado"), true).await.unwrap();
    let listed = motivos().await;
    server.provisioning.set_motivo_ativo(&nome("Duplicado"), false).await.unwrap();
    server.provisioning.create_motivos(&[nome("Outro")]).await.unwrap();

    server.advance(database, Duration::milliseconds(1)).await;
    post(&server, RESET, &[]).await.is(200, "Dados de exemplo restaurados");
    let after = server.record("20221104000001").await;
    assert_eq!(after["atualizadoEm"], "2026-11-23T10:00:00.001Z");
    assert_eq!((&after["status"], &after["historico"]), (&before["status"], &json!([])));
    assert_eq!((&after["motivoStatus"], &after["comentarios"]), (&json!(null), &json!([])));
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 30);
    assert_eq!(motivos().await, listed);
    assert_eq!(draw().await, "20261123000001");
    // The token counts as before, the key and the failed logins are forgotten.
    let motivos = server.send(Method::GET, MOTIVOS, &keyed, "").await;
    assert_eq!(
        motivos.body,
        r#"{"motivos":["Aberto por engano","Atendimento já finalizado","Duplicado","Fora do escopo"]}"#
    );
    let again = post(&server, STATUS, &keyed).await;
    again.is(200, MADE);
    assert_eq!(again.header("idempotency-replayed"), None);
    guess(&server).await.is(401, "Senha inválida");
    server.stop().await;
}

async fn what_somebody_holds_locked_is_not_reset(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, MADE);
    let held = database.hold("20221104000001").await;
    post(&server, RESET, &[]).await.is(503, "Serviço indisponível");
    assert_eq!(server.record("20221104000001").await["historico"].as_array().unwrap().len(), 1);
    held.release().await;
    server.change_with(&token, CHANGE).await.is(200, MADE);
    post(&server, RESET, &[]).await.is(200, "Dados de exemplo restaurados");
    assert_eq!(server.record("20221104000001").await["historico"], json!([]));
    server.stop().await;
}

async fn changes_and_resets_that_race_leave_whole_records(database: &Database) {
    const CLIENTS: usize = 12;
    const EACH: usize = 20;
    let server = Arc::new(Server::sandbox(database, &[]).await);
    let token = server.token("user.api").await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let (server, token) = (Arc::clone(&server), token.clone());
        clients.spawn(async move {
            for turn in 0..EACH {
                let answer = if client == 0 {
                    post(&server, RESET, &[]).await
                } else {
                    let status = ["Finalizado", "Cancelado", "Aberto"][(client + turn) % 3];
                    let body = json!({"protocolo": format!("2022110400000{}", 1 + turn % 3),
                                      "status": status,
                                      "motivoStatus": "Duplicado", "comentario": "x", "visivelCliente": true});
                    server.change_with(&token, body).await
                };
                match answer.status {
                    200 => {}
                    // One gave way to the others too long.
                    _ => answer.is(503, "Serviço indisponível"),
                }
            }
        });
    }
    clients.join_all().await;
    assert_eq!(database.broken_links().await, 0);
    let begun = "SELECT count(*) FROM historico h JOIN atendimento a ON a.id = h.atendimento_id
                     WHERE h.revisao = 1 AND a.protocolo <> '2022110400000' || h.de";
    assert_eq!(database.number(begun).await, 0);
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 30);
    post(&server, RESET, &[]).await.is(200, "Dados de exemplo restaurados");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    Arc::into_inner(server).unwrap().stop().await;
}

both_engines! {
    a_reset_restores_the_example,
    what_somebody_holds_locked_is_not_reset,
    changes_and_resets_that_race_leave_whole_records,
}
