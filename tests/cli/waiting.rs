//! A database that comes up after the server.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::support::both_engines;
use crate::support::database::{Database, admin};
use crate::support::postgres::{self, Cluster};
use crate::support::program::{Process, finish, program, run_with};

/// In every password of these tests.
const CANARY: &str = "canario";
/// Longer than any test.
const LONG: (&str, &str) = ("DATABASE_WAIT_SECONDS", "60");
/// How soon a program ends that does not wait.
const AT_ONCE: Duration = Duration::from_secs(10);
/// Nobody listens there.
const NOWHERE: &str = "postgres://user:canario@127.0.0.1:1/db";

/// A program that waits for its database.
struct Waiting(Process);

impl Waiting {
    /// Starts `args` on `url`, and returns once it says that it waits.
    fn start(database: &Database, url: &str, args: &[&str]) -> Self {
        let mut command = program(database, &database.settings());
        command.args(args).env("DATABASE_URL", url).env(LONG.0, LONG.1);
        let mut process = Process::start(command);
        process.says("waiting for the database");
        Self(process)
    }

    /// Starts a server on `url`, and returns once it says that it waits.
    fn serve(database: &Database, url: &str) -> Self {
        Self::start(database, url, &["serve", "--bind", "127.0.0.1:0"])
    }

    /// Checks that it serves now, and stops it.
    #[track_caller]
    fn serves(mut self) {
        self.0.says("the database is there");
        self.0.says("listening");
        self.stops("TERM");
    }

    /// Checks that `signal` ends it as a stop does, with nothing secret said.
    #[track_caller]
    fn stops(mut self, signal: &str) {
        let asked = Instant::now();
        self.0.signal(signal);
        let seen = self.0.read_on().join().unwrap();
        assert_eq!(self.0.wait(), Some(0), "{seen}");
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
        assert!(!seen.contains(CANARY), "{seen}");
    }
}

/// A name for a database or a role of this test alone.
fn own_name() -> String {
    format!("test_{}", Uuid::new_v4().simple())
}

