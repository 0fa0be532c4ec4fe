//! SIGTERM with much open.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::checker::{Attempt, Outcome};
use crate::client::{change, get, outcome};
use crate::report::{Form, Progress, conclude};
use crate::scene::{Scene, both};
use crate::support::client::Client;
use crate::support::database::Held;
use crate::support::program::Process;

const IDLE: usize = 1_000;
const IN_FLIGHT: u64 = 200;
/// How soon the server has to be gone.
const EXIT: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_secs(1);

pub fn trials(form: Form) -> Vec<Trial> {
    let [a, b] = both("stop::in_good_order", form, in_good_order);
    let [c, d] = both("stop::a_second_signal", form, a_second_signal);
    vec![a, b, c, d]
}

async fn in_good_order(scene: Scene, form: Form) {
    let stops = form.pick(1, 50);
    let mut progress = Progress::new(form, "stops", stops);
    let mut attempts = Vec::new();
    let mut worst = Duration::ZERO;
    for stop in 0..stops {
        let crowd = Crowd::gather(&scene, stop).await;
        let stopped = Instant::now();
        crowd.process.signal("TERM");
        crowd.process.stops_listening().await;
        let (process, answered) = crowd.let_go().await;
        let code = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
        worst = worst.max(stopped.elapsed());
        assert_eq!(code, Some(0));
        attempts.extend(answered);
        progress.at(stop + 1);
    }
    assert_eq!(attempts.len() as u64, stops * IN_FLIGHT);
    let verdict = scene.verdict(&attempts).await;
    let what = format!("stop with {IDLE} idle connections, {IN_FLIGHT} requests in flight");
    conclude(&what, scene.database.engine, stops, &verdict, Some(worst));
    assert_eq!(verdict.acknowledged, attempts.len(), "all in flight are answered 200");
    assert!(worst <= EXIT, "it was gone after {worst:?}");
}

async fn a_second_signal(scene: Scene, form: Form) {
    let stops = form.pick(1, 50);
    let mut progress = Progress::new(form, "second signals", stops);
    let mut attempts = Vec::new();
    let mut worst = Duration::ZERO;
    for stop in 0..stops {
        let crowd = Crowd::gather(&scene, stop).await;
        crowd.process.signal("TERM");
        crowd.process.stops_listening().await;
        let second = Instant::now();
        crowd.process.signal("TERM");
        let Crowd { process, held, requests, .. } = crowd;
        attempts.extend(requests.iter().map(|request| request.attempt(Outcome::Unanswered)));
        let code = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
        worst = worst.max(second.elapsed());
        assert_eq!(code, Some(1));
        held.release().await;
        progress.at(stop + 1);
    }
    let verdict = scene.verdict(&attempts).await;
    let what = format!("second signal, {IN_FLIGHT} requests in flight");
    conclude(&what, scene.database.engine, stops, &verdict, Some(worst));
    assert!(worst <= AT_ONCE, "it was gone after {worst:?}");
}

/// A server with idle connections and with requests in flight: every second one waits for the
/// database, the others for their own bodies.
struct Crowd {
    process: Process,
    idle: Vec<Client>,
    requests: Vec<Request>,
    held: Held,
}

struct Request {
    client: Client,
    /// What is not sent yet.
    body: Option<Vec<u8>>,
    mark: u64,
    protocolo: u64,
    para: i64,
}

impl Request {
    fn attempt(&self, outcome: Outcome) -> Attempt {
        let &Self { mark, protocolo, para, .. } = self;
        Attempt { mark, protocolo, para, outcome, began: Duration::ZERO, ended: Duration::MAX }
    }
}

impl Crowd {
    async fn gather(scene: &Scene, turn: u64) -> Self {
        let process = scene.serve();
        let token = process.token("user.api").await;
        let mut idle = JoinSet::new();
        for _ in 0..IDLE {
            let address = process.address.clone();
            idle.spawn(async move {
                let mut client = Client::connect(&address).await;
                assert_eq!(client.ask(get("", "/health/live")).await.status, 200);
                client
            });
        }
        let idle = idle.join_all().await;
        let protocolo = scene.protocolos(1)[0];
        let held = scene.database.hold(&protocolo.to_string()).await;
        let mut requests = Vec::new();
        for number in 0..IN_FLIGHT {
            let (mark, para) = (turn << 32 | number, 1 + number as i64 % 5);
            let (head, body) = change(&token, protocolo, para, mark, "Expect: 100-continue\r\n");
            let mut client = Client::connect(&process.address).await;
            client.send(&head).await.unwrap();
            // The server says so once the handler waits for the body.
            assert_eq!(client.answer().await.unwrap().status, 100);
            let body = if number % 2 == 0 {
                client.send(&body).await.unwrap();
                None
            } else {
                Some(body)
            };
            requests.push(Request { client, body, mark, protocolo, para });
        }
        Self { process, idle, requests, held }
    }

    /// Lets all requests go on, and reads their answers.
    async fn let_go(self) -> (Process, Vec<Attempt>) {
        self.held.release().await;
        let mut answered = Vec::new();
        for mut request in self.requests {
            if let Some(body) = request.body.take() {
                request.client.send(&body).await.unwrap();
            }
            let answer = timeout(EXIT, request.client.try_answer()).await.expect("it is answered").unwrap();
            answered.push(request.attempt(outcome(&answer)));
        }
        for mut client in self.idle {
            let end = timeout(EXIT, client.try_answer()).await.expect("idle connections are ended");
            assert_eq!(end.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
        (self.process, answered)
    }
}
