//! How a test says what it did.

use std::time::{Duration, Instant};

use crate::checker::Verdict;
use crate::support::database::Engine;

/// How often a line of progress is due.
const PROGRESS: Duration = Duration::from_secs(10);

/// Short for every change of the code, long for a night.
#[derive(Clone, Copy)]
pub struct Form {
    pub long: bool,
}

impl Form {
    pub fn pick<T>(self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

/// Says in the long form how far a test is.
pub struct Progress {
    form: Form,
    what: String,
    all: u64,
    started: Instant,
    said: Instant,
}

impl Progress {
    pub fn new(form: Form, what: impl Into<String>, all: u64) -> Self {
        let now = Instant::now();
        Self { form, what: what.into(), all, started: now, said: now }
    }

    pub fn at(&mut self, done: u64) {
        if self.form.long && self.said.elapsed() >= PROGRESS {
            self.said = Instant::now();
            eprintln!("{}: {done} of {} after {} s", self.what, self.all, self.started.elapsed().as_secs());
        }
    }
}

/// Prints a row of the table in docs/RELIABILITY.md, then fails where the verdict finds fault.
#[track_caller]
pub fn conclude(what: &str, engine: Engine, times: impl ToString, verdict: &Verdict, recovery: Option<Duration>) {
    let recovery = recovery.map_or_else(|| "–".to_owned(), |worst| format!("{:.2} s", worst.as_secs_f64()));
    println!(
        "\n| {what} | {engine:?} | {} | {} | {} | {recovery} |",
        times.to_string(),
        verdict.acknowledged,
        verdict.violations.len()
    );
    let first: Vec<_> = verdict.violations.iter().take(10).collect();
    assert!(first.is_empty(), "{} violations, such as {first:?}", verdict.violations.len());
}
