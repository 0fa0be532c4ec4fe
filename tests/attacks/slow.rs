//! Clients that are slow, silent or too many.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::support::client::{Client, HANG, LIVE};
use crate::support::database::Database;
use crate::support::program::allow_open_files;
use crate::support::server::Server;

const HEAD: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nx-slow: ";
const BODY: &str = "POST /api/usuario/login HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{";
/// Room for a busy machine beyond a deadline.
const SLACK: Duration = Duration::from_secs(5);

/// 5,000 connections, or fewer where the system lets a process open fewer files: both ends are in this
/// process, beside what other tests open.
fn flood() -> usize {
    let files = allow_open_files();
    let size = (files.saturating_sub(800) / 2).clamp(50, 5_000);
    println!("{size} connections, as a process may open {files} files");
    size
}

/// Sends `start` and then a byte a second; what came back until the connection was closed, and when that was.
async fn dribble(mut stream: TcpStream, start: &str) -> (String, Duration) {
    let begun = Instant::now();
    stream.write_all(start.as_bytes()).await.unwrap();
    let (mut answers, mut requests) = stream.into_split();
    let mut answer = Vec::new();
    let dribbling = async {
        let mut pause = interval(Duration::from_secs(1));
        loop {
            pause.tick().await;
            // The end shows on the other side.
            _ = requests.write_all(b" ").await;
        }
    };
    tokio::select! {
        _ = answers.read_to_end(&mut answer) => {},
        () = dribbling => {},
    }
    (String::from_utf8(answer).unwrap(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn dribbling_clients_are_cut_off_while_others_are_answered() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let token = server.token("user.api").await;
    let (mut heads, mut bodies) = (JoinSet::new(), JoinSet::new());
    for _ in 0..flood() / 2 {
        heads.spawn(dribble(TcpStream::connect(server.address).await.unwrap(), HEAD));
        bodies.spawn(dribble(TcpStream::connect(server.address).await.unwrap(), BODY));
    }
    let flood = async {
        for (answer, after) in heads.join_all().await {
            assert_eq!(answer, "", "a head that does not end is answered nothing");
            assert!(after < Duration::from_secs(10) + SLACK, "cut off after {after:?}");
        }
        for (answer, after) in bodies.join_all().await {
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            assert!(after < Duration::from_secs(20) + SLACK, "cut off after {after:?}");
        }
    };
    let mut answered = 0;
    let others = async {
        let mut pause = interval(Duration::from_millis(100));
        loop {
            pause.tick().await;
            let body = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
            let answer = timeout(SLACK, server.change_with(&token, body)).await.expect("an answer in time");
            answer.is(200, "Atendimento atualizado com sucesso");
            answered += 1;
        }
    };
    tokio::select! { () = flood => {}, () = others => {} }
    assert!(answered > 20, "{answered} others were answered");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_no_answers_is_cut_off() {
    let database = Database::sqlite();
    let server = Server::with(&database, &[("MAX_CONNECTIONS", "1")]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let requests = LIVE.repeat(500);
    let asked = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
    timeout(HANG, asked).await.expect("the connection must not be kept for ever");
    // Its place is free again.
    Client::connect(server.address).await.ask(LIVE).await.is(200, "OK");
    server.stop().await;
}

/// Opens a connection and is answered on it.
async fn served(address: SocketAddr) -> Client {
    let mut client = Client::connect(address).await;
    client.ask(LIVE).await.is(200, "OK");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_cap_connections_wait_for_their_turn() {
    let database = Database::sqlite();
    let server = Server::with(&database, &[("MAX_CONNECTIONS", "2")]).await;
    let (first, _second) = (served(server.address).await, served(server.address).await);

    let mut third = Client::connect(server.address).await;
    third.send(LIVE).await.unwrap();
    // One that never gets a turn and goes is no trouble either.
    drop(Client::connect(server.address).await);
    let waiting = timeout(Duration::from_millis(500), third.answer()).await;
    assert!(waiting.is_err(), "answered beyond the cap: {waiting:?}");

    drop(first);
    third.answer().await.unwrap().is(200, "OK");

    // Nobody goes, but the idle are cut off.
    let begun = Instant::now();
    let _fourth = served(server.address).await;
    assert!(begun.elapsed() < Duration::from_secs(10) + SLACK, "{:?}", begun.elapsed());
    server.stop().await;
}

/// How long after `begun` the server ends the connection, without a word.
async fn ends_after(mut client: Client, begun: Instant) -> Duration {
    assert_eq!(client.answer().await, None);
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_as_long_as_the_setting_says_and_a_head_that_has_begun_is_not() {
    const KEEP_ALIVE: Duration = Duration::from_secs(14);
    const HEAD: Duration = Duration::from_secs(10);
    let database = Database::sqlite();
    let server = Server::with(&database, &[("KEEP_ALIVE_SECONDS", "14")]).await;
    let brief = Server::with(&Database::sqlite(), &[("KEEP_ALIVE_SECONDS", "1")]).await;
    let begun = Instant::now();
    let (idle, mut first, mut second) =
        (served(server.address).await, served(server.address).await, Client::connect(server.address).await);
    first.send("GET /health/live HT").await.unwrap();
    second.send("\r\n").await.unwrap();
    let (idle, first, second, brief_idle, silent) = tokio::join!(
        ends_after(idle, begun),
        ends_after(first, begun),
        ends_after(second, begun),
        ends_after(served(brief.address).await, begun),
        ends_after(Client::connect(server.address).await, begun),
    );
    for (what, after, limit) in [
        ("idle", idle, KEEP_ALIVE),
        ("begun", first, HEAD),
        ("begun with nothing", second, HEAD),
        ("briefly idle", brief_idle, Duration::from_secs(1)),
        ("silent", silent, HEAD),
    ] {
        assert!((limit..limit + Duration::from_secs(3)).contains(&after), "{what}: {after:?}");
    }
    brief.stop().await;
    server.stop().await;
}

/// Where the system's queue is full, a client tries again after a second only.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_connections_finds_room_to_wait() {
    let database = Database::sqlite();
    let server = Server::with(&database, &[("MAX_CONNECTIONS", "1")]).await;
    let _first = served(server.address).await;
    let mut waiting = Vec::new();
    for number in 1..=500 {
        let connected = timeout(Duration::from_millis(900), TcpStream::connect(server.address)).await;
        waiting.push(connected.unwrap_or_else(|_| panic!("no room for connection {number}")).unwrap());
    }
    server.stop().await;
}
