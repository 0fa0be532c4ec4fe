//! The program itself, as a process.

use std::io::{BufRead, BufReader, PipeReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::client::{Client, head};
use super::database::Database;

/// How soon an answer has to come.
pub const IN_TIME: Duration = Duration::from_secs(10);

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Checks that it succeeded and said nothing but `stdout`, and perhaps that it made SQLite's file.
    #[track_caller]
    pub fn prints(&self, stdout: &str) {
        self.says(stdout, "");
    }

    /// Checks that it succeeded, and printed exactly this on standard output and on standard error.
    #[track_caller]
    pub fn says(&self, stdout: &str, stderr: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.complaints()), (0, stdout, stderr), "{self:?}");
    }

    /// What it said on standard error, but for the note of the first command on SQLite.
    pub fn complaints(&self) -> &str {
        let note =
            self.stderr.split_inclusive('\n').next().filter(|line| line.starts_with("note: created the database "));
        &self.stderr[note.map_or(0, str::len)..]
    }

    /// Checks that it failed with `code` and said all of `parts` on standard error, and nothing on standard output.
    #[track_caller]
    pub fn fails(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in {self:?}");
        }
        assert_eq!(self.stdout, "", "{self:?}");
    }
}

/// The program with nothing but `settings` in its environment.
pub fn program(database: &Database, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.env_clear().envs(settings.iter().cloned()).current_dir(database.dir.path());
    command
}

/// Runs it to the end on `database`.
pub fn run(database: &Database, args: &[&str]) -> Outcome {
    run_with(database, &[], args, "")
}