/// The URL of another database on `server`, as another role.
fn elsewhere(server: &str, role: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.set_username(role).unwrap();
    url.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_postgres_to_start() {
    let Some(mut cluster) = Cluster::start("fsync=off") else { return };
    let database = Database::sqlite();
    cluster.kill();
    let mut waiting = Waiting::serve(&database, &cluster.url);
    let named = format!("127.0.0.1:{}/postgres", cluster.port);
    assert!(waiting.0.seen.contains(&named), "{}", waiting.0.seen);
    waiting.0.says("still waiting");
    cluster.restart();
    waiting.serves();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_its_database_to_be_made() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    let waiting = Waiting::serve(&database, &elsewhere(server, "postgres", &name));
    admin(server, &format!("CREATE DATABASE {name}")).await;
    waiting.serves();
    admin(server, &format!("DROP DATABASE {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_waits_for_its_database_to_be_made() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    let url = elsewhere(server, "postgres", &name);
    let mut waiting = Waiting::start(&database, NOWHERE, &["demo", "--bind", "127.0.0.1:0", "--database-url", &url]);
    admin(server, &format!("CREATE DATABASE {name}")).await;
    waiting.0.says("the database is there");
    waiting.stops("INT");
    admin(server, &format!("DROP DATABASE {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_database_that_takes_no_writes_yet() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    admin(server, &format!("CREATE DATABASE {name}")).await;
    admin(server, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let waiting = Waiting::serve(&database, &elsewhere(server, "postgres", &name));
    admin(server, &format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    waiting.serves();
    admin(server, &format!("DROP DATABASE {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_free_connection() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    admin(server, &format!("CREATE ROLE {name} LOGIN CONNECTION LIMIT 0")).await;
    admin(server, &format!("CREATE DATABASE {name} OWNER {name}")).await;
    let waiting = Waiting::serve(&database, &elsewhere(server, &name, &name));
    admin(server, &format!("ALTER ROLE {name} CONNECTION LIMIT -1")).await;
    waiting.serves();
    admin(server, &format!("DROP DATABASE {name}")).await;
    admin(server, &format!("DROP ROLE {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_too() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    let mut waiting = Waiting::start(&database, &elsewhere(server, "postgres", &name), &["migrate"]);
    admin(server, &format!("CREATE DATABASE {name}")).await;
    waiting.0.says("the database is there");
    assert!(waiting.0.wait() == Some(0));
    admin(server, &format!("DROP DATABASE {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_another_process_that_holds_the_file() {
    let database = Database::sqlite();
    std::fs::write(database.dir.path().join("citrus-status.db"), "").unwrap();
    let held = database.hold("").await;
    let waiting = Waiting::serve(&database, &database.url);
    assert!(waiting.0.seen.contains("citrus-status.db"), "{}", waiting.0.seen);
    held.release().await;
    waiting.serves();
}

#[test]
fn a_signal_ends_the_wait_as_it_ends_a_server() {
    let database = Database::sqlite();
    let demo = ["demo", "--bind", "127.0.0.1:0", "--database-url", NOWHERE];
    for (signal, args) in [("TERM", &["serve"][..]), ("INT", &["serve"]), ("HUP", &["serve"]), ("TERM", &demo)] {
        Waiting::start(&database, NOWHERE, args).stops(signal);
    }
}

#[test]
fn the_wait_is_bounded_and_ends_with_what_was_waited_for() {
    let database = Database::sqlite();
    let demo = ["demo", "--bind", "127.0.0.1:0", "--database-url", NOWHERE];
    for args in [&["serve"][..], &["migrate"], &["migrate", "--status"], &demo] {
        let began = Instant::now();
        let outcome = run_with(&database, &[("DATABASE_URL", NOWHERE), ("DATABASE_WAIT_SECONDS", "1")], args, "");
        let parts = ["waiting for the database", "127.0.0.1:1/db", "within 1 s", "DATABASE_WAIT_SECONDS", "refused"];
        outcome.fails(1, &parts);
        assert!(!outcome.stderr.contains(CANARY), "{outcome:?}");
        assert!(began.elapsed() >= Duration::from_secs(1) && began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    }
    let unknown = "postgres://user:canario@nowhere.invalid/db";
    let outcome = run_with(&database, &[("DATABASE_URL", unknown), ("DATABASE_WAIT_SECONDS", "1")], &["serve"], "");
    outcome.fails(1, &["waiting for the database", "nowhere.invalid:5432/db", "within 1 s"]);
}

/// As a proxy whose server is away, such as the one that publishes a container's port.
#[test]
fn a_server_that_closes_connections_at_once_is_waited_for() {
    let database = Database::sqlite();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:canario@{}/db", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().for_each(drop));
    Waiting::start(&database, &url, &["serve"]).stops("TERM");
}

#[test]
fn without_a_wait_it_fails_at_once() {
    let database = Database::sqlite();
    let (began, url) = (Instant::now(), ("DATABASE_URL", NOWHERE));
    let at_once = [
        run_with(&database, &[url, ("DATABASE_WAIT_SECONDS", "0")], &["serve"], ""),
        run_with(&database, &[url, LONG], &["nivel", "listar"], ""),
    ];
    for outcome in at_once {
        outcome.fails(1, &["error: the database is unavailable: "]);
        assert!(!outcome.stderr.contains("waiting"), "{outcome:?}");
    }
    for bad in ["-1", "3601", "soon"] {
        let outcome = run_with(&database, &[url, ("DATABASE_WAIT_SECONDS", bad)], &["serve"], "");
        outcome.fails(2, &["DATABASE_WAIT_SECONDS has to be a whole number from 0 to 3600"]);
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn permanent_errors_are_not_waited_for() {
    let Some(server) = postgres::url().await else { return };
    let (database, name) = (Database::sqlite(), own_name());
    admin(
        server,
        &format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"),
    )
    .await;
    let separator = if server.contains('?') { '&' } else { '?' };
    for (url, reason) in [
        (elsewhere(server, "nobody_at_all", "postgres"), "PostgreSQL refused: "),
        (elsewhere(server, "postgres", &name), "the database's encoding is SQL_ASCII"),
        (format!("{server}{separator}sslmode=verify-full"), "invalid peer certificate"),
    ] {
        let began = Instant::now();
        let mut command = program(&database, &database.settings());
        command.arg("serve").env("DATABASE_URL", url).env(LONG.0, LONG.1);
        let outcome = finish(command, "");
        outcome.fails(1, &[reason]);
        assert!(!outcome.stderr.contains("waiting"), "{outcome:?}");
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    }
    admin(server, &format!("DROP DATABASE {name}")).await;
}

async fn a_database_that_is_there_is_not_waited_for(database: &Database) {
    let outcome = run_with(database, &[LONG], &["migrate"], "");
    assert_eq!((outcome.code, outcome.complaints()), (0, ""), "{outcome:?}");
}

both_engines! {
    a_database_that_is_there_is_not_waited_for,
}
