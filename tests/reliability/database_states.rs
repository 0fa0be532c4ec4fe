//! Databases that are there and take no work: read-only, gone, or closed to the server. And settings that
//! somebody changes while it runs.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use libtest_mimic::Trial;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::sleep;

use crate::checker::Outcome;
use crate::client::{change, get, login};
use crate::load::{Load, Plan, changes};
use crate::report::{Form, conclude};
use crate::scene::{LOOK, Scene, trial};
use crate::support::client::Client;
use crate::support::database::Engine;
use crate::support::program::Process;

/// How soon all has to be well again.
const RECOVERY: Duration = Duration::from_secs(5);
/// What a change, a read, a failed login, a login and the readiness are answered.
const WELL: [u16; 5] = [200, 200, 404, 200, 200];
const READ_ONLY: [u16; 5] = [503, 200, 503, 200, 503];
const GONE: [u16; 5] = [503, 503, 503, 503, 503];
const RELOAD: &str = "SELECT pg_reload_conf()";
/// Ends the sessions of the server, so that it has to open new ones.
const END_SESSIONS: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'citrus-status'";

pub fn trials(form: Form) -> Vec<Trial> {
    vec![
        trial("database_states::read_only_by_server", Engine::Postgres, form, read_only_by_server),
        trial("database_states::read_only_by_database", Engine::Postgres, form, read_only_by_database),
        trial("database_states::dropped", Engine::Postgres, form, dropped),
        trial("database_states::closed", Engine::Postgres, form, closed),
        trial("database_states::role_locked", Engine::Postgres, form, role_locked),
        trial("database_states::settings_of_others", Engine::Postgres, form, settings_of_others),
    ]
}

async fn read_only_by_server(scene: Scene, _: Form) {
    let set = |value: &str| format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
    // The sessions of the server hear of it a moment later.
    away(&scene, &[&set("on"), RELOAD], READ_ONLY, &[&set("off"), RELOAD], RECOVERY).await;
}

async fn read_only_by_database(scene: Scene, _: Form) {
    let set = |value: &str| format!("ALTER DATABASE postgres SET default_transaction_read_only = {value}");
    away(&scene, &[&set("on"), END_SESSIONS], READ_ONLY, &[&set("off")], Duration::ZERO).await;
}

async fn dropped(scene: Scene, _: Form) {
    let mut admin = admin(&scene).await;
    while admin.execute("CREATE DATABASE kept TEMPLATE postgres").await.is_err() {
        sleep(LOOK).await;
    }
    let drop = "DROP DATABASE postgres WITH (FORCE)";
    away(&scene, &[drop], GONE, &["CREATE DATABASE postgres TEMPLATE kept"], Duration::ZERO).await;
}

async fn closed(scene: Scene, _: Form) {
    let allow = |value: &str| format!("ALTER DATABASE postgres ALLOW_CONNECTIONS {value}");
    away(&scene, &[&allow("false"), END_SESSIONS], GONE, &[&allow("true")], Duration::ZERO).await;
}

async fn role_locked(scene: Scene, _: Form) {
    let (lock, unlock) = ("ALTER ROLE postgres NOLOGIN", "ALTER ROLE postgres LOGIN");
    away(&scene, &[lock, END_SESSIONS], GONE, &[unlock], Duration::ZERO).await;
}

/// The database takes no work after the statements `leave`, and is back after `come_back` and `delay`: each
/// request says so at once.
async fn away(scene: &Scene, leave: &[&str], state: [u16; 5], come_back: &[&str], delay: Duration) {
    let mut admin = admin(scene).await;
    let process = scene.serve();
    let mut clients = Clients { token: process.token("user.api").await, process, turn: 0 };
    assert_eq!(clients.statuses().await, WELL);
    for statement in leave {
        admin.execute(AssertSqlSafe(*statement)).await.unwrap();
    }
    clients.come_to(state, RECOVERY).await;
    // Whatever sessions the server has from now on were opened meanwhile.
    for _ in 0..10 {
        assert_eq!(clients.statuses().await, state);
    }
    for statement in come_back {
        admin.execute(AssertSqlSafe(*statement)).await.unwrap();
    }
    clients.come_to(WELL, delay).await;
    for _ in 0..5 {
        assert_eq!(clients.statuses().await, WELL);
    }
    clients.process.stop();
}

