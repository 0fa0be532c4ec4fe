//! How a run ends: by a signal, by an error, and with the atendimento where it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::report::indented;
use crate::cli::support::error::{CliError, Result};
use crate::cli::support::output::complain;
use crate::conferir::runner::Runner;
use crate::conferir::session::StartError;
use crate::domain::atendimento::Status;

/// `error` as a person can use it, and with nothing of the server's that steers a terminal.
pub(super) fn explained(error: StartError) -> CliError {
    match error {
        StartError::Change(answer) => CliError::Failed(format!(
            "the first change was answered\n{}\nIf that is because of its status, see --status-atual",
            indented(&answer)
        )),
        StartError::Login(answer) => CliError::Failed(format!("the login was answered\n{}", indented(&answer))),
        error => error.into(),
    }
}

/// Brings the atendimento back to `start`, or says loudly that it can't.
pub(super) async fn restore(runner: &mut Runner, start: Status) -> bool {
    let restored = runner.session.restore(start).await;
    if let Err(answer) = &restored {
        complain(format_args!(
            "the atendimento could NOT be set back to {start}; do it by hand. The last attempt:\n{}",
            indented(answer)
        ));
    }
    restored.is_ok()
}

/// The signals to stop. They end nothing by themselves any more.
pub(super) struct Signals([Signal; 3]);

impl Signals {
    pub(super) fn watch() -> Result<Self> {
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    pub(super) async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Whether one of the signals to stop has come. They end nothing by themselves any more, so that the
/// atendimento is always brought back; all that is waited for has a deadline.
pub(super) fn watch_signals(words: &'static str) -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let (mut signals, seen) = (Signals::watch()?, Arc::clone(&stopped));
    tokio::spawn(async move {
        signals.next().await;
        seen.store(true, Ordering::Relaxed);
        complain(words);
    });
    Ok(stopped)
}
