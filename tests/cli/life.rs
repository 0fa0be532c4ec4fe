//! How a server process is told to stop, and what it does until then.

use std::time::{Duration, Instant};

use crate::support::client::{Client, head};
use crate::support::database::Database;
use crate::support::program::Process;

/// How soon a server is gone that does not wait.
const AT_ONCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn before_it_stops_it_is_not_ready_and_serves_on() {
    const DELAY: Duration = Duration::from_secs(3);
    let database = Database::sqlite();
    let mut process = Process::serve_unread(&database, &[("SHUTDOWN_DELAY_SECONDS", "3")]);
    assert_eq!(process.get("/health/ready", "").await, 200);
    let told = Instant::now();
    process.signal("TERM");
    process.says("no longer ready");
    for (path, status) in [("/health/ready", 503), ("/health/live", 200)] {
        // On the connection from before, and on a new one.
        assert_eq!(process.get(path, "").await, status);
        let mut client = Client::connect(&process.address).await;
        assert_eq!(client.ask(head(&format!("GET {path}"), "", "")).await.status, status);
    }
    assert_eq!(process.wait(), Some(0));
    assert!(told.elapsed() >= DELAY && told.elapsed() < DELAY + AT_ONCE, "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_delay() {
    for (signals, code) in [(&["TERM", "TERM"][..], 1), (&["TERM", "INT"], 1), (&["INT"], 0)] {
        let database = Database::sqlite();
        let mut process = Process::serve_unread(&database, &[("SHUTDOWN_DELAY_SECONDS", "600")]);
        let told = Instant::now();
        // The second one comes when the first was heard.
        for (signal, heard) in signals.iter().zip(["stopping", "stopped at once"]) {
            process.signal(signal);
            process.says(heard);
        }
        assert_eq!(process.wait(), Some(code), "{signals:?}");
        assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_that_was_ignored_at_the_start_stays_ignored() {
    let database = Database::sqlite();
    let process = Process::serve_with(&database, &[], &["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    process.signal("HUP");
    assert_eq!(process.get("/health/ready", "").await, 200);
    // A second signal would end it with 1.
    process.stop();
}

/// The soft limit, which shells and containers keep low, is for programs that cannot take more.
#[tokio::test(flavor = "multi_thread")]
async fn it_raises_the_limit_of_open_files_as_far_as_it_may() {
    let database = Database::sqlite();
    let started = |hard: u64| {
        let limits = format!("--nofile=64:{hard}");
        Process::serve_logged_by(&database, &[("MAX_CONNECTIONS", "100")], &["prlimit", &limits])
    };
    let (process, log) = started(164);
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = Client::connect(&process.address).await;
        assert_eq!(client.ask(head("GET /health/live", "", "")).await.status, 200);
        clients.push(client);
    }
    drop(clients);
    process.stop();
    let log = log.join().unwrap();
    assert!(!log.contains("MAX_CONNECTIONS needs more"), "{log}");
    let (process, log) = started(163);
    process.stop();
    let log = log.join().unwrap();
    assert!(log.contains("MAX_CONNECTIONS needs more open files than the system allows"), "{log}");
    assert!(log.contains("limit=163 wanted=164"), "{log}");
}
