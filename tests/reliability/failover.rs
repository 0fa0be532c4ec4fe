//! Two PostgreSQL servers, of which one follows the other synchronously: the leader goes, and the other is promoted
//! under load.

use std::time::Duration;

use libtest_mimic::Trial;
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use crate::checker::{Attempt, Outcome};
use crate::database_faults::{CLIENTS, PROBES, Trouble, recovery};
use crate::load::{changes, now};
use crate::pair::{Pair, count, set};
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, trial};
use crate::support::database::Engine;
use crate::support::postgres::Cluster;

/// A `REQUEST_TIMEOUT_SECONDS` that no request reaches.
const DEADLINE: u64 = 10;
/// How soon all has to be well again once the other server is promoted.
const RECOVERY: Duration = Duration::from_secs(2);
/// The same where nobody knows yet that the leader is gone, because it is only silent.
const SILENT_RECOVERY: Duration = Duration::from_secs(3);

const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'citrus-status'";
const CHANGES: &str = "SELECT count(*) FROM historico";

pub fn trials(form: Form) -> Vec<Trial> {
    vec![
        trial("failover::killed", Engine::Postgres, form, killed),
        trial("failover::stopped", Engine::Postgres, form, stopped),
        trial("failover::silent", Engine::Postgres, form, silent),
        trial("failover::silent_and_back", Engine::Postgres, form, silent_and_back),
        trial("failover::demoted", Engine::Postgres, form, demoted),
        trial("failover::two_leaders", Engine::Postgres, form, two_leaders),
        trial("failover::only_the_old_leader", Engine::Postgres, form, only_the_old_leader),
    ]
}

async fn killed(scene: Scene, form: Form) {
    fail_over(scene, form, "leader killed under load, its standby promoted", async |leader| leader.kill()).await;
}

async fn stopped(scene: Scene, form: Form) {
    fail_over(scene, form, "leader stopped under load, its standby promoted", async |leader| leader.stop()).await;
}

/// The leader answers nothing any more, and its connections stay open.
async fn silent(scene: Scene, form: Form) {
    fail_over(scene, form, "leader silent under load, its standby promoted", async |leader| leader.freeze()).await;
}

/// The leader goes on answering, and takes no changes.
async fn demoted(scene: Scene, form: Form) {
    fail_over(scene, form, "leader made read-only under load, its standby promoted", async |leader| {
        set(leader, "default_transaction_read_only = on").await;
    })
    .await;
}

/// The leader goes by `leave` while the server runs.
async fn fail_over(mut scene: Scene, form: Form, what: &str, leave: impl AsyncFn(&mut Cluster)) {
    let times = form.pick(1, 20);
    let mut progress = Progress::new(form, what, times);
    let (mut worst, mut attempts) = (Duration::ZERO, Vec::<Attempt>::new());
    for turn in 0..times {
        let mut pair = Pair::of(&mut scene).await;
        let process = pair.serve(&scene);
        let token = process.token("user.api").await;
        let trouble = Trouble::begin_with(&scene, token, process, turn * (CLIENTS + PROBES));
        trouble.load.all_succeed(5).await;
        let began = now();
        leave(&mut pair.leader).await;
        trouble.load.refuse(1).await;
        pair.standby.promote();
        let promoted = now();
        trouble.load.all_succeed(5).await;
        let well = now();
        let seen = trouble.end(DEADLINE).await;
        worst = worst.max(recovery(&seen, (began, promoted, well)));
        attempts.extend(seen);
        pair.settle(&mut scene);
        progress.at(turn + 1);
    }
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude(what, scene.database.engine, times, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a request failed {worst:?} after the promotion");
}

/// The old leader comes back as one: the server stays with the new one, and so does a server that starts now.
async fn two_leaders(mut scene: Scene, _: Form) {
    let (mut pair, process, token) = Pair::of_leaders(&mut scene).await;
    let mut newcomer = pair.serve_unread(&scene);
    let (used, leaders) = (format!("127.0.0.1:{}", pair.standby.port), "several hosts can be written to");
    assert!(
        newcomer.seen.contains(leaders) && newcomer.seen.contains(&format!("used=\"{used}\"")),
        "{}",
        newcomer.seen
    );
    assert!(newcomer.seen.contains(&format!("host=\"{used}\"")), "{}", newcomer.seen);
    let reading = newcomer.read_on();
    let mut attempts = Vec::new();
    for (first, process) in [(0, process), (CLIENTS + PROBES, newcomer)] {
        let trouble = Trouble::begin_with(&scene, token.clone(), process, first);
        trouble.load.all_succeed(5).await;
        attempts.extend(trouble.end(DEADLINE).await);
    }
    drop(reading);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Acknowledged));
    // None of them is on the old one.
    pair.leader.kill();
    pair.settle(&mut scene);
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude("old leader back beside the new one", scene.database.engine, 1, &verdict, None);
}

/// The new leader goes for a while, and the old one is there as one: no change is made on it.
async fn only_the_old_leader(mut scene: Scene, _: Form) {
    let (mut pair, process, token) = Pair::of_leaders(&mut scene).await;
    set(&pair.leader, "synchronous_standby_names = ''").await;
    let trouble = Trouble::begin_with(&scene, token, process, 0);
    trouble.load.all_succeed(5).await;
    pair.standby.stop();
    // Long enough for many looks at the hosts.
    trouble.load.refuse(100).await;
    pair.standby.restart();
    trouble.load.all_succeed(5).await;
    let attempts = trouble.end(DEADLINE).await;
    pair.leader.kill();
    pair.settle(&mut scene);
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude("old leader alone for a while", scene.database.engine, 1, &verdict, None);
}

/// The leader goes silent, and comes back as a leader that waits for nobody: no change is made on it any more.
async fn silent_and_back(mut scene: Scene, _: Form) {
    let mut pair = Pair::of(&mut scene).await;
    let process = pair.serve(&scene);
    let token = process.token("user.api").await;
    let trouble = Trouble::begin_with(&scene, token, process, 0);
    trouble.load.all_succeed(5).await;
    let began = now();
    pair.leader.freeze();
    pair.standby.promote();
    let promoted = now();
    trouble.load.all_succeed(5).await;
    let well = now();
    pair.leader.thaw();
    set(&pair.leader, "synchronous_standby_names = ''").await;
    // What it got before it went silent is its own, and then it has no session of the server.
    let mut old = PgConnection::connect(&scene.database.url).await.unwrap();
    while count(&mut old, SESSIONS).await > 0 {
        sleep(LOOK).await;
    }
    let before = count(&mut old, CHANGES).await;
    trouble.load.acknowledge(1_000).await;
    assert_eq!((count(&mut old, CHANGES).await, count(&mut old, SESSIONS).await), (before, 0));
    let attempts = trouble.end(DEADLINE).await;
    pair.settle(&mut scene);
    let verdict = scene.verdict(&changes(&attempts)).await;
    let worst = recovery(&attempts, (began, promoted, well));
    let what = "leader silent, its standby promoted at once, leader back beside it";
    conclude(what, scene.database.engine, 1, &verdict, Some(worst));
    assert!(worst <= SILENT_RECOVERY, "a request failed {worst:?} after the promotion");
}
