//! Networks and disks that fail between the server and its data.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use libtest_mimic::Trial;
use tokio::time::sleep;

use crate::checker::{Attempt, Outcome};
use crate::client::get;
use crate::load::{Load, Plan, changes, now};
use crate::proxy::{Fault, Proxy};
use crate::report::{Form, conclude};
use crate::scene::{Scene, trial};
use crate::support::client::Client;
use crate::support::database::Engine;
use crate::support::program::{Process, limit_files};

pub const CLIENTS: u64 = 32;
/// More than the pool has connections.
pub const PROBES: u64 = 8;
/// A `REQUEST_TIMEOUT_SECONDS` that shows in a short test.
const DEADLINE: u64 = 2;
/// The usual one, which hides no request that hangs.
const USUAL_DEADLINE: u64 = 30;
/// What a busy machine may add to a deadline before the client sees the answer.
const SLACK: Duration = Duration::from_secs(1);
/// A request that takes longer is not answered normally.
const NORMAL: Duration = Duration::from_secs(1);
/// How soon all has to be well again.
const RECOVERY: Duration = Duration::from_secs(5);

pub fn trials(form: Form) -> Vec<Trial> {
    vec![
        trial("database_faults::latency", Engine::Postgres, form, latency),
        trial("database_faults::reset", Engine::Postgres, form, reset),
        trial("database_faults::mute", Engine::Postgres, form, mute),
        trial("database_faults::black_hole", Engine::Postgres, form, black_hole),
        trial("database_faults::outage", Engine::Postgres, form, outage),
        trial("database_faults::disk_full", Engine::Sqlite, form, disk_full),
        trial("database_faults::read_only", Engine::Sqlite, form, read_only),
    ]
}

async fn latency(scene: Scene, form: Form) {
    let lag = Fault::Latency(Duration::from_millis(100));
    on_the_network(scene, "database 200 ms away", lag, DEADLINE, &[form.pick(3, 30)]).await;
}

async fn reset(scene: Scene, form: Form) {
    let what = "every seventh answer of the database lost, with its connection";
    on_the_network(scene, what, Fault::Reset, DEADLINE, &[form.pick(3, 30)]).await;
}

async fn mute(scene: Scene, form: Form) {
    let what = "every seventh answer of the database lost, its connection silent";
    on_the_network(scene, what, Fault::Mute, USUAL_DEADLINE, &[form.pick(3, 30)]).await;
}

async fn black_hole(scene: Scene, form: Form) {
    on_the_network(scene, "database silent", Fault::BlackHole, DEADLINE, form.pick(&[1, 4], &[1, 2, 4, 8, 30])).await;
}

async fn outage(scene: Scene, form: Form) {
    on_the_network(scene, "database refuses connections", Fault::Outage, DEADLINE, &[form.pick(4, 30)]).await;
}

/// `fault` between the server and PostgreSQL, for so many seconds each.
async fn on_the_network(scene: Scene, what: &str, fault: Fault, deadline: u64, seconds: &[u64]) {
    let port = scene.cluster.as_ref().expect("the network is PostgreSQL's").port;
    let proxy = Proxy::start(port).await;
    let url = scene.database.url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port));
    let settings = [("DATABASE_URL", url.as_str()), ("REQUEST_TIMEOUT_SECONDS", &deadline.to_string())];
    let trouble = Trouble::begin(&scene, scene.serve_with(&settings, &[])).await;
    let mut worst = Duration::ZERO;
    let mut spans = Vec::new();
    for &seconds in seconds {
        let began = now();
        proxy.set(fault);
        sleep(Duration::from_secs(seconds)).await;
        proxy.set(Fault::None);
        let lifted = now();
        trouble.load.all_succeed(5).await;
        spans.push((began, lifted, now()));
    }
    let attempts = trouble.end(deadline).await;
    for &span in &spans {
        worst = worst.max(recovery(&attempts, span));
        match fault {
            Fault::Latency(_) => assert!(seen(&attempts, span, Outcome::Acknowledged), "slow is not away"),
            _ => assert!(seen(&attempts, span, Outcome::Unavailable), "the fault shows"),
        }
    }
    let times = seconds.iter().map(|seconds| format!("{seconds} s")).collect::<Vec<_>>().join(", ");
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude(what, scene.database.engine, times, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a request failed {worst:?} after the fault was lifted");
}

