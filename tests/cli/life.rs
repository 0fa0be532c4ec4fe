//! How a server process is told to stop, and what it does until then.

use std::io::BufRead;
use std::time::{Duration, Instant};

use reqwest::Client;

use crate::support::database::Database;
use crate::support::program::Process;

/// How soon a server is gone that does not wait.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What `path` is answered; a client with connections of its own.
async fn status(client: &Client, process: &Process, path: &str) -> u16 {
    client.get(format!("http://{}{path}", process.address)).send().await.unwrap().status().as_u16()
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_stops_it_is_not_ready_and_serves_on() {
    const DELAY: Duration = Duration::from_secs(3);
    let database = Database::sqlite();
    let (process, mut log) = Process::serve_unread(&database, &[("SHUTDOWN_DELAY_SECONDS", "3")]);
    let old = client();
    assert_eq!(status(&old, &process, "/health/ready").await, 200);
    let told = Instant::now();
    process.signal("TERM");
    let mut line = String::new();
    while !line.contains("no longer ready") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended at once");
    }
    for client in [old, client()] {
        assert_eq!(status(&client, &process, "/health/ready").await, 503);
        assert_eq!(status(&client, &process, "/health/live").await, 200);
    }
    assert_eq!(process.wait(), Some(0));
    assert!(told.elapsed() >= DELAY && told.elapsed() < DELAY + AT_ONCE, "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_wait_sends_another_signal() {
    for (signals, code) in [(&["TERM", "TERM"][..], 1), (&["TERM", "INT"], 1), (&["INT"], 0)] {
        let database = Database::sqlite();
        let (process, mut log) = Process::serve_unread(&database, &[("SHUTDOWN_DELAY_SECONDS", "600")]);
        let told = Instant::now();
        let mut line = String::new();
        for signal in signals {
            process.signal(signal);
            // The second one comes when the first was heard.
            while !line.contains("stopping") && !line.contains("stopped at once") {
                line.clear();
                assert_ne!(log.read_line(&mut line).unwrap(), 0);
            }
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
    assert_eq!(status(&client(), &process, "/health/ready").await, 200);
    // A second signal would end it with 1.
    process.signal("TERM");
    assert_eq!(process.wait(), Some(0));
}
