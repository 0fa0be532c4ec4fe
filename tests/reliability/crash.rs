//! SIGKILL under load, to the server and to the database.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::load::{Load, Plan};
use crate::report::{Form, Progress, conclude};
use crate::scene::{Scene, both, ready, trial};
use crate::support::database::Engine;

/// How soon all has to be well again.
const RECOVERY: Duration = Duration::from_secs(2);

pub fn trials(form: Form) -> Vec<Trial> {
    let mut trials: Vec<Trial> = both("crash::server_killed", form, server_killed).into();
    trials.push(trial("crash::database_killed", Engine::Postgres, form, database_killed));
    trials.push(trial("crash::asynchronous_database_killed", Engine::Postgres, form, asynchronous_database_killed));
    trials
}

fn plan(scene: &Scene, token: String) -> Plan {
    Plan { clients: 32, probes: 0, first: 0, each: None, token, protocolos: scene.protocolos(16) }
}

/// How many changes the load makes before the next kill: some other number each time.
fn interval(kill: u64) -> u64 {
    20 + kill * 37 % 101
}

async fn server_killed(scene: Scene, form: Form) {
    let kills = form.pick(30, 1_000);
    let mut progress = Progress::new(form, "servers killed", kills);
    let mut process = scene.serve();
    let load = Load::start(plan(&scene, process.token("user.api").await), vec![process.address.clone()]);
    let mut worst = Duration::ZERO;
    for kill in 0..kills {
        load.acknowledge(interval(kill)).await;
        let killed = Instant::now();
        // Dropped, it is killed.
        drop(process);
        process = scene.serve();
        let recovery = ready(&process, killed).await;
        load.lead_to(vec![process.address.clone()]);
        worst = worst.max(recovery);
        progress.at(kill + 1);
    }
    load.acknowledge(interval(kills)).await;
    let attempts = load.stop().await;
    process.stop();
    let verdict = scene.verdict(&attempts).await;
    conclude("server killed under load", scene.database.engine, kills, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a server was ready after {worst:?}");
}

async fn database_killed(scene: Scene, form: Form) {
    killed(scene, form, "database killed under load", &[]).await;
}

/// Somebody sets PostgreSQL, while the server runs, to answer commits before they are on disk.
async fn asynchronous_database_killed(scene: Scene, form: Form) {
    let settings = ["ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '10s'"];
    killed(scene, form, "database with synchronous_commit off killed under load", &settings).await;
}

async fn killed(mut scene: Scene, form: Form, what: &str, settings: &[&str]) {
    let kills = form.pick(5, 200);
    let mut progress = Progress::new(form, "databases killed", kills);
    let process = scene.serve();
    let load = Load::start(plan(&scene, process.token("user.api").await), vec![process.address.clone()]);
    load.all_succeed(1).await;
    for statement in settings.iter().chain(&["SELECT pg_reload_conf()"]) {
        scene.database.execute(statement).await;
    }
    let mut worst = Duration::ZERO;
    for kill in 0..kills {
        load.acknowledge(interval(kill)).await;
        let cluster = scene.cluster.as_mut().expect("PostgreSQL alone is killed");
        cluster.kill();
        cluster.restart();
        let back = Instant::now();
        ready(&process, back).await;
        load.all_succeed(1).await;
        worst = worst.max(back.elapsed());
        progress.at(kill + 1);
    }
    load.acknowledge(interval(kills)).await;
    let attempts = load.stop().await;
    process.stop();
    let verdict = scene.verdict(&attempts).await;
    conclude(what, scene.database.engine, kills, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "changes succeeded {worst:?} after the database was back");
}
