//! Many clients at once.

use std::sync::Arc;

use serde_json::json;
use time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::both_engines;
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
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server says so once the handler waits for the body: the request is in flight.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

    let finish = async {
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    };
    let reader = database.open().await;
    tokio::join!(server.stop(), finish);
    assert_eq!(reader.record("20221104000001").await.unwrap().unwrap().changes.len(), 1);
    reader.close().await;
}

async fn a_stop_ends_idle_connections(database: &Database) {
    let server = Server::start(database).await;
    let mut fresh = TcpStream::connect(server.address).await.unwrap();
    let mut used = TcpStream::connect(server.address).await.unwrap();
    used.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    used.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    server.stop().await;
    let mut rest = Vec::new();
    used.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(br#"{"message":"OK"}"#));
    assert_eq!(fresh.read(&mut rest).await.unwrap(), 0);
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
