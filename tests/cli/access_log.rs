//! The access log of a server process: one line for each request, where it is switched on.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::both_engines;
use crate::support::client::{Client, head};
use crate::support::database::Database;
use crate::support::program::Process;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const JSON: (&str, &str) = ("LOG_FORMAT", "json");

/// The lines of `log` that have this target, each as JSON.
fn lines(log: &str, target: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["target"] == target).collect()
}

/// Sends a few requests with secrets in them, and returns what the server logged.
async fn log_of(database: &Database, extra: &[(&str, &str)]) -> String {
    database.example().await.close().await;
    let (process, log) = Process::serve_logged(database, &[&[JSON], extra].concat());
    let trace = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let get = |path: &str, id: &str| process.request(Method::GET, path, "").header("x-request-id", id);
    get("/health/live", "first").header("traceparent", &trace).send().await.unwrap();
    get("/docs/none.css?canario", "second").header("traceparent", "canario").send().await.unwrap();
    get("/canario", "third").header("X-Forwarded-For", "203.0.113.7, 198.51.100.9").send().await.unwrap();
    let body = json!({"login": "user.api", "senha": "canario"}).to_string();
    let login = process.request(Method::POST, "/api/usuario/login?canario", "canario").body(body);
    login.header("x-request-id", "fourth").header("traceparent", &trace).send().await.unwrap();
    process.stop();
    log.join().unwrap()
}

async fn each_request_leaves_a_line(database: &Database) {
    let log = log_of(database, &[("ACCESS_LOG", "true"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let lines = lines(&log, "access");
    let expected = [
        ("first", "GET", "/health/live", 200, "127.0.0.1", json!(TRACE)),
        ("second", "GET", "/docs/{file}", 404, "127.0.0.1", Value::Null),
        ("third", "GET", "none", 404, "198.51.100.9", Value::Null),
        ("fourth", "POST", "/api/usuario/login", 401, "127.0.0.1", json!(TRACE)),
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, (id, method, route, status, from, trace)) in lines.into_iter().zip(expected) {
        let mut expected = json!({
            "level": "INFO", "target": "access", "message": "request", "id": id, "method": method, "route": route,
            "status": status, "from": from, "timestamp": line["timestamp"], "duration_ms": line["duration_ms"],
        });
        if !trace.is_null() {
            expected["trace_id"] = trace;
        }
        assert_eq!(line, expected);
        assert!(line["duration_ms"].as_f64().is_some_and(|duration| duration > 0.0), "{line}");
        assert!(!line.to_string().contains("canario"), "{line}");
    }
}

async fn it_is_off_unless_it_is_wanted(database: &Database) {
    let log = log_of(database, &[]).await;
    assert_eq!(lines(&log, "access"), [Value::Null; 0]);
    // The trace stands beside the request's id all the same.
    let [login] = lines(&log, "audit").try_into().unwrap();
    assert_eq!((&login["span"]["id"], &login["span"]["trace_id"]), (&json!("fourth"), &json!(TRACE)));
}

async fn the_filter_of_the_log_counts_for_it(database: &Database) {
    let log = log_of(database, &[("ACCESS_LOG", "true"), ("LOG_LEVEL", "info,access=off")]).await;
    assert_eq!(lines(&log, "access"), [Value::Null; 0]);
}

/// A chunk that is none is the client's mistake: it waits for its answer.
async fn a_client_that_hangs_up_in_its_body_has_left(database: &Database) {
    let (process, log) = Process::serve_logged(database, &[JSON, ("ACCESS_LOG", "true")]);
    let begin = async |id: &str, rest: &str| {
        let mut client = TcpStream::connect(&process.address).await.unwrap();
        let request = head("POST /api/usuario/login", "", &format!("x-request-id: {id}\r\n{rest}"));
        client.write_all(request.as_bytes()).await.unwrap();
        client
    };
    let [whole, chunked] = ["Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"];
    let mut left = begin("left", whole).await;
    left.write_all(b"{").await.unwrap();
    drop(left);
    let mut reset = begin("reset", chunked).await;
    reset.write_all(b"5\r\n{").await.unwrap();
    reset.set_zero_linger().unwrap();
    drop(reset);
    let mut broken = begin("broken", chunked).await;
    broken.write_all(b"no number\r\n").await.unwrap();
    assert_eq!(Client::on(broken).answer().await.unwrap().status, 400);
    process.stop();
    let mut statuses: Vec<_> =
        lines(&log.join().unwrap(), "access").iter().map(|line| (line["id"].clone(), line["status"].clone())).collect();
    statuses.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(
        statuses,
        [("broken", 400), ("left", 499), ("reset", 499)].map(|(id, status)| (json!(id), json!(status)))
    );
}

both_engines! {
    a_client_that_hangs_up_in_its_body_has_left,
    each_request_leaves_a_line,
    it_is_off_unless_it_is_wanted,
    the_filter_of_the_log_counts_for_it,
}