/// The disk is full: the system lets the server's files grow no more.
async fn disk_full(scene: Scene, form: Form) {
    let process = scene.serve_with(&[("REQUEST_TIMEOUT_SECONDS", &DEADLINE.to_string())], &[]);
    let id = process.id();
    let trouble = Trouble::begin(&scene, process).await;
    let wal = scene.database.dir.path().join("citrus-status.db-wal");
    let times = form.pick(3, 50);
    let mut spans = Vec::new();
    for _ in 0..times {
        let began = now();
        limit_files(id, &std::fs::metadata(&wal).unwrap().len().to_string());
        trouble.load.refuse(CLIENTS).await;
        limit_files(id, "unlimited");
        let lifted = now();
        trouble.load.all_succeed(5).await;
        spans.push((began, lifted, now()));
    }
    let attempts = trouble.end(DEADLINE).await;
    let worst = spans.iter().map(|&span| recovery(&attempts, span)).max().unwrap();
    whole(&scene).await;
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude("disk full", scene.database.engine, times, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a request failed {worst:?} after there was room again");
}

/// The file is read-only when the server starts, and somebody notices later.
async fn read_only(scene: Scene, form: Form) {
    // The superuser may write all the same, unless it gives up that right.
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let wrapper: &[&str] = if root { &["setpriv", "--bounding-set=-dac_override", "--"] } else { &[] };
    let times = form.pick(3, 50);
    let mut worst = Duration::ZERO;
    let mut attempts = Vec::new();
    let process = scene.serve();
    let token = process.token("user.api").await;
    process.stop();
    for round in 0..times {
        permit(&scene, 0o444);
        let process = scene.serve_with(&[("REQUEST_TIMEOUT_SECONDS", &DEADLINE.to_string())], wrapper);
        let trouble = Trouble::begin_with(&scene, token.clone(), process, round * (CLIENTS + PROBES));
        let began = now();
        trouble.load.refuse(CLIENTS).await;
        let mut client = Client::connect(&trouble.process.address).await;
        assert_eq!(client.ask(get("", "/health/ready")).await.status, 503);
        permit(&scene, 0o644);
        let lifted = now();
        trouble.load.all_succeed(5).await;
        let span = (began, lifted, now());
        let seen = trouble.end(DEADLINE).await;
        worst = worst.max(recovery(&seen, span));
        attempts.extend(seen);
        whole(&scene).await;
    }
    let verdict = scene.verdict(&changes(&attempts)).await;
    conclude("database file read-only", scene.database.engine, times, &verdict, Some(worst));
    assert!(worst <= RECOVERY, "a request failed {worst:?} after the file was writable");
}

/// A server under load; the test makes the trouble.
pub struct Trouble {
    pub process: Process,
    pub load: Load,
}

/// When a fault began, when it was lifted, and when all clients had succeeded again.
pub type Span = (Duration, Duration, Duration);

impl Trouble {
    /// With all clients and probes succeeding.
    async fn begin(scene: &Scene, process: Process) -> Self {
        let trouble = Self::begin_with(scene, process.token("user.api").await, process, 0);
        trouble.load.all_succeed(5).await;
        trouble
    }

    /// With clients from the number `first` on, whether they succeed or not.
    pub fn begin_with(scene: &Scene, token: String, process: Process, first: u64) -> Self {
        let plan =
            Plan { clients: CLIENTS, probes: PROBES, first, each: None, token, protocolos: scene.protocolos(16) };
        let load = Load::start(plan, vec![process.address.clone()]);
        Self { process, load }
    }

    /// Stops all, and checks that no request took longer than it may.
    pub async fn end(self, deadline: u64) -> Vec<Attempt> {
        let attempts = self.load.stop().await;
        self.process.stop();
        let longest = attempts.iter().map(|attempt| attempt.ended.checked_sub(attempt.began).unwrap()).max().unwrap();
        assert!(longest <= Duration::from_secs(deadline) + SLACK, "a request took {longest:?}");
        assert!(attempts.iter().all(|attempt| attempt.outcome != Outcome::Unanswered), "a request was not answered");
        attempts
    }
}

/// How long after the fault was lifted a request failed, or was answered after a long time.
pub fn recovery(attempts: &[Attempt], (_, lifted, until): Span) -> Duration {
    let after = attempts.iter().filter(|attempt| (lifted..until).contains(&attempt.ended));
    let normal = |a: &&Attempt| a.outcome == Outcome::Acknowledged && a.ended.checked_sub(a.began).unwrap() <= NORMAL;
    after
        .filter(|attempt| !normal(attempt))
        .map(|attempt| attempt.ended.checked_sub(lifted).unwrap())
        .max()
        .unwrap_or_default()
}

/// Whether `outcome` was seen during the fault, or soon after it by somebody who asked during it.
pub fn seen(attempts: &[Attempt], (began, lifted, _): Span, outcome: Outcome) -> bool {
    attempts.iter().any(|attempt| attempt.outcome == outcome && attempt.began < lifted && attempt.ended > began)
}

/// Sets the mode of all files of the database. SQLite may remove one of them meanwhile.
fn permit(scene: &Scene, mode: u32) {
    for file in std::fs::read_dir(scene.database.dir.path()).unwrap() {
        let set = std::fs::set_permissions(file.unwrap().path(), PermissionsExt::from_mode(mode));
        assert!(set.as_ref().map_or_else(|error| error.kind() == ErrorKind::NotFound, |()| true), "{set:?}");
    }
}

/// Checks that SQLite finds nothing wrong with its file.
async fn whole(scene: &Scene) {
    let found: Vec<(String,)> = scene.database.rows("PRAGMA integrity_check").await;
    assert_eq!(found, [("ok".to_owned(),)]);
}
