//! `config`

use super::estado;
use super::support::database;
use super::support::error::{CliError, Result};
use super::support::output::{say, shown, table};
use crate::config::{Config, Flags, effective};
use crate::printable::printable;
use crate::store::Target;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check the settings and print the effective values, secrets masked
    #[command(after_help = "Examples:\n  LOG_LEVEL=debug citrus-status config check\n  \
                            citrus-status config check --database")]
    Check {
        /// Also connect to the database and describe it; nothing is changed
        #[arg(long)]
        database: bool,
    },
}

pub async fn run(flags: Flags, command: Command) -> Result {
    match command {
        Command::Check { database } => check(&flags, database).await,
    }
}

async fn check(flags: &Flags, with_database: bool) -> Result {
    let sources = flags.sources()?;
    let rows: Vec<_> = effective(&sources)?
        .into_iter()
        .map(|(name, text, origin)| [name.to_owned(), text, origin.name().to_owned()])
        .collect();
    table(["setting", "value", "from"], &rows)?;
    let config = Config::load(&sources)?;
    config.require_secret()?;
    config.state_file.as_deref().map(estado::read_setting).transpose()?;
    say!("")?;
    if let Some(tls) = config.tls() {
        say!("TLS to the database: {tls}")?;
    }
    if let Some(warning) = database::network_of(&config.database.target) {
        say!("warning: {warning}")?;
    }
    if with_database {
        connect(&config).await?;
    }
    say!("the settings are valid")?;
    Ok(())
}

/// Connects to the database as `serve` would, and says what it finds.
async fn connect(config: &Config) -> Result {
    if let Target::Sqlite { file } = &config.database.target
        && !file.exists()
    {
        say!("the database {} is not there yet; `citrus-status serve` or `migrate` creates it", shown(file))?;
        return Ok(());
    }
    let store = database::open(config).await?;
    let description = store.description().await?;
    let pending = store.pending_migrations().await?.len();
    let host = store.host();
    store.close().await;
    if let Some(host) = host {
        say!("the host that can be written to: {}", printable(&host))?;
    }
    say!("the database answers: {}", printable(&description))?;
    match pending {
        0 => say!("its migrations are up to date")?,
        _ if config.database.auto_migrate => say!("migrations pending: {pending}; the next start applies them")?,
        _ => {
            return Err(CliError::Failed(format!(
                "migrations pending: {pending}; run `citrus-status migrate`, or set AUTO_MIGRATE=true"
            )));
        }
    }
    Ok(())
}
