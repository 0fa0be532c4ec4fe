//! Far more logins at once than passwords can be verified.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, allow_open_files};

const CLIENTS: usize = 2_000;
/// `LOGIN_CONCURRENCY` of the tests.
const PERMITS: u64 = 2;
/// What one verification takes, in KiB.
const ARGON2: u64 = 19 * 1024;

/// The answer to a request on a connection that stays open: status line and headers, and the body.
async fn ask(stream: &mut TcpStream, request: &str) -> (String, String) {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8(read[..end].to_vec()).unwrap().to_lowercase();
            let length: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
            if read.len() == end + 4 + length {
                return (head, String::from_utf8(read[end + 4..].to_vec()).unwrap());
            }
        }
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "closed without an answer");
    }
}

fn post(path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: {length}\r\n\r\n{body}")
}

const LOGIN: &str = r#"{"login": "user.api", "senha": "1234"}"#;

/// A login that lacks nothing but its body, which the server waits for.
async fn begin(address: String) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = post("/api/usuario/login", "", LOGIN).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    stream.write_all(head.strip_suffix(LOGIN).unwrap().as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

/// Asks everything but the login, which has to answer as ever.
async fn other_routes(stream: &mut TcpStream, token: &str) {
    for request in ["live", "ready"].map(|path| format!("GET /health/{path} HTTP/1.1\r\nHost: x\r\n\r\n")) {
        assert_eq!(ask(stream, &request).await.1, r#"{"message":"OK"}"#);
    }
    let change = json!({"protocolo": "20221104000001", "status": "Em atendimento"}).to_string();
    let (_, changed) = ask(stream, &post("/api/atendimentos/status", token, &change)).await;
    assert_eq!(changed, r#"{"message":"Atendimento atualizado com sucesso"}"#);
}

/// An answer to a login: status line and headers, the body, and how long it took.
type Heard = (String, String, Duration);

/// Sends the bodies of all the logins that have begun, at once.
async fn release(streams: Vec<TcpStream>) -> JoinHandle<Vec<Heard>> {
    let barrier = Arc::new(Barrier::new(streams.len() + 1));
    let mut storm = JoinSet::new();
    for mut stream in streams {
        let barrier = Arc::clone(&barrier);
        storm.spawn(async move {
            barrier.wait().await;
            let since = Instant::now();
            let (head, body) = ask(&mut stream, LOGIN).await;
            (head, body, since.elapsed())
        });
    }
    barrier.wait().await;
    tokio::spawn(storm.join_all())
}

/// One storm at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The baseline is the process with the logins in flight, whose passwords it has not seen yet.
async fn a_login_storm_takes_no_more_memory_than_allowed_and_holds_up_nothing_else(database: &Database) {
    let _turn = TURN.lock().await;
    allow_open_files();
    database.example().await.close().await;
    // Time enough for the whole line on a busy machine.
    let extra = [("REQUEST_TIMEOUT_SECONDS", "120"), ("DATABASE_MAX_CONNECTIONS", "10")];
    let (process, _) = Process::serve_logged(database, &extra);
    // Each route, so that the program itself is in memory. The login leaves what one
    // verification takes, which is none of the baseline's.
    let mut other = TcpStream::connect(&process.address).await.unwrap();
    let (_, body) = ask(&mut other, &post("/api/usuario/login", "", LOGIN)).await;
    let token = body.split('"').nth(3).unwrap().to_owned();
    for _ in 0..50 {
        other_routes(&mut other, &token).await;
    }
    let begun: JoinSet<_> = (0..CLIENTS).map(|_| begin(process.address.clone())).collect();
    let streams = begun.join_all().await;
    let baseline = process.memory("VmRSS") - ARGON2;

    let mut other = TcpStream::connect(&process.address).await.unwrap();
    let answers = release(streams).await;
    let mut others = Vec::new();
    while !answers.is_finished() {
        let since = Instant::now();
        other_routes(&mut other, &token).await;
        others.push(since.elapsed());
    }

    let (good, refused): (Vec<_>, Vec<_>) =
        answers.await.unwrap().into_iter().partition(|(head, ..)| head.starts_with("http/1.1 200 "));
    for (head, body, _) in &refused {
        assert!(head.starts_with("http/1.1 503 ") && head.contains("\r\nretry-after: 1"), "{head}");
        assert_eq!(body, r#"{"message":"Serviço indisponível"}"#);
    }
    let longest = |answers: &[Heard]| answers.iter().map(|answer| answer.2).max().unwrap();
    let (heard, refusal, slowest) = (longest(&good), longest(&refused), others.iter().max().unwrap());
    let (peak, allowed) = (process.memory("VmHWM"), (baseline + PERMITS * ARGON2) * 11 / 10);
    println!(
        "baseline {baseline} KiB, peak {peak} of {allowed} KiB; {} let in within {heard:?}, {} refused within \
         {refusal:?}; other routes {} times, slowest {slowest:?}",
        good.len(),
        refused.len(),
        others.len()
    );
    assert!(peak <= allowed, "{peak} KiB, {allowed} allowed");
    // What the line holds is let in, and what is served while the storm comes up.
    assert!(good.len() >= 512 && refused.len() >= CLIENTS / 2, "{} were let in", good.len());
    assert!(refusal < heard, "the last refusal took {refusal:?}, the last login {heard:?}");
    assert!(*slowest < heard && others.len() >= 5, "other routes: {others:?}");
    process.stop();
}

both_engines! {
    a_login_storm_takes_no_more_memory_than_allowed_and_holds_up_nothing_else,
}
