//! The PostgreSQL server for the tests: `TEST_DATABASE_URL`, else the one on 127.0.0.1:5432, else a
//! throw-away cluster from installed binaries. Without any, the run says so, or fails when
//! `REQUIRE_POSTGRES=1`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

const LOCAL: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// The one of [`url`]; it ends with this process.
static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The URL of a database in which the tests may make schemas.
pub async fn url() -> Option<&'static str> {
    static URL: OnceCell<Option<String>> = OnceCell::const_new();
    URL.get_or_init(find).await.as_deref()
}

async fn find() -> Option<String> {
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        PgConnection::connect(&url).await.expect("TEST_DATABASE_URL is set, so it has to answer");
        return Some(url);
    }
    if PgConnection::connect(LOCAL).await.is_ok() {
        return Some(LOCAL.to_owned());
    }
    if let Some(cluster) = Cluster::start("fsync=off") {
        return Some(CLUSTER.get_or_init(|| cluster).url.clone());
    }
    let message = "The PostgreSQL half of the tests did NOT run: there is no TEST_DATABASE_URL, no server \
                   on 127.0.0.1:5432 and no initdb.";
    assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{message}");
    // Past the test harness, which keeps what is printed by macros to itself.
    std::io::stderr().write_all(format!("\n*** {message} ***\n\n").as_bytes()).unwrap();
    None
}

/// The directory of the newest `initdb`.
pub fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut newest: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    newest.sort_by_key(|bin| bin.parent().and_then(Path::file_name).and_then(|v| v.to_str()?.parse::<u32>().ok()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.into_iter().rev().chain(std::env::split_paths(&path)).find(|dir| dir.join("initdb").exists())
}

/// A throw-away cluster. It ends when it is dropped or this process ends: its standard input closes.
pub struct Cluster {
    child: Child,
    answers: BufReader<ChildStdout>,
    /// Where it listens.
    pub port: u16,
    /// A database in which the tests may make schemas.
    pub url: String,
}

impl Cluster {
    /// Starts one with one more setting; `None` where PostgreSQL is not installed.
    pub fn start(setting: &str) -> Option<Self> {
        Self::launch(setting, None)
    }

    /// Starts a standby that follows this one.
    pub fn standby(&self, setting: &str) -> Self {
        Self::launch(setting, Some(self.port)).expect("PostgreSQL is installed, as this one runs")
    }

    fn launch(setting: &str, leader: Option<u16>) -> Option<Self> {
        let bindir = installed()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new("sh")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/cluster.sh"))
            .arg(bindir)
            .args([&port.to_string(), setting])
            .args(leader.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let mut cluster = Self { child, answers, port, url };
        cluster.hears("ready");
        Some(cluster)
    }

    /// Kills all its processes with SIGKILL.
    pub fn kill(&mut self) {
        self.order("kill");
    }

    /// Freezes all its processes: it goes silent, and its connections stay open.
    pub fn freeze(&mut self) {
        self.order("freeze");
    }

    /// Lets them go on.
    pub fn thaw(&mut self) {
        self.order("thaw");
    }

    /// Stops it in good order; a standby gets all of its changes first.
    pub fn stop(&mut self) {
        self.order("stop");
    }

    /// Makes a standby a leader, and returns once it takes changes.
    pub fn promote(&mut self) {
        self.order("promote");
    }

    /// Starts it again, and returns once it takes connections.
    pub fn restart(&mut self) {
        self.order("start");
    }

    fn order(&mut self, command: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.hears("done");
    }

    fn hears(&mut self, expected: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), expected, "the throw-away cluster failed");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        _ = self.child.wait();
    }
}
