//! A synchronous standby that goes silent: every commit waits for it, and PostgreSQL lets nobody interrupt that wait.

use std::time::Duration;

use libtest_mimic::Trial;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::checker::{Attempt, Outcome};
use crate::client::{change, get, login, outcome};
use crate::database_faults::{CLIENTS, PROBES, Trouble, recovery, seen};
use crate::load::{changes, now};
use crate::pair::{Pair, admin, count};
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, trial};
use crate::support::client::Client;
use crate::support::database::Engine;

/// A `REQUEST_TIMEOUT_SECONDS` that no request reaches.
const DEADLINE: u64 = 10;
/// How many sessions may wait for the standby at most: the change queue's two and half of the pool's, which may be
/// replaced once before it is known that commits hang.
const WAITING: i64 = 12;
/// How soon all has to be well again once the standby is back.
const RECOVERY: Duration = Duration::from_secs(5);
/// Failed logins, each of another user: all want to write, and none waits for another.
const GUESSERS: u64 = 8;
/// Between two looks at the sessions.
const PAUSE: Duration = Duration::from_millis(100);
const WAIT_FOR_STANDBY: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

pub fn trials(form: Form) -> Vec<Trial> {
    vec![trial("stalled::standby", Engine::Postgres, form, standby)]
}

async fn standby(mut scene: Scene, form: Form) {
    let (times, seconds) = form.pick((1, 8), (10, 30));
    let what = "synchronous standby silent for a while under load";
    let mut progress = Progress::new(form, what, times);
    let mut pair = Pair::of(&mut scene).await;
    let (mut worst, mut attempts) = (Duration::ZERO, Vec::<Attempt>::new());
    for turn in 0..times {
        let limits = ["PAIR", "ACCOUNT", "ADDRESS", "TOTAL"].map(|limit| format!("LOGIN_LIMIT_{limit}"));
        let off = limits.each_ref().map(|limit| (limit.as_str(), "1000/2592000"));
        let process = scene.serve_with(&[&[("DATABASE_URL", pair.url.as_str())], &off[..]].concat(), &[]);
        let token = process.token("user.api").await;
        let address = process.address.clone();
        let trouble = Trouble::begin_with(&scene, token.clone(), process, turn * (CLIENTS + PROBES + 1));
        trouble.load.all_succeed(5).await;
        let began = now();
        pair.standby.freeze();
        let mut guessers = guess(&address);
        let mut admin = admin(&pair.leader).await;
        let asked = ask_in_vain(&address, &token, (turn + 1) * (CLIENTS + PROBES + 1) - 1).await;
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut waiting = 0;
        while Instant::now() < until {
            // Reads go on.
            let mut client = Client::connect(&address).await;
            assert_eq!(client.ask(get(&token, "/api/motivos")).await.status, 200);
            waiting = waiting.max(count(&mut admin, WAIT_FOR_STANDBY).await);
            sleep(PAUSE).await;
        }
        assert_eq!(Client::connect(&address).await.ask(&asked.request).await.status, 503);
        pair.standby.thaw();
        let back = now();
        trouble.load.all_succeed(5).await;
        let well = now();
        guessers.abort_all();
        while count(&mut admin, WAIT_FOR_STANDBY).await > 0 {
            sleep(LOOK).await;
        }
        let repeated = repeat(&address, asked).await;
        let seen_by_all = trouble.end(DEADLINE).await;
        assert!(seen(&seen_by_all, (began, back, well), Outcome::Unavailable), "the fault shows");
        assert!(waiting <= WAITING, "{waiting} sessions wait for the standby");
        worst = worst.max(recovery(&seen_by_all, (began, back, well)));
        attempts.extend(seen_by_all);
        attempts.push(repeated);
        progress.at(turn + 1);
    }
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude(what, scene.database.engine, times, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a request failed {worst:?} after the standby was back");
}

/// Logins of users that do not exist.
fn guess(address: &str) -> JoinSet<()> {
    (0..GUESSERS)
        .map(|guesser| {
            let address = address.to_owned();
            async move {
                for turn in 0.. {
                    let mut client = Client::connect(&address).await;
                    let (head, body) = login(&format!("nobody {guesser} {turn}"));
                    _ = timeout(Duration::from_secs(DEADLINE), client.try_ask(&[head, body].concat())).await;
                }
            }
        })
        .collect()
}

/// A change that got 503.
struct Asked {
    attempt: Attempt,
    request: Vec<u8>,
}

/// Asks for a change under a key while commits hang.
async fn ask_in_vain(address: &str, token: &str, number: u64) -> Asked {
    let (mark, protocolo, para) = (number << 32, 20_221_104_000_030, 5);
    let (head, body) = change(token, protocolo, para, mark, &format!("Idempotency-Key: {mark}\r\n"));
    let request = [head, body].concat();
    let began = now();
    let answer = Client::connect(address).await.ask(&request).await;
    let attempt = Attempt { mark, protocolo, para, outcome: outcome(&answer), began, ended: now() };
    assert_eq!(attempt.outcome, Outcome::Unavailable, "a change waits for the standby");
    Asked { attempt, request }
}

/// Asks again: the change is made once, whether it was made then or is now.
async fn repeat(address: &str, Asked { mut attempt, request }: Asked) -> Attempt {
    let mut client = Client::connect(address).await;
    assert_eq!(client.ask(&request).await.status, 200);
    let again = client.ask(&request).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    attempt.outcome = Outcome::Acknowledged;
    attempt.ended = now();
    attempt
}
