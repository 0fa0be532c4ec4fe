//! `comentario`

use indicatif::{HumanCount, ProgressBar};

use super::support::erased::erased_for_good;
use super::support::error::Result;
use super::support::input::confirm;
use super::support::output::say;
use super::support::period::{Moment, parse_moment};
use super::support::progress::styled;
use super::support::session::Session;
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
    let erasure = session.erasure();
    if !dry_run {
        confirm(yes, format_args!("All comments from before {} will be erased for ever.", antes.text))?;
    }
    let bar = styled(ProgressBar::no_length(), "{spinner} {bar:40} {percent} %, {msg} comments, {eta} left");
    let report = |Progress { reached, of, comments }| {
        bar.set_length(of);
        bar.set_position(reached);
        bar.set_message(HumanCount(comments).to_string());
    };
    let outcome = if dry_run {
        erasure.count_comments(antes.start, report).await
    } else {
        erasure.purge_comments(antes.start, report).await
    };
    bar.finish_and_clear();
    let comments = HumanCount(outcome?);
    if dry_run {
        say!("comments from before {} that would be erased: {comments}", antes.text)?;
        return Ok(());
    }
    say!("comments from before {} erased: {comments}", antes.text)?;
    erased_for_good(&erasure).await
}
