//! Standard error and standard output that nobody reads: they stop nothing.

use std::io::Write;
use std::ops::Range;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::both_engines;
use crate::support::client::{Client, LIVE};
use crate::support::database::Database;
use crate::support::program::{IN_TIME, Process, program};

/// Bad logins, whose lines are many times what a pipe holds.
const LOGINS: usize = 3_000;

/// Logins without an account, each with a name of its own.
async fn bad_logins(process: &Process, numbers: Range<usize>) {
    for number in numbers {
        login(process, &format!("nobody-{number:05}")).await;
    }
}

async fn login(process: &Process, login: &str) {
    process.post("/api/usuario/login", "", json!({"login": login, "senha": "1234"})).await;
}

/// Checks that the server lives and changes statuses.
async fn works(process: &Process, token: &str) {
    assert_eq!(process.get("/health/live", "").await, 200);
    let body =
        json!({"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": "True"});
    assert_eq!(process.post("/api/atendimentos/status", token, body).await.0, 200);
}

/// Checks that `process` ends with `code` in time.
async fn ends(process: Process, code: i32) {
    let asked = Instant::now();
    let ended = tokio::task::spawn_blocking(move || process.wait());
    let ended = tokio::time::timeout(IN_TIME, ended).await.expect("it ends although nobody reads its log");
    assert_eq!(ended.unwrap(), Some(code), "after {:?}", asked.elapsed());
}

/// A pipe that takes nothing more; its reader has to be kept.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[b'\n'; 64 * 1024]).unwrap();
    (reader, writer)
}

/// An address of this machine that nobody else uses: what cannot be read has to be known beforehand.
fn own_address() -> String {
    let [a, b, c, ..] = Uuid::new_v4().into_bytes();
    format!("127.{}.{b}.{c}:8080", a.max(1))
}

/// Checks that a program whose outputs take nothing from the start serves at `address`.
async fn comes_up(address: &str) {
    let up = async {
        let mut client = loop {
            match Client::try_connect(address).await {
                Ok(client) => break client,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        client.ask(LIVE).await.is(200, "OK");
    };
    tokio::time::timeout(IN_TIME, up).await.expect("it serves although nobody reads what it writes");
}

/// The log of a server whose reader comes back after a flood: of `LOGINS` logins, and of as many requests
/// with paths that fill the buffer.
async fn log_of_a_flood(database: &Database, format: &str) -> Vec<String> {
    let settings = [("LOG_LEVEL", "info,sqlx=off,citrus_status::http::request=debug"), ("LOG_FORMAT", format)];
    let mut process = Process::serve_unread(database, &settings);
    let path = format!("/{}", "x".repeat(7_000));
    let mut warm = 0;
    for number in 0..LOGINS {
        process.get(&path, "").await;
        bad_logins(&process, number..number + 1).await;
        if number == LOGINS / 6 {
            warm = process.memory("VmRSS");
        }
    }
    let grown = process.memory("VmRSS").saturating_sub(warm);
    assert!(grown < 16 * 1024, "{grown} KiB for a log that nobody reads");
    // What is logged once the reader is there again comes through. Until then the queue is full, and what the stop
    // says could be dropped as well.
    login(&process, "somebody").await;
    process.says("somebody");
    process.signal("TERM");
    let log = process.read_on();
    ends(process, 0).await;
    log.join().unwrap().lines().map(str::to_owned).collect()
}

async fn a_log_that_nobody_reads_stops_nothing(database: &Database) {
    database.example().await.close().await;
    let process = Process::serve_unread(database, &[]);
    let token = process.token("user.api").await;
    bad_logins(&process, 0..LOGINS).await;
    works(&process, &token).await;
    process.signal("TERM");
    ends(process, 0).await;
}

async fn a_reader_that_comes_back_finds_every_audit_line_and_how_many_others_were_dropped(database: &Database) {
    database.example().await.close().await;
    let log = log_of_a_flood(database, "text").await;
    let logins: Vec<&str> =
        log.iter().filter_map(|line| line.split_once(" login=\"nobody-")?.1.split('"').next()).collect();
    assert_eq!(logins, (0..LOGINS).map(|number| format!("{number:05}")).collect::<Vec<_>>());
    let told = log.iter().find(|line| line.contains("log lines were dropped")).expect("it says what is missing");
    let answered = log.iter().filter(|line| line.contains("answered status=")).count();
    assert!(told.ends_with(&format!(" dropped={} audit=0", 2 * LOGINS + 1 - answered)), "{answered} {told}");
    assert!(log.iter().any(|line| line.contains("login=\"somebody\"")));
    assert!(log.iter().any(|line| line.ends_with(": stopped")));
}

async fn a_reader_that_comes_back_finds_json_in_every_line(database: &Database) {
    database.example().await.close().await;
    let log: Vec<Value> =
        log_of_a_flood(database, "json").await.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(log.iter().filter(|line| line["target"] == "audit").count(), LOGINS + 1);
    let told = log.iter().find(|line| line["message"] == "log lines were dropped, because nobody read them");
    let answered = log.iter().filter(|line| line["message"] == "answered").count();
    let told = told.expect("it says what is missing");
    assert_eq!((&told["dropped"], &told["audit"]), (&json!(2 * LOGINS + 1 - answered), &json!(0)));
}

async fn a_second_signal_stops_at_once_although_nobody_reads_the_log(database: &Database) {
    let process = Process::serve_unread(database, &[]);
    bad_logins(&process, 0..LOGINS / 3).await;
    let _login = process.begin_login().await;
    process.signal("TERM");
    process.stops_listening().await;
    process.signal("TERM");
    ends(process, 1).await;
}

async fn it_starts_although_nobody_reads_its_log(database: &Database) {
    let (address, (reader, writer)) = (own_address(), full_pipe());
    let mut command = program(database, &database.settings());
    command.args(["serve", "--bind", &address]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
    let process = Process::new(command);
    comes_up(&address).await;
    drop((process, reader));
}

async fn it_fails_although_nobody_reads_why(database: &Database) {
    let (reader, writer) = full_pipe();
    let mut command = program(database, &database.settings());
    command.args(["serve", "--bind", "192.0.2.1:9"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
    ends(Process::new(command), 1).await;
    drop(reader);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_serves_although_nobody_reads_what_it_prints() {
    let database = Database::sqlite();
    let (address, (reader, writer)) = (own_address(), full_pipe());
    let mut command = program(&database, &[]);
    command.args(["demo", "--bind", &address]).stdin(Stdio::null());
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let process = Process::new(command);
    comes_up(&address).await;
    drop((process, reader));
}

both_engines! {
    a_log_that_nobody_reads_stops_nothing,
    a_reader_that_comes_back_finds_every_audit_line_and_how_many_others_were_dropped,
    a_reader_that_comes_back_finds_json_in_every_line,
    a_second_signal_stops_at_once_although_nobody_reads_the_log,
    it_starts_although_nobody_reads_its_log,
    it_fails_although_nobody_reads_why,
}
