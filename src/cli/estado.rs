//! `estado`: níveis, perfis, users and motivos as a file.

use std::fmt::Display;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::support::database::IfMissing;
use super::support::error::{CliError, Result};
use super::support::input::{self, confirm};
use super::support::output::{self, complain, say, shown};
use super::support::session::Session;
use crate::config::Flags;
use crate::file_text::{decode, open_regular};
use crate::service::audit::command_line;
use crate::service::state_file::{Change, Comparison, FILE_MAX, Options, Senhas, StateFile, StateFiles};
use crate::store::Store;

const APPLY_HELP: &str = "\
The changes are shown first (+ added, ~ changed, - taken away), and made all or none. What is not in the file stays, \
unless --remover is given. The file names no senha, but where it is: senha_env = \"NAME\" or senha_file = \"PATH\". \
docs/STATE.md has all of it.

Examples:
  citrus-status estado aplicar estado.toml --dry-run
  SENHA_USER_API=... citrus-status estado aplicar estado.toml --yes
  citrus-status estado mostrar | citrus-status estado aplicar - --dry-run --remover";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Print níveis, perfis, users and motivos as a file, without senhas
    #[command(after_help = "Examples:\n  citrus-status estado mostrar > estado.toml\n  \
                            citrus-status estado mostrar --json")]
    Mostrar {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the server as a file says, all of it or nothing
    #[command(after_help = APPLY_HELP)]
    Aplicar(ApplyArgs),
}

#[derive(clap::Args)]
pub struct ApplyArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    arquivo: PathBuf,
    /// Show the changes and make none
    #[arg(long)]
    dry_run: bool,
    /// Also take away what is not in the file: grants and releases, perfis and níveis that nothing uses; users and
    /// motivos are deactivated
    #[arg(long)]
    remover: bool,
    /// Also set the senhas of users who are there already; revokes the tokens of those whose senha is another one
    #[arg(long)]
    senhas: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

pub async fn run(flags: Flags, command: Command) -> Result {
    match command {
        Command::Mostrar { json } => Session::with(&flags, IfMissing::Refuse, async |s| show(s, json).await).await,
        Command::Aplicar(args) => {
            let file = read(&args.arquivo)?;
            let if_missing = if args.dry_run { IfMissing::Refuse } else { IfMissing::Create };
            Session::with(&flags, if_missing, async |s| apply(s, &file, &args).await).await
        }
    }
}

async fn show(session: &Session, json: bool) -> Result {
    let state = session.state_files().state().await?;
    let printed = if json { output::json(&state.json()) } else { output::toml(&state.toml()) };
    Ok(printed?)
}

async fn apply(session: &Session, file: &StateFile, args: &ApplyArgs) -> Result {
    let (states, options) = (session.state_files(), Options { remove: args.remover, senhas: args.senhas });
    let compared = states.compare(file, options).await?;
    compared.changes.iter().try_for_each(|change| say!("{change}"))?;
    warn_of(&compared);
    if compared.changes.is_empty() {
        return Ok(say!("nothing to change: the server is as the file says")?);
    }
    let summary = summary(&compared.changes);
    if args.dry_run {
        return Ok(say!("{summary}; nothing was changed, because of --dry-run")?);
    }
    confirm(args.yes, &summary)?;
    states.apply(file, options, compared).await?;
    Ok(say!("{summary}")?)
}

fn warn_of(compared: &Comparison) {
    if compared.left > 0 {
        complain(format_args!("note: not in the file, and left as it is: {}; --remover takes it away", compared.left));
    }
}

fn summary(changes: &[Change]) -> String {
    let count = |sign| changes.iter().filter(|change| change.sign() == sign).count();
    format!("added: {}, changed: {}, taken away: {}", count('+'), count('~'), count('-'))
}

/// The state file at `path`, whose senhas are elsewhere.
pub fn read(path: &Path) -> Result<StateFile> {
    read_with(path, Senhas::Elsewhere(directory(path)))
}

/// The state file at `path`.
pub fn read_with(path: &Path, senhas: Senhas<'_>) -> Result<StateFile> {
    match input::open(path)? {
        None => parse("standard input", io::stdin(), senhas),
        Some(file) => parse(&shown(path), file, senhas),
    }
}

/// The file of the setting `STATE_FILE`.
pub fn read_setting(path: &Path) -> Result<StateFile> {
    let failed = |error: &dyn Display| CliError::Failed(format!("STATE_FILE: {error}"));
    let name = shown(path);
    let file = open_regular(path).map_err(|error| failed(&format_args!("{name} can't be read: {error}")))?;
    parse(&name, file, Senhas::Elsewhere(directory(path))).map_err(|error| failed(&error))
}

/// Where the paths of a state file begin.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn parse(name: &str, input: impl Read, senhas: Senhas<'_>) -> Result<StateFile> {
    let mut bytes = Vec::new();
    let read = input.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| CliError::Failed(format!("{name} can't be read: {error}")))?;
    if bytes.len() > FILE_MAX {
        return Err(CliError::Failed(format!("{name} is longer than {FILE_MAX} bytes")));
    }
    let text = decode(bytes).map_err(|error| CliError::Failed(format!("{name} {error}")))?;
    StateFile::parse(&text, senhas).map_err(|faults| CliError::Failed(format!("{name} is wrong:\n{faults}")))
}

/// Makes the server as the file of the setting `STATE_FILE` says, before it listens.
pub async fn apply_at_start(store: &Arc<Store>, file: &StateFile) -> Result {
    let changes = StateFiles::new(Arc::clone(store), command_line()).bring_about(file).await?;
    if changes.is_empty() {
        tracing::info!("the server is as STATE_FILE says");
    } else {
        tracing::info!("brought about STATE_FILE: {}; `citrus-status auditoria listar` shows it", summary(&changes));
    }
    Ok(())
}