/// A connection to another database of the scene's cluster.
async fn admin(scene: &Scene) -> PgConnection {
    let port = scene.cluster.as_ref().expect("these states are PostgreSQL's").port;
    PgConnection::connect(&format!("postgres://postgres@127.0.0.1:{port}/template1")).await.unwrap()
}

struct Clients {
    process: Process,
    token: String,
    turn: u64,
}

impl Clients {
    /// What a change, a read, a failed login, a login and the readiness are answered at the same moment, several
    /// times each, so that they use all sessions.
    async fn statuses(&mut self) -> [u16; 5] {
        self.turn += 1;
        let (turn, token, address) = (self.turn, &self.token, &self.process.address);
        let (change, wrong, right) =
            (change(token, 20_221_104_000_001, 1, turn, ""), login(&format!("nobody {turn}")), login("user.api"));
        let requests = [
            [change.0, change.1].concat(),
            get(token, "/api/motivos"),
            [wrong.0, wrong.1].concat(),
            [right.0, right.1].concat(),
            get("", "/health/ready"),
        ];
        let mut statuses = [0; 5];
        for (status, request) in statuses.iter_mut().zip(&requests) {
            let asked = join_all((0..4).map(async |_| {
                let mut client = Client::connect(address).await;
                client.ask(request).await.status
            }));
            let answers = asked.await;
            // One that differs tells more than those that are as they should be.
            *status = answers.iter().copied().find(|answer| *answer != answers[0]).unwrap_or(answers[0]);
            assert!(answers.iter().all(|answer| *answer < 500 || *answer == 503), "{answers:?}");
        }
        statuses
    }

    /// Asks until the answers are `expected`, no longer than `delay`.
    async fn come_to(&mut self, expected: [u16; 5], delay: Duration) {
        let start = Instant::now();
        loop {
            let late = start.elapsed() >= delay;
            let statuses = self.statuses().await;
            if statuses == expected {
                return;
            }
            assert!(!late, "{statuses:?}");
        }
    }
}

/// Defaults that somebody sets while the server runs, and that new sessions begin with, do no harm.
async fn settings_of_others(scene: Scene, form: Form) {
    let mut admin = admin(&scene).await;
    let process = scene.serve();
    let plan = Plan {
        clients: 16,
        probes: 8,
        first: 0,
        each: None,
        token: process.token("user.api").await,
        protocolos: scene.protocolos(8),
    };
    let load = Load::start(plan, vec![process.address.clone()]);
    load.all_succeed(2).await;
    for setting in [
        "default_transaction_isolation = serializable",
        "statement_timeout = 150",
        "lock_timeout = 1",
        "idle_in_transaction_session_timeout = 1",
        "default_transaction_deferrable = on",
    ] {
        admin.execute(AssertSqlSafe(format!("ALTER SYSTEM SET {setting}"))).await.unwrap();
    }
    for statement in [RELOAD, END_SESSIONS] {
        admin.execute(statement).await.unwrap();
        load.acknowledge(form.pick(1_000, 50_000)).await;
        load.all_succeed(5).await;
        let mut held = patient(&scene).await;
        held.execute("BEGIN; SELECT FROM atendimento FOR UPDATE").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        held.execute("ROLLBACK").await.unwrap();
    }
    let attempts = load.stop().await;
    process.stop();
    let refused = attempts.iter().filter(|attempt| attempt.outcome != Outcome::Acknowledged).count();
    // When its session ends under it, nobody knows whether a change was made.
    assert!(refused <= 16 + 8, "{refused} requests failed");
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude("somebody else's defaults", scene.database.engine, 2, &verdict, None);
}

/// A connection that the defaults of [`settings_of_others`] do not hold for.
async fn patient(scene: &Scene) -> PgConnection {
    let options: PgConnectOptions = scene.database.url.parse().unwrap();
    let settings = [
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
    ];
    options.options(settings).connect().await.unwrap()
}
