//! The listener for Prometheus of a server process.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{IN_TIME, Process, run_with};

const STATUS: &str = "/api/atendimentos/status";
const FIRST: &str = "20221104000001";
const METRICS: (&str, &str) = ("METRICS_ADDR", "127.0.0.1:0");

/// A server with the example data, and where its metrics are.
async fn start(database: &Database, extra: &[(&str, &str)]) -> (Process, String) {
    database.example().await.close().await;
    let process = Process::serve_with(database, &[&[METRICS], extra].concat(), &[]);
    let line = process.seen.lines().find(|line| line.contains("serving metrics")).unwrap();
    let address = line.rsplit_once("address=").unwrap().1.to_owned();
    (process, address)
}

/// Status, content type and body of what is at `path` of the listener at `address`.
async fn get(address: &str, path: &str) -> (u16, String, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap())
}

async fn page(address: &str) -> String {
    let (status, kind, page) = get(address, "/metrics").await;
    assert_eq!((status, kind.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"), "{page}");
    page
}

#[track_caller]
fn has(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.lines().any(|other| other == *line), "{line} is not in\n{page}");
    }
}

async fn change(process: &Process, token: &str, key: Option<&str>, body: Value) -> u16 {
    let mut request = process.request(Method::POST, STATUS, token).body(body.to_string());
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    request.send().await.unwrap().status().as_u16()
}

async fn what_happens_is_counted_once(database: &Database) {
    let (process, metrics) = start(database, &[("LOGIN_LIMIT_PAIR", "1/600")]).await;
    let token = process.token("user.api").await;
    let body = json!({"protocolo": FIRST, "status": "Finalizado"});
    let differs = json!({"protocolo": FIRST, "status": "Finalizado", "statusAtual": "Improcedente"});
    assert_eq!(change(&process, &token, Some("k"), body.clone()).await, 200);
    assert_eq!(change(&process, &token, Some("k"), body.clone()).await, 200);
    assert_eq!(change(&process, &token, Some("k"), json!({"protocolo": FIRST, "status": "Aberto"})).await, 422);
    assert_eq!(change(&process, &token, None, differs).await, 412);
    assert_eq!(change(&process, &token, None, json!({"protocolo": "1", "status": "Aberto"})).await, 404);
    let login =
        |login: &str, senha: &str| process.post("/api/usuario/login", "", json!({"login": login, "senha": senha}));
    assert_eq!(login("ninguem", "1234").await.0, 404);
    assert_eq!(login("admin", "errada").await.0, 401);
    assert_eq!(login("admin", "errada").await.0, 429);
    let page = page(&metrics).await;
    has(
        &page,
        &[
            r#"citrus_status_changes_total{outcome="made"} 1"#,
            r#"citrus_status_changes_total{outcome="replayed"} 1"#,
            r#"citrus_status_changes_total{outcome="key_reused"} 1"#,
            r#"citrus_status_changes_total{outcome="differs"} 1"#,
            r#"citrus_status_changes_total{outcome="refused"} 1"#,
            r#"citrus_status_changes_total{outcome="abandoned"} 0"#,
            "citrus_status_change_batch_size_count 1",
            "citrus_status_change_batch_size_sum 1.0",
            "citrus_status_change_commit_duration_seconds_count 1",
            "citrus_status_change_queue_waiting 0",
            r#"citrus_status_logins_total{outcome="ok"} 1"#,
            r#"citrus_status_logins_total{outcome="unknown_user"} 1"#,
            r#"citrus_status_logins_total{outcome="wrong_password"} 1"#,
            r#"citrus_status_logins_total{outcome="throttled"} 1"#,
            r#"citrus_status_login_throttled_total{limit="pair"} 1"#,
            r#"citrus_status_login_throttled_total{limit="total"} 0"#,
            r#"citrus_status_http_requests_total{method="POST",route="/api/atendimentos/status",status="200"} 2"#,
            r#"citrus_status_http_requests_total{method="POST",route="/api/usuario/login",status="429"} 1"#,
            r#"citrus_status_http_request_duration_seconds_count{method="POST",route="/api/atendimentos/status"} 5"#,
            "citrus_status_http_requests_in_flight 0",
            r#"citrus_status_database_connections{pool="changes",state="busy"} 0"#,
            r#"citrus_status_database_connections{pool="changes",state="idle"} 1"#,
        ],
    );
    process.stop();
}

async fn a_request_under_way_shows(database: &Database) {
    let (process, metrics) = start(database, &[]).await;
    let token = process.token("user.api").await;
    let lock = database.hold(FIRST).await;
    let body = json!({"protocolo": FIRST, "status": "Finalizado"});
    let (waiting, ()) = tokio::join!(change(&process, &token, None, body), async {
        // The request is on its way: the page shows it once it is there.
        while !page(&metrics).await.lines().any(|line| line == "citrus_status_http_requests_in_flight 1") {}
        lock.release().await;
    });
    assert_eq!(waiting, 200);
    has(&page(&metrics).await, &["citrus_status_http_requests_in_flight 0"]);
    process.stop();
}

