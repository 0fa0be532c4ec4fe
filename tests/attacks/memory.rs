//! Memory that clients can take: what they read slowly, and what they send in small pieces.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::client::{Client, HANG, LIVE, head, request};
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, allow_open_files};
use crate::support::server::Server;

const ABERTO: &str = "20221104000001";
const LOTE: &str = "POST /api/atendimentos/status/lote";
const MIB: u64 = 1024;
/// One measurement at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A server process on the example data, and a token.
async fn serve(database: &Database, extra: &[(&str, &str)]) -> (Process, String) {
    allow_open_files();
    database.example().await.close().await;
    let process = Process::serve_with(database, extra, &[]);
    let token = process.token("user.api").await;
    (process, token)
}

async fn connect(process: &Process) -> Client {
    Client::connect(&process.address).await
}

/// Asks until the answer is of `status`.
async fn until(status: u16, process: &Process, request: &str) {
    let asking = async { while connect(process).await.ask(request).await.status != status {} };
    timeout(HANG, asking).await.unwrap_or_else(|_| panic!("never answered {status}"));
}

/// Gives the first atendimento `count` changes with a comment as long as one can be, as JSON writes it.
async fn comment(database: &Database, count: usize) {
    let numbers = (1..=count).map(|number| format!("({number})")).collect::<Vec<_>>().join(", ");
    let (text, hidden) = match database.engine {
        Engine::Sqlite => ("replace(hex(zeroblob(10000)), '0', char(1))", "1"),
        Engine::Postgres => ("repeat(chr(1), 20000)", "true"),
    };
    let sql = format!(
        "INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
         SELECT a.id, n.column1, a.atualizado_em, 1, 1, {text}, {hidden}
         FROM atendimento a CROSS JOIN (VALUES {numbers}) AS n
         WHERE a.protocolo = '{ABERTO}'"
    );
    database.execute(&sql).await;
}

async fn answers_that_nobody_reads_take_bounded_memory(database: &Database) {
    let _turn = TURN.lock().await;
    let (process, token) = serve(database, &[("TRANSIT_MEMORY_MIB", "16")]).await;
    comment(database, 100).await;
    let page = head(&format!("GET /api/atendimentos/{ABERTO}/historico?limite=200"), &token, "");
    assert_eq!(connect(&process).await.ask(&page).await.status, 200);
    let before = process.memory("VmHWM");

    // More than the system keeps for each of them.
    let mut clients = Vec::new();
    for _ in 0..200 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut client = Client::on(socket.connect(process.address.parse().unwrap()).await.unwrap());
        client.send(page.repeat(6)).await.unwrap();
        clients.push(client);
    }
    until(503, &process, &page).await;
    let grown = process.memory("VmHWM").saturating_sub(before);
    println!("200 clients read nothing: the process has grown by {grown} KiB");
    assert!(grown < 160 * MIB, "the process has grown by {grown} KiB");

    // What is small is answered meanwhile, and once the readers are gone there is room again.
    connect(&process).await.ask(LIVE).await.is(200, "OK");
    drop(clients);
    until(200, &process, &page).await;
}

async fn a_page_ends_by_what_is_sent(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    comment(database, 60).await;
    let path = format!("/api/atendimentos/{ABERTO}/historico?limite=60");
    let mut pages = 0;
    let (mut seen, mut next) = (0, Some(String::new()));
    while let Some(cursor) = next {
        let answer =
            server.send(reqwest::Method::GET, &format!("{path}{cursor}"), &[("authorization", &token)], "").await;
        assert!(answer.body.len() < 1100 * 1024, "{} bytes", answer.body.len());
        pages += 1;
        seen += answer.json()["historico"].as_array().unwrap().len();
        next = answer.json()["proximo"].as_str().map(|cursor| format!("&cursor={cursor}"));
    }
    assert_eq!((seen, pages), (60, 8), "120 KiB each");
    // The customer sees none of them, not even by where a page ends.
    let hidden = if database.engine == Engine::Sqlite { "0" } else { "false" };
    database.execute(&format!("UPDATE historico SET visivel_cliente = {hidden}")).await;
    let customer = format!("{path}&visivelCliente=true");
    let answer = server.send(reqwest::Method::GET, &customer, &[("authorization", &token)], "").await;
    assert_eq!(answer.json()["historico"].as_array().unwrap().len(), 60);
    assert_eq!(answer.json()["proximo"], Value::Null);
}

async fn bodies_that_dribble_take_no_place_and_bounded_memory(database: &Database) {
    let _turn = TURN.lock().await;
    let (process, token) = serve(database, &[("TRANSIT_MEMORY_MIB", "8")]).await;
    let slow = head(LOTE, &token, "Content-Length: 4000000\r\n");
    let mut dribbling = Vec::new();
    for _ in 0..20 {
        let mut client = connect(&process).await;
        client.send(format!("{slow}{{")).await.unwrap();
        dribbling.push(client);
    }
    let body = json!({"itens": [{"protocolo": ABERTO, "status": "Aberto"}]}).to_string();
    let lote = request(LOTE, &token, "", &body);
    let answer = connect(&process).await.ask(&lote).await;
    assert_eq!((answer.status, answer.body.contains(r#""codigo":200"#)), (200, true), "{answer:?}");
    // Two of 4 MB have room, more have not; a small one always has.
    let mut large: FuturesUnordered<_> = dribbling[..5]
        .iter_mut()
        .map(async |client| {
            client.send(vec![b' '; 3_999_000]).await.ok();
            client.answer().await.unwrap().status
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(timeout(HANG, large.next()).await.unwrap(), Some(503));
    }
    drop(large);
    assert_eq!(connect(&process).await.ask(&lote).await.status, 200);
    // Those that leave, leave room.
    drop(dribbling);
    let large = head(LOTE, &token, "Content-Length: 4000000\r\n") + &body + &" ".repeat(4_000_000 - body.len());
    until(200, &process, &large).await;
}

async fn small_chunks_take_no_more_memory_than_their_bytes(database: &Database) {
    let _turn = TURN.lock().await;
    let (process, _) = serve(database, &[]).await;
    let before = process.memory("VmHWM");
    let start = head("POST /api/usuario/login", "", "Transfer-Encoding: chunked\r\n");
    let chunks = "1\r\n \r\n".repeat(30_000);
    let mut sending = JoinSet::new();
    for _ in 0..50 {
        let (mut client, request) = (connect(&process).await, format!("{start}{chunks}"));
        sending.spawn(async move {
            client.send(request).await.unwrap();
            client
        });
    }
    let clients = sending.join_all().await;
    connect(&process).await.ask(LIVE).await.is(200, "OK");
    // All of them are read before any of them ends.
    for mut client in clients {
        client.send("0\r\n\r\n").await.unwrap();
        assert_eq!(
            client.answer().await.unwrap().body,
            r#"{"message":"Corpo da requisição inválido: JSON incompleto, termina na linha 1, coluna 30000"}"#
        );
    }
    let grown = process.memory("VmHWM").saturating_sub(before);
    println!("50 bodies of 30,000 chunks: the process has grown by {grown} KiB");
    assert!(grown < 16 * MIB, "the process has grown by {grown} KiB");
}

both_engines! {
    answers_that_nobody_reads_take_bounded_memory,
    a_page_ends_by_what_is_sent,
    bodies_that_dribble_take_no_place_and_bounded_memory,
    small_chunks_take_no_more_memory_than_their_bytes,
}
