//! `comentario`

use std::pin::pin;

use indicatif::{HumanCount, ProgressBar};

use super::support::erased::erased_for_good;
use super::support::error::{CliError, Result};
use super::support::input::confirm;
use super::support::output::say;
use super::support::period::{Moment, parse_moment};
use super::support::progress::styled;
use super::support::session::Session;
use super::support::{signals, wait};
use crate::service::erasure::Progress;

const PURGE_HELP: &str = "\
Statuses and their history stay. Servers may go on running. This cannot be undone. Backups still have the comments. \
If the command is interrupted, run it again.

Examples:
  citrus-status comentario expurgar --antes 2025-01-01 --dry-run
  citrus-status comentario expurgar --antes \"$(date --date '2 years ago' +%F)\" --yes";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Erase all comments made before a time
    #[command(after_help = PURGE_HELP)]
    Expurgar {
        /// Before this time: a date in UTC, or a time such as 2026-11-27T10:00:00Z
        #[arg(long, value_name = "TIME", value_parser = parse_moment)]
        antes: Moment,
        /// Count the comments, but erase nothing
        #[arg(long)]
        dry_run: bool,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(session: &Session, command: Command) -> Result {
    let Command::Expurgar { antes, dry_run, yes } = command;
    if antes.start > session.store.now().await? {
        let text = antes.text;
        return Err(CliError::Usage(format!("--antes {text} is in the future; give a time that has passed")));
    }
    let erasure = session.erasure();
    if !dry_run {
        confirm(yes, format_args!("All comments from before {} will be erased for ever.", antes.text))?;
    }
    let (mut so_far, stop) = (0, pin!(signals::stop()?));
    let bar = styled(ProgressBar::no_length(), "{spinner} {bar:40} {percent} %, {msg} comments, {eta} left");
    let report = |Progress { reached, of, comments }| {
        bar.set_length(of);
        bar.set_position(reached);
        bar.set_message(HumanCount(comments).to_string());
        so_far = comments;
    };
    let work = async {
        if dry_run {
            erasure.count_comments(antes.start, report).await
        } else {
            erasure.purge_comments(antes.start, report).await
        }
    };
    // A portion that is cut off is undone.
    let outcome = wait::unless_stopped(work, stop).await.transpose();
    bar.finish_and_clear();
    match outcome? {
        Some(comments) if dry_run => {
            say!("comments from before {} that would be erased: {}", antes.text, HumanCount(comments))?;
            Ok(())
        }
        Some(comments) => {
            say!("comments from before {} erased: {}", antes.text, HumanCount(comments))?;
            erased_for_good(&erasure).await
        }
        None if dry_run => Err(CliError::Failed("stopped; nothing was changed".to_owned())),
        None => {
            erased_for_good(&erasure).await?;
            let comments = HumanCount(so_far);
            Err(CliError::Failed(format!("stopped; comments erased so far: {comments}; run it again for the others")))
        }
    }
}
