//! The program itself, as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::database::Database;

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
        assert_eq!((self.code, self.stdout.as_str(), self.complaints()), (0, stdout, ""), "{self:?}");
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

/// A server process, killed when dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Process {
    /// Starts `serve` on `database` and waits until it listens.
    pub fn serve(database: &Database) -> Self {
        Self::serve_with(database, &[], &[])
    }

    /// As `serve`, with `extra` settings and started by `wrapper`, such as `["nice", "-5"]`.
    pub fn serve_with(database: &Database, extra: &[(&str, &str)], wrapper: &[&str]) -> Self {
        let (process, mut log) = Self::start(database, extra, wrapper);
        // Keeps the pipe empty, so that the server never waits for it.
        std::thread::spawn(move || _ = std::io::copy(&mut log, &mut std::io::sink()));
        process
    }

    /// As `serve`, with `extra` settings, but once it listens nobody reads its log, unless the test does.
    pub fn serve_unread(database: &Database, extra: &[(&str, &str)]) -> (Self, BufReader<ChildStderr>) {
        Self::start(database, extra, &[])
    }

    /// As `serve`, with `extra` settings. The second part yields the rest of the log once it has ended.
    pub fn serve_logged(database: &Database, extra: &[(&str, &str)]) -> (Self, JoinHandle<String>) {
        let (process, mut log) = Self::start(database, extra, &[]);
        let rest = std::thread::spawn(move || {
            let mut rest = String::new();
            log.read_to_string(&mut rest).unwrap();
            rest
        });
        (process, rest)
    }

    fn start(database: &Database, extra: &[(&str, &str)], wrapper: &[&str]) -> (Self, BufReader<ChildStderr>) {
        let words = [wrapper, &[env!("CARGO_BIN_EXE_citrus-status"), "serve", "--bind", "127.0.0.1:0"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().envs(database.settings()).envs(extra.iter().copied());
        let mut child = command.current_dir(database.dir.path()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it listened");
            // As text, or as JSON.
            if let Some((_, address)) = line.split_once("listening address=").or(line.split_once("\"address\":\"")) {
                break address.split(['"', '\n']).next().unwrap().to_owned();
            }
        };
        (Self { child, address }, log)
    }

    /// A line of `/proc/<pid>/status`, in KiB: `VmRSS` now, `VmHWM` at most since the start.
    pub fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).unwrap();
        value.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit code, once it has ended.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
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
