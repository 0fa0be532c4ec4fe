//! Every change is asked for four times at once, under one idempotency key, through two server processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Trial;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::checker::{Attempt, Outcome};
use crate::client::{change, outcome};
use crate::load::now;
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, both};
use crate::support::client::Client;
use crate::support::program::Process;

/// Clients that ask for the same changes.
const TWINS: u64 = 4;
const GROUPS: u64 = 16;

pub fn trials(form: Form) -> Vec<Trial> {
    both("retries::one_change_each", form, one_change_each).into()
}

async fn one_change_each(scene: Scene, form: Form) {
    let each = form.pick(20_000, 100_000) / (TWINS * GROUPS);
    let all = each * TWINS * GROUPS;
    let mut progress = Progress::new(form, "requests", all);
    let processes = [scene.serve(), scene.serve()];
    let token: Arc<str> = processes[0].token("user.api").await.into();
    let protocolos: Arc<[u64]> = scene.protocolos(8).into();
    let done = Arc::new(AtomicU64::new(0));
    let mut twins = JoinSet::new();
    for number in 0..GROUPS * TWINS {
        let address = processes[(number % 2) as usize].address.clone();
        let (token, protocolos, done) = (Arc::clone(&token), Arc::clone(&protocolos), Arc::clone(&done));
        twins.spawn(async move {
            let mut client = Client::connect(&address).await;
            let mut asked = Vec::new();
            for turn in 0..each {
                asked.push(ask(&mut client, &token, &protocolos, (number / TWINS) << 32 | turn).await);
                done.fetch_add(1, Ordering::Relaxed);
            }
            asked
        });
    }
    while done.load(Ordering::Relaxed) < all {
        progress.at(done.load(Ordering::Relaxed));
        sleep(LOOK).await;
    }
    let asked = twins.join_all().await.concat();
    processes.into_iter().for_each(Process::stop);

    let attempts = merge(&asked);
    let made = asked.iter().filter(|asked| asked.made).count();
    assert_eq!(made, attempts.len(), "of each four, one is told that it made the change");
    let verdict = scene.verdict(&attempts).await;
    let what = "four racing requests of one idempotency key, 8 atendimentos, two servers";
    conclude(what, scene.database.engine, all, &verdict, None);
}

#[derive(Clone)]
struct Asked {
    attempt: Attempt,
    /// Answered 200, and not as a repetition.
    made: bool,
}

/// Asks until the answer is not that another one of the key is in progress.
async fn ask(client: &mut Client, token: &str, protocolos: &[u64], mark: u64) -> Asked {
    let protocolo = protocolos[mark as usize % protocolos.len()];
    let para = 1 + mark as i64 % 5;
    let (head, body) = change(token, protocolo, para, mark, &format!("Idempotency-Key: {mark}\r\n"));
    let request = [head, body].concat();
    let began = now();
    loop {
        let answer = client.ask(&request).await;
        if answer.status != 409 {
            let outcome = outcome(&answer);
            let made = outcome == Outcome::Acknowledged && answer.header("idempotency-replayed").is_none();
            return Asked { attempt: Attempt { mark, protocolo, para, outcome, began, ended: now() }, made };
        }
    }
}

/// One attempt for each change: from the first request to the last answer, and acknowledged if all were.
fn merge(asked: &[Asked]) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = asked.iter().map(|asked| asked.attempt.clone()).collect();
    attempts.sort_by_key(|attempt| attempt.mark);
    attempts.dedup_by(|next, kept| {
        let same = next.mark == kept.mark;
        if same {
            kept.began = kept.began.min(next.began);
            kept.ended = kept.ended.max(next.ended);
            if next.outcome != Outcome::Acknowledged {
                kept.outcome = next.outcome;
            }
        }
        same
    });
    attempts
}
