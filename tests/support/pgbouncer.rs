//! PgBouncer with its default settings in front of a test's database.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use url::Url;

use super::database::Database;

/// A pooler, which ends when it is dropped.
pub struct PgBouncer {
    child: Child,
    /// The database through it.
    pub url: String,
    _dir: TempDir,
}

impl PgBouncer {
    /// Starts one that pools `mode`s; `None` where it is not installed, which is a failure with `REQUIRE_POSTGRES=1`.
    pub fn start(database: &Database, mode: &str) -> Option<Self> {
        let Some(program) = installed() else {
            let message = "The tests with PgBouncer did NOT run: it is not installed.";
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{message}");
            std::io::stderr().write_all(format!("\n*** {message} ***\n\n").as_bytes()).unwrap();
            return None;
        };
        let (dir, mut url) = (tempfile::tempdir().unwrap(), Url::parse(&database.url).unwrap());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = dir.path().join("pgbouncer.ini");
        fs::write(&config, configuration(&url, port, mode)).unwrap();
        let mut command = as_nobody(&program, dir.path());
        let mut child = command.arg(&config).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("process up") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "PgBouncer did not start");
        }
        // Keeps the pipe empty.
        std::thread::spawn(move || _ = std::io::copy(&mut log, &mut std::io::sink()));
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        url.set_query(None);
        Some(Self { child, url: url.to_string(), _dir: dir })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    dirs.map(|dir| dir.join("pgbouncer")).find(|program| program.exists())
}

/// The database, and whatever it takes to listen on a port and let everybody in.
fn configuration(server: &Url, port: u16, mode: &str) -> String {
    let (host, server_port) = (server.host_str().unwrap(), server.port().unwrap_or(5432));
    let mut database = format!("* = host={host} port={server_port} user={}", server.username());
    if let Some(password) = server.password() {
        database += &format!(" password={password}");
    }
    format!(
        "[databases]\n{database}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = {mode}\n"
    )
}

/// `program` as a user without rights, who may read `dir`: it refuses to run as root.
fn as_nobody(program: &Path, dir: &Path) -> Command {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
    command
}
