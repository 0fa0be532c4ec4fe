//! How a run ends: by a signal, by an error, and with the atendimento where it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::Args;
use super::report::indented;
use crate::cli::support::error::{CliError, Result};
use crate::cli::support::output::complain;
use crate::conferir::runner::Runner;
use crate::conferir::session::{Cause, StartError};
use crate::conferir::witness::Witness;
use crate::domain::atendimento::Status;
use crate::printable::printable;

/// `error` as a person can use it, and with nothing of the server's that steers a terminal.
pub(super) fn explained(args: &Args, error: StartError) -> CliError {
    match error {
        StartError::Change { what, answer, cause } => {
            let answer = indented(&answer);
            CliError::Failed(format!("{what} was answered\n{answer}\n{}", hint(args, cause)).trim_end().to_owned())
        }
        StartError::Login(answer) => CliError::Failed(format!("the login was answered\n{}", indented(&answer))),
        StartError::NoToken { answer, header } => {
            let place = match header {
                Some(name) => {
                    format!("The token is in its header {name}; one that is not in the body is not supported")
                }
                None => match &args.membro_do_token {
                    Some(member) => format!("Its body has no member {member} with a token"),
                    None => "Nothing in its body looks like a token; name the member that has it by --membro-do-token"
                        .to_owned(),
                },
            };
            CliError::Failed(format!("the login was answered\n{}\n{place}", indented(&answer)))
        }
        error => error.into(),
    }
}

/// What may help where a change at the beginning was refused for `cause`.
fn hint(args: &Args, cause: Cause) -> String {
    let motivo = || format!("See --motivo: the motivo '{}' was sent", printable(args.motivo()));
    match cause {
        Cause::Access => access(args),
        Cause::Motivo => motivo(),
        Cause::MotivoOrStatus => format!("{}. If that is because of its status, see --status-atual", motivo()),
        Cause::Any => {
            format!(
                "Each change is refused so. See --protocolo: is there such an atendimento? {}. Else see --status-atual",
                access(args)
            )
        }
        Cause::Unknown => String::new(),
    }
}

fn access(args: &Args) -> String {
    let user = "If this user may not change statuses, take another --login";
    match args.gravar {
        Some(_) => user.to_owned(),
        None => format!(
            "{user}. If the server takes the token in another header than Authorization, name it by --cabecalho-do-token, or \
             find it by --gravar"
        ),
    }
}

/// What a run does about a status that the caller alone gives.
pub(super) fn on_trust(status: &str) -> String {
    format!(
        "The server does not tell the status: that it is {status} now, --status-atual alone says. So {status} is set up to two \
         times before. If it is another one, and no answer shows that, the atendimento is {status} at the end."
    )
}

/// Brings the atendimento to where `error` shows that it was, or else to `start`.
pub(super) async fn restore_after(runner: &mut Runner, start: Status, error: &StartError) -> bool {
    match error {
        StartError::OtherStatus { told, .. } => restore(runner, *told).await,
        // It is known only where it was not.
        StartError::NotInStatus { .. } => false,
        _ => restore(runner, start).await,
    }
}

/// Where the atendimento is after `error`, as far as that is known.
pub(super) fn told(runner: &Runner, start: Status, restored: bool, error: &StartError) -> String {
    let session = &runner.session;
    match (error, restored, session.changes()) {
        (StartError::NotInStatus { given }, ..) => format!("The atendimento is {given} now; set it back by hand"),
        (StartError::OtherStatus { told, .. }, true, 1..) => format!("The atendimento was set back to {told}"),
        (_, true, 0) => "Nothing was changed".to_owned(),
        (_, true, _) if session.witness() == Witness::Caller => {
            format!("The atendimento is {start}, where only --status-atual says that it was")
        }
        (_, true, _) => format!("The atendimento is {start} again"),
        (_, false, _) => format!("The atendimento may NOT be {start} again"),
    }
}

/// Brings the atendimento back to `start`, or says loudly that it can't.
pub(super) async fn restore(runner: &mut Runner, start: Status) -> bool {
    let restored = runner.session.restore(start).await;
    if let Err(answer) = &restored {
        let place = match runner.session.present() {
            Some(status) => format!("it is in the status {status}"),
            None => "in which status it is, is not known".to_owned(),
        };
        complain(format_args!(
            "the atendimento could NOT be set back to {start}: {place}; set it back by hand. The last attempt:\n{}",
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
