//! Clients that hang up in the middle of a request while the database is slow.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::checker::{Attempt, Outcome};
use crate::client::{change, get, login};
use crate::proxy::{Fault, Proxy};
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, both};
use crate::support::client::Client;
use crate::support::database::Engine;
use crate::support::program::Process;

/// How many hang up side by side.
const AT_ONCE: usize = 200;
/// How much longer everything takes on the way to PostgreSQL and back.
const LAG: Duration = Duration::from_millis(10);
/// How long SQLite's file is locked, again and again.
const HOLD: Duration = Duration::from_millis(30);
/// One in so many waits for its answer. A client that has hung up looks like one that has closed its sending half,
/// so its request is still worked on, logins included; how long that takes is up to the machine. So the patient
/// clients come first, and set the time in which the server has to be done with the others.
const PATIENT: u64 = 10;
/// By then something is stuck.
const STUCK: Duration = Duration::from_mins(1);
/// More than there are connections to the database.
const AFTERWARDS: u64 = 32;

pub fn trials(form: Form) -> Vec<Trial> {
    both("disconnects::clients_hang_up", form, clients_hang_up).into()
}

async fn clients_hang_up(scene: Scene, form: Form) {
    let all = form.pick(10_000, 100_000);
    let mut progress = Progress::new(form, "clients that hung up", all);
    let proxy = match &scene.cluster {
        Some(cluster) => Some((Proxy::start(cluster.port).await, cluster.port)),
        None => None,
    };
    let url = proxy.as_ref().map_or(scene.database.url.clone(), |(proxy, port)| {
        scene.database.url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port))
    });
    let process = scene.serve_with(&[("DATABASE_URL", &url)], &[]);
    let token = process.token("user.api").await;
    let began = Instant::now();
    let mut attempts = ask_all(&process, &token, &scene, 0..all / PATIENT, Ending::Answer, &mut progress).await;
    let limit = began.elapsed() * PATIENT as u32;

    if let Some((proxy, _)) = &proxy {
        proxy.set(Fault::Latency(LAG));
    }
    let began = Instant::now();
    let hang_up = ask_all(&process, &token, &scene, all / PATIENT..all, Ending::HangUp, &mut progress);
    attempts.extend(match scene.database.engine {
        Engine::Postgres => hang_up.await,
        Engine::Sqlite => {
            tokio::select! {
                attempts = hang_up => attempts,
                () = hold_now_and_then(&scene) => unreachable!("it never ends"),
            }
        }
    });
    if let Some((proxy, _)) = &proxy {
        proxy.set(Fault::None);
    }

    let over = Instant::now();
    attempts.extend(ask_normally(&process, &token, &scene, all).await);
    let (recovery, whole) = (over.elapsed(), began.elapsed());
    if scene.database.engine == Engine::Postgres {
        let inside = "SELECT count(*) FROM pg_stat_activity
                      WHERE application_name = 'citrus-status' AND state LIKE 'idle in transaction%'";
        assert_eq!(scene.database.number(inside).await, 0, "sessions are left inside a transaction");
    }
    process.stop();
    let verdict = scene.verdict(&attempts).await;
    conclude("client hangs up, database slow", scene.database.engine, all, &verdict, Some(recovery));
    assert!(whole <= limit, "{whole:?} until requests were answered normally; patient clients took {limit:?}");
}

/// Locks SQLite's file again and again, which is what makes it slow.
async fn hold_now_and_then(scene: &Scene) {
    loop {
        let held = scene.database.hold("").await;
        sleep(HOLD).await;
        held.release().await;
        sleep(HOLD).await;
    }
}

/// What a client waits for.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Answer,
    HangUp,
}

async fn ask_all(
    process: &Process,
    token: &str,
    scene: &Scene,
    numbers: Range<u64>,
    ending: Ending,
    progress: &mut Progress,
) -> Vec<Attempt> {
    let (room, token) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::<str>::from(token));
    let protocolos = scene.protocolos(16);
    let mut clients = JoinSet::new();
    for number in numbers {
        let permit = Arc::clone(&room).acquire_owned().await.unwrap();
        let (address, token) = (process.address.clone(), Arc::clone(&token));
        let protocolo = protocolos[(number / 16) as usize % protocolos.len()];
        clients.spawn(async move {
            let attempt = ask(&address, &token, number, protocolo, ending).await;
            drop(permit);
            attempt
        });
        progress.at(number);
    }
    clients.join_all().await.into_iter().flatten().collect()
}

/// Sends a part of a request, or all of it, and is gone a moment later; of all of it the answer may be awaited.
/// Every sixteenth asks for readiness and every sixteenth logs in: they use the pool's connections.
async fn ask(address: &str, token: &str, number: u64, protocolo: u64, ending: Ending) -> Option<Attempt> {
    let para = 1 + (number / 4) as i64 % 5;
    let ((head, body), is_change) = match number % 16 {
        7 => ((get("", "/health/ready"), Vec::new()), false),
        11 => (login("user.sem.permissao"), false),
        _ => (change(token, protocolo, para, number, ""), true),
    };
    let (sent, whole) = match number % 4 {
        0 => (head[..head.len() / 2].to_vec(), false),
        1 => (head, false),
        2 => ([&head, &body[..body.len() / 2]].concat(), false),
        _ => ([head, body].concat(), true),
    };
    let mut client = Client::connect(address).await;
    client.send(&sent).await.unwrap();
    let outcome = match ending {
        Ending::Answer if whole => {
            let answer = timeout(STUCK, client.try_answer()).await.expect("it is answered").unwrap();
            match answer.status {
                200 => Outcome::Acknowledged,
                503 => Outcome::Unavailable,
                _ => panic!("{answer:?}"),
            }
        }
        _ => {
            // Up to 45 ms: before, while and after the server works on it.
            sleep(LOOK * (number / 16 % 10) as u32).await;
            if whole { Outcome::Unanswered } else { Outcome::Withheld }
        }
    };
    let (began, ended) = (Duration::ZERO, Duration::MAX);
    is_change.then_some(Attempt { mark: number, protocolo, para, outcome, began, ended })
}

/// Changes and readiness, more at once than there are connections to the database.
async fn ask_normally(process: &Process, token: &str, scene: &Scene, first: u64) -> Vec<Attempt> {
    let mut clients = JoinSet::new();
    for (number, protocolo) in (first..first + AFTERWARDS).zip(scene.protocolos(30).into_iter().cycle()) {
        let (address, token) = (process.address.clone(), token.to_owned());
        clients.spawn(async move {
            let (head, body) = change(&token, protocolo, 2, number, "");
            let mut client = Client::connect(&address).await;
            for request in [get("", "/health/ready"), [head, body].concat()] {
                let answer = timeout(STUCK, client.try_ask(&request)).await.expect("it is answered").unwrap();
                assert_eq!(answer.status, 200, "{number} {answer:?}");
            }
            let (outcome, began, ended) = (Outcome::Acknowledged, Duration::ZERO, Duration::MAX);
            Attempt { mark: number, protocolo, para: 2, outcome, began, ended }
        });
    }
    clients.join_all().await
}
