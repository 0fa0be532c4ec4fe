//! Far more logins at once than passwords can be verified.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::client::{Client, Raw, head, request};
use crate::support::database::Database;
use crate::support::program::{Process, allow_open_files};

const CLIENTS: usize = 2_000;
/// Longer than the server's deadline.
const STORM: Duration = Duration::from_secs(130);
/// `LOGIN_CONCURRENCY` of the tests.
const PERMITS: u64 = 2;
/// What one verification takes, in KiB.
const ARGON2: u64 = 19 * 1024;

const LOGIN: &str = r#"{"login": "user.api", "senha": "1234"}"#;

/// A login that lacks nothing but its body, which the server waits for.
async fn begin(address: String) -> Client {
    let mut client = Client::connect(address).await;
    let headers = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", LOGIN.len());
    assert_eq!(client.ask(head("POST /api/usuario/login", "", &headers)).await.head, "HTTP/1.1 100 Continue");
    client
}

/// Asks everything but the login, which has to answer as ever.
async fn other_routes(client: &mut Client, token: &str) {
    for line in ["GET /health/live", "GET /health/ready"] {
        client.ask(head(line, "", "")).await.is(200, "OK");
    }
    let change = json!({"protocolo": "20221104000001", "status": "Em atendimento"}).to_string();
    let changed = client.ask(request("POST /api/atendimentos/status", token, "", &change)).await;
    changed.is(200, "Atendimento atualizado com sucesso");
}

/// An answer to a login, and how long it took.
type Heard = (Raw, Duration);

/// Sends the bodies of all the logins that have begun, at once.
async fn release(clients: Vec<Client>) -> JoinHandle<Vec<Heard>> {
    let barrier = Arc::new(Barrier::new(clients.len() + 1));
    let mut storm = JoinSet::new();
    for mut client in clients {
        let barrier = Arc::clone(&barrier);
        storm.spawn(async move {
            barrier.wait().await;
            let since = Instant::now();
            // However long the line is.
            (timeout(STORM, client.try_ask(LOGIN)).await.unwrap().unwrap(), since.elapsed())
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
    let mut other = Client::connect(&process.address).await;
    let token = process.token("user.api").await;
    for _ in 0..50 {
        other_routes(&mut other, &token).await;
    }
    let begun: JoinSet<_> = (0..CLIENTS).map(|_| begin(process.address.clone())).collect();
    let clients = begun.join_all().await;
    let baseline = process.memory("VmRSS") - ARGON2;

    let mut other = Client::connect(&process.address).await;
    let answers = release(clients).await;
    let mut others = Vec::new();
    while !answers.is_finished() {
        let since = Instant::now();
        other_routes(&mut other, &token).await;
        others.push(since.elapsed());
    }

    let (good, refused): (Vec<_>, Vec<_>) =
        answers.await.unwrap().into_iter().partition(|(answer, _)| answer.status == 200);
    for (answer, _) in &refused {
        answer.is(503, "Serviço indisponível");
        assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
    }
    let longest = |answers: &[Heard]| answers.iter().map(|(_, took)| *took).max().unwrap();
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