/// What `args` and `--json` print.
pub fn listed(database: &Database, args: &[&str]) -> Value {
    let outcome = run(database, &[args, &["--json"]].concat());
    assert_eq!((outcome.code, outcome.complaints()), (0, ""), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// Runs it to the end with `extra` settings and `stdin`.
pub fn run_with(database: &Database, extra: &[(&str, &str)], args: &[&str], stdin: impl AsRef<[u8]>) -> Outcome {
    let mut command = program(database, &database.settings());
    command.envs(extra.iter().copied()).args(args);
    finish(command, stdin)
}

/// Runs `command` to the end.
pub fn finish(mut command: Command, stdin: impl AsRef<[u8]>) -> Outcome {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input may be gone already.
    _ = child.stdin.take().unwrap().write_all(stdin.as_ref());
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().expect("it ends by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The program under way, killed when dropped.
pub struct Process {
    child: Child,
    /// What it writes, on both outputs. Nobody reads it, unless the test does.
    pub log: Option<BufReader<PipeReader>>,
    /// What was read of it.
    pub seen: String,
    /// Where it listens, if it is a server.
    pub address: String,
    client: reqwest::Client,
}

impl Process {
    /// Starts `command` and takes what it writes.
    pub fn start(mut command: Command) -> Self {
        let (log, writer) = std::io::pipe().unwrap();
        command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut process = Self::new(command);
        process.log = Some(BufReader::new(log));
        process
    }

    /// Starts `command`, whose outputs go elsewhere.
    pub fn new(mut command: Command) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(IN_TIME).build().unwrap();
        let child = command.spawn().unwrap();
        Self { child, log: None, seen: String::new(), address: String::new(), client }
    }

    /// Starts `serve` on `database` and waits until it listens.
    pub fn serve(database: &Database) -> Self {
        Self::serve_with(database, &[], &[])
    }

    /// As `serve`, with `extra` settings and started by `wrapper`, such as `["nice", "-5"]`.
    pub fn serve_with(database: &Database, extra: &[(&str, &str)], wrapper: &[&str]) -> Self {
        let mut process = Self::listening(database, extra, wrapper);
        let mut log = process.log.take().unwrap();
        // Keeps the pipe empty, so that the server never waits for it.
        std::thread::spawn(move || _ = std::io::copy(&mut log, &mut std::io::sink()));
        process
    }

    /// As `serve`, with `extra` settings, but once it listens nobody reads its log, unless the test does.
    pub fn serve_unread(database: &Database, extra: &[(&str, &str)]) -> Self {
        Self::listening(database, extra, &[])
    }

    /// As `serve`, with `extra` settings. The second part yields the whole log once it has ended.
    pub fn serve_logged(database: &Database, extra: &[(&str, &str)]) -> (Self, JoinHandle<String>) {
        Self::serve_logged_by(database, extra, &[])
    }

    /// As `serve_logged`, started by `wrapper`.
    pub fn serve_logged_by(
        database: &Database,
        extra: &[(&str, &str)],
        wrapper: &[&str],
    ) -> (Self, JoinHandle<String>) {
        let mut process = Self::listening(database, extra, wrapper);
        let log = process.read_on();
        (process, log)
    }

    fn listening(database: &Database, extra: &[(&str, &str)], wrapper: &[&str]) -> Self {
        let words = [wrapper, &[env!("CARGO_BIN_EXE_citrus-status"), "serve"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().envs(database.settings()).envs(extra.iter().copied());
        command.current_dir(database.dir.path());
        let mut process = Self::start(command);
        let line = process.says("listening");
        // As text, or as JSON.
        let (_, address) = line.split_once(" address=").or(line.split_once("\"address\":\"")).unwrap();
        process.address = address.split(['"', '\n']).next().unwrap().to_owned();
        process
    }

    /// Reads on until a line has `part`, and returns that line.
    #[track_caller]
    pub fn says(&mut self, part: &str) -> String {
        loop {
            let start = self.seen.len();
            let read = self.log.as_mut().unwrap().read_line(&mut self.seen).unwrap();
            assert_ne!(read, 0, "{part:?} is not in {}", self.seen);
            if self.seen[start..].contains(part) {
                return self.seen[start..].to_owned();
            }
        }
    }

    /// Reads on until it ends, which yields all that it wrote.
    pub fn read_on(&mut self) -> JoinHandle<String> {
        let (mut log, mut seen) = (self.log.take().unwrap(), std::mem::take(&mut self.seen));
        std::thread::spawn(move || {
            log.read_to_string(&mut seen).unwrap();
            seen
        })
    }

    /// A request under `token`, if there is one.
    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// The status code of the answer to a GET.
    pub async fn get(&self, path: &str, token: &str) -> u16 {
        self.request(Method::GET, path, token).send().await.unwrap().status().as_u16()
    }

    /// The answer to a POST.
    pub async fn post(&self, path: &str, token: &str, body: impl ToString) -> (u16, Value) {
        let request = self.request(Method::POST, path, token).body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// A token of `login`, whose senha is the demo's.
    pub async fn token(&self, login: &str) -> String {
        let (status, answer) = self.post("/api/usuario/login", "", json!({"login": login, "senha": "1234"})).await;
        assert_eq!(status, 200, "{answer}");
        answer["accessToken"].as_str().unwrap().to_owned()
    }

    /// Waits until it no longer listens, as when it is stopping.
    pub async fn stops_listening(&self) {
        while TcpStream::connect(&self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Begins a login whose body the server waits for: a request in flight, which holds a stop.
    pub async fn begin_login(&self) -> Client {
        let mut client = Client::connect(&self.address).await;
        let headers = "Content-Length: 9\r\nExpect: 100-continue\r\n";
        assert_eq!(client.ask(head("POST /api/usuario/login", "", headers)).await.status, 100);
        client
    }

    /// A line of `/proc/<pid>/status`, in KiB: `VmRSS` now, `VmHWM` at most since the start.
    pub fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).unwrap();
        value.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, once it has ended.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Tells it to stop, which it has to do in good order.
    #[track_caller]
    pub fn stop(self) {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Lets this process, and those started from it, open as many files as the system allows; returns how many.
pub fn allow_open_files() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    maximum.map_or(usize::MAX, |maximum| usize::try_from(maximum).unwrap_or(usize::MAX))
}

/// Lets the files that the process writes grow to `bytes` and no further, as a full disk does.
pub fn limit_files(process: u32, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    assert!(Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status().unwrap().success());
}
