//! A server under a service manager, such as systemd: what it says of itself, and the sockets that it is handed.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::postgres::Cluster;
use crate::support::program::{IN_TIME, Outcome, Process, program};

/// What a server says every 10 s while it opens its database.
const OPENING: &str = "STATUS=Opening the database\nEXTEND_TIMEOUT_USEC=30000000";

/// What the server's messages reach.
struct Manager(UnixDatagram);

impl Manager {
    /// One for a server on `database`, and the settings by which it is found. It wants to hear of the server each 100 ms.
    fn listen(database: &Database) -> (Self, [(&'static str, String); 2]) {
        let path = database.dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(IN_TIME)).unwrap();
        let settings = [("NOTIFY_SOCKET", path.to_str().unwrap().to_owned()), ("WATCHDOG_USEC", "100000".to_owned())];
        (Self(socket), settings)
    }

    /// The next message; `None` where there is none in time.
    fn next(&self) -> Option<String> {
        let mut message = [0; 4096];
        match self.0.recv(&mut message) {
            Ok(length) => Some(String::from_utf8(message[..length].to_vec()).unwrap()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The first message with the line `wanted`, and those before it.
    #[track_caller]
    fn hears(&self, wanted: &str) -> (String, Vec<String>) {
        let mut before = Vec::new();
        while let Some(message) = self.next() {
            if message.lines().any(|line| line == wanted) {
                return (message, before);
            }
            before.push(message);
        }
        panic!("{wanted} is not in {before:?}");
    }

    /// The messages that are there already.
    fn heard(&self) -> Vec<String> {
        self.0.set_nonblocking(true).unwrap();
        let heard = std::iter::from_fn(|| self.next()).collect();
        self.0.set_nonblocking(false).unwrap();
        heard
    }

    /// Checks that the server goes on saying that it works.
    #[track_caller]
    fn hears_of_it_on_and_on(&self) {
        self.heard();
        for _ in 0..10 {
            assert_eq!(self.next().as_deref(), Some("WATCHDOG=1"));
        }
    }
}

fn borrowed<'a>(settings: &'a [(&'static str, String); 2]) -> [(&'static str, &'a str); 2] {
    settings.each_ref().map(|(name, value)| (*name, value.as_str()))
}

async fn a_server_says_when_it_answers_and_when_it_stops(database: &Database) {
    let (manager, settings) = Manager::listen(database);
    let (server, log) = Process::serve_logged(database, &borrowed(&settings));
    let (ready, before) = manager.hears("READY=1");
    assert_eq!(server.get("/health/ready", "").await, 200);
    assert_eq!(ready, format!("READY=1\nSTATUS=Serving on {}", server.address));
    assert!(before.iter().all(|message| message == OPENING) && !before.is_empty(), "{before:?}");

    let login = server.begin_login().await;
    server.signal("TERM");
    // SHUTDOWN_TIMEOUT_SECONDS twice, and 4 s for the ends of connections.
    let (stopping, _) = manager.hears("STOPPING=1");
    assert_eq!(stopping, "STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=20000000");
    drop(login);
    assert_eq!(server.wait(), Some(0));
    let log = log.join().unwrap();
    assert!(!log.contains("service manager"), "{log}");
}

async fn a_watchdog_hears_of_a_server_that_works_also_while_changes_wait(database: &Database) {
    database.example().await.close().await;
    let (manager, settings) = Manager::listen(database);
    let server = Process::serve_with(database, &borrowed(&settings), &[]);
    manager.hears("READY=1");
    manager.hears_of_it_on_and_on();
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let body = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
    let change = server.post("/api/atendimentos/status", &token, body);
    let meanwhile = async {
        tokio::task::spawn_blocking(move || manager.hears_of_it_on_and_on()).await.unwrap();
        held.release().await;
    };
    let ((status, answer), ()) = tokio::join!(change, meanwhile);
    assert_eq!(status, 200, "{answer}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_still_works_for_a_watchdog() {
    let Some(mut cluster) = Cluster::start("fsync=off") else { return };
    let database = Database::sqlite();
    let (manager, settings) = Manager::listen(&database);
    let [notify, watchdog] = borrowed(&settings);
    let server = Process::serve_with(&database, &[notify, watchdog, ("DATABASE_URL", &cluster.url)], &[]);
    assert_eq!(server.get("/health/ready", "").await, 200);
    cluster.kill();
    assert_eq!(server.get("/health/ready", "").await, 503);
    manager.hears_of_it_on_and_on();
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_waits_for_its_database_asks_for_time_and_is_not_ready() {
    let database = Database::sqlite();
    std::fs::write(database.dir.path().join("citrus-status.db"), "").unwrap();
    let held = database.hold("").await;
    let (manager, settings) = Manager::listen(&database);
    let mut command = program(&database, &database.settings());
    command.arg("serve").envs(borrowed(&settings)).env("DATABASE_WAIT_SECONDS", "60");
    let mut server = Process::start(command);
    server.says("waiting for the database");
    // On a busy machine it asks more than once.
    assert_eq!(manager.next().as_deref(), Some(OPENING));
    let heard = manager.heard();
    assert!(heard.iter().all(|message| message == OPENING), "{heard:?}");
    held.release().await;
    server.says("listening");
    manager.hears("READY=1");
    server.stop();
}

#[test]
fn a_manager_that_is_not_there_is_complained_of_and_changes_nothing() {
    let database = Database::sqlite();
    let (server, log) = Process::serve_logged(&database, &[("NOTIFY_SOCKET", "/nowhere/notify")]);
    server.stop();
    let log = log.join().unwrap();
    assert!(log.contains("NOTIFY_SOCKET can't be reached error=No such file"), "{log}");
}

/// `serve` with `first` and `second` as its descriptors 3 and 4, of which so many are announced.
fn handed(database: &Database, announced: &[(&str, &str)], first: OwnedFd, second: Option<OwnedFd>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"LISTEN_PID=$$ exec "$@" 3<&0 4<&1 </dev/null >&2"#, "sh"]);
    command.args([env!("CARGO_BIN_EXE_citrus-status"), "serve"]);
    command.env_clear().envs(database.settings()).envs(announced.iter().copied()).current_dir(database.dir.path());
    command.stdin(first).stdout(second.map_or_else(Stdio::null, Stdio::from));
    command
}

/// Starts `command`, and takes what it writes on standard error.
fn start(mut command: Command) -> Process {
    let (log, writer) = std::io::pipe().unwrap();
    command.stderr(writer);
    let mut server = Process::new(command);
    server.log = Some(BufReader::new(log));
    server
}

/// A server that was handed `first` and `second`, once it listens.
fn serve_on(database: &Database, announced: &[(&str, &str)], first: OwnedFd, second: Option<OwnedFd>) -> Process {
    let mut server = start(handed(database, announced, first, second));
    let line = server.says("listening");
    server.address = line.trim_end().split_once(" address=").unwrap().1.to_owned();
    server
}

/// A request on a connection of its own, sent and not answered yet.
fn ask(socket: &TcpListener) -> TcpStream {
    let mut client = TcpStream::connect(socket.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(IN_TIME)).unwrap();
    client.write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    client
}

#[track_caller]
fn is_answered(mut client: TcpStream) {
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

async fn requests_wait_on_the_manager_s_socket_until_a_server_answers(database: &Database) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let handed = || socket.try_clone().unwrap().into();
    // Twice: while the first server is replaced, connections wait.
    for _ in 0..2 {
        let waiting = ask(&socket);
        let server = serve_on(database, &[("LISTEN_FDS", "1")], handed(), None);
        assert!(server.seen.contains("using the service manager's socket in place of BIND_ADDR"), "{}", server.seen);
        assert_eq!(server.address, socket.local_addr().unwrap().to_string());
        is_answered(waiting);
        assert_eq!(server.get("/health/live", "").await, 200);
        server.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_for_the_metrics_is_known_by_its_name() {
    let database = Database::sqlite();
    let [api, metrics] = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let [api_address, metrics_address] = [&api, &metrics].map(|socket| socket.local_addr().unwrap().to_string());
    let announced = [("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "metrics:citrus-status.socket")];
    let mut server = serve_on(&database, &announced, metrics.into(), Some(api.into()));
    assert_eq!(server.address, api_address);
    assert_eq!((server.get("/health/ready", "").await, server.get("/metrics", "").await), (200, 404));
    server.address = metrics_address;
    let page = server.request(Method::GET, "/metrics", "").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("citrus_status_build_info"), "{page}");
    server.stop();
}

#[test]
fn a_socket_that_can_t_be_used_is_a_wrong_setting() {
    let database = Database::sqlite();
    let run = |announced: &[(&str, &str)], first: OwnedFd, second: Option<OwnedFd>| {
        let mut server = start(handed(&database, announced, first, second));
        while server.log.as_mut().unwrap().read_line(&mut server.seen).unwrap() > 0 {
            assert!(!server.seen.contains("listening address="), "{}", server.seen);
        }
        let stderr = std::mem::take(&mut server.seen);
        Outcome { code: server.wait().unwrap(), stdout: String::new(), stderr }
    };
    let one = [("LISTEN_FDS", "1")];
    let socket = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let advice = "ListenStream= has to be an address and a port, and Accept=no";
    run(&one, File::open("/dev/null").unwrap().into(), None).fails(2, &["is not a socket", advice]);
    let path = database.dir.path().join("socket");
    run(&one, UnixListener::bind(path).unwrap().into(), None).fails(2, &["not a valid tcp socket", advice]);
    // As with Accept=yes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    run(&one, connected.into(), None).fails(2, &["it does not listen", advice]);
    run(&[("LISTEN_FDS", "2")], socket(), Some(socket())).fails(2, &["more than one socket for the API"]);
    let metrics = [("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "metrics:metrics")];
    run(&metrics, socket(), Some(socket())).fails(2, &["more than one socket for the metrics"]);
}

#[test]
fn sockets_for_another_process_are_left_alone_and_told_of() {
    let database = Database::sqlite();
    let server = Process::serve_unread(&database, &[("LISTEN_FDS", "1"), ("LISTEN_PID", "1")]);
    assert!(server.seen.contains("LISTEN_FDS is for another process"), "{}", server.seen);
    server.stop();
}

both_engines! {
    a_server_says_when_it_answers_and_when_it_stops,
    a_watchdog_hears_of_a_server_that_works_also_while_changes_wait,
    requests_wait_on_the_manager_s_socket_until_a_server_answers,
}
