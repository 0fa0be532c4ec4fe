//! What a connection is worth: answers stay whole whatever they hold, an end is announced, and a client that has
//! said everything is still answered.

use std::time::Duration;

use serde_json::json;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::support::both_engines;
use crate::support::client::{Client, HANG, LIVE, head, request};
use crate::support::database::Database;
use crate::support::server::Server;

const ABERTO: &str = "20221104000001";
/// Pages asked for at once.
const PAGES: usize = 40;
const MADE: &str = "Atendimento atualizado com sucesso";

/// A change of the first atendimento that comments `texto`.
async fn comment(server: &Server, token: &str, texto: &str) {
    let body = json!({"protocolo": ABERTO, "status": "Aberto", "comentario": texto, "visivelCliente": true});
    server.change_with(token, body).await.is(200, MADE);
}

/// All that comes in small pieces, until the server closes or has sent `end`.
async fn read_in_pieces(stream: &mut TcpStream, end: &str) -> String {
    let (mut all, mut piece) = (Vec::new(), [0; 1448]);
    while !all.ends_with(end.as_bytes())
        && let length @ 1.. = timeout(HANG, stream.read(&mut piece)).await.expect("more of it").unwrap()
    {
        all.extend(&piece[..length]);
    }
    String::from_utf8(all).unwrap()
}

async fn no_comment_cuts_an_answer(server: &Server) {
    let token = server.token("user.api").await;
    for start in ["HTTP/1.1 4", "HTTP/1.0 4", "HTTP/1.1 431 x\\r\\n\\r\\n"] {
        comment(server, &token, &start.repeat(20_000 / start.len())).await;
    }
    for number in 0..57 {
        comment(server, &token, &format!("{}{}", "-".repeat(number % 10), "HTTP/1.1 4".repeat(1999))).await;
    }
    let page = head(&format!("GET /api/atendimentos/{ABERTO}/historico?limite=200"), &token, "");
    let expected = Client::connect(server.address).await.ask(&page).await;
    assert_eq!((expected.status, expected.body.len() > 1_000_000), (200, true));
    // The answers leave in many small pieces, each of which begins somewhere in a comment.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    SockRef::from(&socket).set_tcp_mss(1448).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(format!("{}{LIVE}", page.repeat(PAGES)).as_bytes()).await.unwrap();
    let mut all = read_in_pieces(&mut stream, r#"{"message":"OK"}"#).await;
    for number in 0..PAGES {
        let (_, after) = all.split_once("\r\n\r\n").unwrap();
        assert!(after.starts_with(&expected.body), "page {number} was cut");
        all = after[expected.body.len()..].to_owned();
    }
    let (next, ok) = all.split_once("\r\n\r\n").unwrap();
    assert!(next.starts_with("HTTP/1.1 200 OK\r\n"), "{next}");
    assert_eq!(ok, r#"{"message":"OK"}"#);
}

async fn a_refused_short_body_is_read_and_the_connection_kept(server: &Server) {
    let (token, other) = (server.token("user.api").await, server.token("user.sem.permissao").await);
    let change = "POST /api/atendimentos/status";
    let refused = [
        (head(change, "", "Content-Length: 2\r\n"), 401),
        (head(change, &other, "Content-Length: 2\r\n"), 403),
        (head(&format!("{change}?simular=x"), &token, "Content-Length: 2\r\n"), 400),
        (head("POST /api/atendimentos/status/lote", "", "Content-Length: 2\r\n"), 401),
        (head("PUT /api/usuario/login", "", "Content-Length: 2\r\n"), 405),
        (head("POST /nowhere", "", "Content-Length: 2\r\n"), 404),
        // Not a refusal, but nobody asked for the body either.
        (head("GET /health/live", "", "Content-Length: 2\r\n"), 200),
        (head("GET /api/motivos", &token, "Content-Length: 2\r\n"), 200),
    ];
    let mut client = Client::connect(server.address).await;
    for (head, status) in refused {
        client.send(&head).await.unwrap();
        // The body comes in a packet of its own, a little later.
        sleep(Duration::from_millis(5)).await;
        let answer = client.ask("{}").await;
        assert_eq!((answer.status, answer.header("connection")), (status, None), "{head}{answer:?}");
        client.ask(LIVE).await.is(200, "OK");
    }
}

async fn where_the_rest_of_a_body_is_not_waited_for_the_end_is_announced(server: &Server) {
    let change = "POST /api/atendimentos/status";
    for (head, start) in [
        (head(change, "", "Content-Length: 65537\r\n"), "{"),
        (head(change, "", "Content-Length: 2\r\nExpect: 100-continue\r\n"), ""),
        (head(change, "", "Transfer-Encoding: chunked\r\n"), "1\r\n{\r\n"),
        // Short, but it does not come.
        (head(change, "", "Content-Length: 2\r\n"), "{"),
        (head("GET /health/live", "", "Content-Length: 3\r\n"), "{"),
    ] {
        let mut client = Client::connect(server.address).await;
        let answer = client.ask(format!("{head}{start}")).await;
        assert_eq!(answer.header("connection"), Some("close"), "{head}{answer:?}");
        assert_eq!(client.answer().await, None);
    }
}

async fn a_client_that_has_said_everything_is_answered(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let held = database.hold(ABERTO).await;
    let body = json!({"protocolo": ABERTO, "status": "Em atendimento"}).to_string();
    let request = request("POST /api/atendimentos/status", &token, "", &body);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    // As `nc -N` does: its half is over, and the change is still to be made.
    stream.shutdown().await.unwrap();
    sleep(Duration::from_millis(50)).await;
    held.release().await;
    let mut client = Client::on(stream);
    client.answer().await.unwrap().is(200, MADE);
    assert_eq!(client.answer().await, None);
    // Half a request is none, and two are two.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&request.as_bytes()[..40]).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(Client::on(stream).answer().await, None);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(LIVE.repeat(2).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut client = Client::on(stream);
    for _ in 0..2 {
        client.answer().await.unwrap().is(200, "OK");
    }
    assert_eq!(timeout(HANG, client.answer()).await.unwrap(), None);
}

both_engines! {
    no_comment_cuts_an_answer,
    a_refused_short_body_is_read_and_the_connection_kept,
    where_the_rest_of_a_body_is_not_waited_for_the_end_is_announced,
    a_client_that_has_said_everything_is_answered,
}