/// Waits until the page has `line`.
async fn shows(address: &str, line: &str) {
    let shown = async {
        while !page(address).await.lines().any(|other| other == line) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(2 * IN_TIME, shown).await.unwrap_or_else(|_| panic!("{line} does not come"));
}

async fn it_shows_whether_the_server_is_ready_though_nobody_asks(database: &Database) {
    let (process, metrics) = start(database, &[]).await;
    shows(&metrics, "citrus_status_ready 1").await;
    database.execute("ALTER TABLE _sqlx_migrations RENAME TO away").await;
    shows(&metrics, "citrus_status_ready 0").await;
    database.execute("ALTER TABLE away RENAME TO _sqlx_migrations").await;
    shows(&metrics, "citrus_status_ready 1").await;
    assert!(!page(&metrics).await.contains("/health/ready"));
    process.stop();
}

async fn a_server_that_is_about_to_stop_is_not_ready(database: &Database) {
    let (process, metrics) = start(database, &[("SHUTDOWN_DELAY_SECONDS", "3600")]).await;
    shows(&metrics, "citrus_status_ready 1").await;
    process.signal("TERM");
    shows(&metrics, "citrus_status_ready 0").await;
    process.signal("TERM");
    assert_eq!(process.wait(), Some(1));
}

async fn the_public_port_has_none_and_the_other_nothing_else(database: &Database) {
    let (process, metrics) = start(database, &[]).await;
    assert_eq!(process.get("/metrics", "").await, 404);
    for path in ["/", "/health/live", "/api/motivos", "/metrics/x", "/docs"] {
        assert_eq!(get(&metrics, path).await.0, 404, "{path}");
    }
    process.stop();
}

async fn nothing_that_a_client_sends_becomes_a_label(database: &Database) {
    let (process, metrics) = start(database, &[]).await;
    for (method, path) in [("GET", "/canario"), ("CANARIO", "/"), ("GET", "/docs/canario"), ("GET", "/?canario")] {
        process.request(method.parse().unwrap(), path, "canario").send().await.unwrap();
    }
    for (login, senha) in [("canario", "canario"), ("user.api", "canario")] {
        process.post("/api/usuario/login", "", json!({"login": login, "senha": senha})).await;
    }
    let page = page(&metrics).await;
    has(
        &page,
        &[
            r#"citrus_status_http_requests_total{method="GET",route="none",status="404"} 1"#,
            r#"citrus_status_http_requests_total{method="other",route="/",status="405"} 1"#,
            r#"citrus_status_http_requests_total{method="GET",route="/docs/{file}",status="404"} 1"#,
        ],
    );
    assert!(!page.to_lowercase().contains("canario"), "{page}");
    process.stop();
}

async fn a_stop_does_not_wait_for_who_reads_metrics(database: &Database) {
    let (process, metrics) = start(database, &[]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // Its connection stays open.
    client.get(format!("http://{metrics}/metrics")).send().await.unwrap().text().await.unwrap();
    let token = process.token("user.api").await;
    assert_eq!(change(&process, &token, None, json!({"protocolo": FIRST, "status": "Finalizado"})).await, 200);
    process.stop();
    drop(client);
}

async fn without_an_address_there_are_none(database: &Database) {
    let (process, log) = Process::serve_logged(database, &[]);
    process.stop();
    let log = log.join().unwrap();
    assert!(!log.contains("metrics"), "{log}");
}

async fn an_address_that_is_taken_is_named(database: &Database) {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outcome = run_with(database, &[("METRICS_ADDR", &address)], &["serve"], "");
    let complaint = format!("can't listen on {address}: ");
    outcome.fails(1, &[&complaint, "choose another as METRICS_ADDR"]);
    let outcome = run_with(database, &[("METRICS_ADDR", "9464")], &["serve"], "");
    outcome.fails(2, &["METRICS_ADDR has to be an address and a port, such as 127.0.0.1:9464"]);
}

both_engines! {
    what_happens_is_counted_once,
    a_request_under_way_shows,
    it_shows_whether_the_server_is_ready_though_nobody_asks,
    a_server_that_is_about_to_stop_is_not_ready,
    the_public_port_has_none_and_the_other_nothing_else,
    nothing_that_a_client_sends_becomes_a_label,
    a_stop_does_not_wait_for_who_reads_metrics,
    without_an_address_there_are_none,
    an_address_that_is_taken_is_named,
}
