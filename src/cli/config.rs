//! `config`

use super::Result;
use super::output::{say, table};
use crate::config::{Config, Flags, effective};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check the settings and print the effective ones, secrets masked
    #[command(after_help = "Example:\n  LOG_LEVEL=debug citrus-status config check")]
    Check,
}

pub fn run(flags: Flags, command: Command) -> Result {
    match command {
        Command::Check => check(&flags),
    }
}

fn check(flags: &Flags) -> Result {
    let sources = flags.sources()?;
    let rows: Vec<_> = effective(&sources)?
        .into_iter()
        .map(|(name, text, origin)| [name.to_owned(), text, origin.name().to_owned()])
        .collect();
    table(["setting", "value", "from"], &rows)?;
    Config::load(&sources)?.require_secret()?;
    say!("\nthe settings are valid")?;
    Ok(())
}
