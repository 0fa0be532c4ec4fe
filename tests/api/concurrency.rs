//! Many clients at once.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use crate::support::both_engines;
use crate::support::client::{Client, LIVE, head};
use crate::support::database::Database;
use crate::support::server::Server;

async fn changes_of_few_atendimentos_by_many_clients_all_count_once(database: &Database) {
    const CLIENTS: usize = 32;
    const EACH: usize = 20;
    let server = Arc::new(Server::start(database).await);
    let token = server.token("user.api").await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let (server, token) = (Arc::clone(&server), token.clone());
        clients.spawn(async move {
            for turn in 0..EACH {
                let status = ["Finalizado", "Cancelado", "Aberto"][(client + turn) % 3];
                let body = json!({"protocolo": format!("2022110400000{}", 1 + turn % 3), "status": status,
                                  "motivoStatus": "Duplicado", "comentario": format!("{client}/{turn}"),
                                  "visivelCliente": true});
                server.change_with(&token, body).await.is(200, "Atendimento atualizado com sucesso");
            }
        });
    }
    clients.join_all().await;
    let all = (CLIENTS * EACH) as i64;
    assert_eq!(database.number("SELECT count(*) FROM historico").await, all);
    assert_eq!(database.number("SELECT count(DISTINCT comentario) FROM historico").await, all);
    assert_eq!(database.broken_links().await, 0);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn a_stop_lets_the_requests_in_flight_end(database: &Database) {
    let server = Server::start(database).await;
    let token = server.token("user.api").await;
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    let mut client = Client::connect(server.address).await;
    let headers = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    // The server says so once the handler waits for the body: the request is in flight.
    let interim = client.ask(head("POST /api/atendimentos/status", &token, &headers)).await;
    assert_eq!(interim.head, "HTTP/1.1 100 Continue");

    let finish = async { client.ask(body).await.is(200, "Atendimento atualizado com sucesso") };
    let reader = database.open().await;
    tokio::join!(server.stop(), finish);
    assert_eq!(reader.present_state("20221104000001").await.unwrap().unwrap().revisao, 1);
    reader.close().await;
}

async fn a_stop_ends_idle_connections(database: &Database) {
    let server = Server::start(database).await;
    let (mut fresh, mut used) = (Client::connect(server.address).await, Client::connect(server.address).await);
    used.ask(LIVE).await.is(200, "OK");
    server.stop().await;
    assert_eq!((used.answer().await, fresh.answer().await), (None, None));
}

async fn the_times_of_a_history_never_go_back(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    for by in [7, -7] {
        database.advance_clock(Duration::seconds(by)).await;
        let body = json!({"protocolo": "20221104000001", "status": "Aberto"});
        server.change_with(&token, body).await.is(200, "Atendimento atualizado com sucesso");
    }
    let record = server.record("20221104000001").await;
    for time in [&record["historico"][0]["em"], &record["historico"][1]["em"], &record["atualizadoEm"]] {
        assert_eq!(time, "2026-11-23T10:00:07.000Z");
    }
}

both_engines! {
    changes_of_few_atendimentos_by_many_clients_all_count_once,
    a_stop_lets_the_requests_in_flight_end,
    a_stop_ends_idle_connections,
    the_times_of_a_history_never_go_back,
}
