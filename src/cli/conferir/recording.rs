//! `conferir --gravar` at the terminal.

use std::io::Write;
use std::path::Path;

use indicatif::ProgressBar;

use super::args::Args;
use super::ending::{Signals, explained, on_trust, restore, restore_after, told};
use crate::cli::support::error::{CliError, Result};
use crate::cli::support::input::confirmed;
use crate::cli::support::output::{complain, create_private, say, shown};
use crate::conferir::record::{Wishes, record};
use crate::conferir::runner::Runner;
use crate::conferir::session::StartError;
use crate::conferir::witness::Witness;
use crate::config;
use crate::domain::atendimento::Status;
use crate::printable::printable;

/// Asks the server how it answers, and writes that to `file`.
pub(super) async fn record_dialect(
    args: &Args,
    file: &Path,
    runner: &mut Runner,
    start: Status,
    wishes: Wishes,
) -> Result {
    let mut new = create_private(file)?;
    complain(format_args!(
        "{} is asked as '{}' how it answers. About a dozen logins are refused, some of them with this login: a server that counts failures \
         may lock it out for a while. Atendimento '{}' will be changed about thirty times, and is \
         {start} again at the end. Its history remains, and one comment that the customer does not see. A server that checks no \
         comments takes about five, and may show some of them to the customer.",
        args.base_url,
        printable(&args.login),
        printable(&args.protocolo),
    ));
    if runner.session.witness() == Witness::Caller {
        complain(on_trust(start.nome()));
    }
    if !args.yes && !confirmed()? {
        return Err(CliError::Failed("nothing was changed".to_owned()));
    }
    let bar = ProgressBar::new_spinner();
    let mut signals = Signals::watch()?;
    let recorded = tokio::select! {
        recorded = record(runner, start, wishes, |case| bar.set_message(case.to_owned())) => Some(recorded),
        () = signals.next() => None,
    };
    bar.finish_and_clear();
    let recorded = recorded.unwrap_or_else(|| {
        complain("stopping; the atendimento is set back first");
        Err(StartError::Stopped)
    });
    let restored = match &recorded {
        Err(error) => restore_after(runner, start, error).await,
        Ok(_) => restore(runner, start).await,
    };
    let recording = recorded.map_err(|error| {
        _ = std::fs::remove_file(file);
        let end = told(runner, start, restored, &error);
        CliError::Failed(format!("{}\n{end}; no dialect was written", explained(args, error)))
    })?;
    new.write_all(runner.session.redacted(&recording.toml(args.base_url.as_str(), "Not asked")).as_bytes())?;
    for (what, why) in &recording.unasked {
        say!("not asked: {what}: {}", printable(why.lines().next().unwrap_or_default()))?;
    }
    let lost = recording.comments.iter().filter_map(|(_, what)| what.strip_prefix("not reproduced: "));
    for what in lost {
        say!("not reproduced: {}", printable(what.lines().next().unwrap_or_default()))?;
    }
    config::read_dialect(file)
        .map_err(|what| CliError::Failed(format!("{} is no dialect; please report this: {what}", shown(file))))?;
    say!(
        "{} answers of its own; try them with `citrus-status demo --dialeto {}`",
        recording.file.respostas.len(),
        shown(file)
    )?;
    if !restored {
        let place = runner.session.present().map_or("in an unknown status", Status::nome);
        return Err(CliError::Failed(format!(
            "the dialect was written, and the atendimento is NOT back in its status: it is {place}"
        )));
    }
    if runner.session.witness() == Witness::Caller {
        complain(format_args!("the atendimento is {start}: that it was so before, only --status-atual says"));
    }
    Ok(())
}
