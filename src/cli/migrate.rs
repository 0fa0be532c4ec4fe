//! `migrate`

use super::support::database::{IfMissing, connect};
use super::support::error::Result;
use super::support::output::{say, table, yes_no};
use super::support::session::load;
use super::support::wait;
use crate::config::Flags;
use crate::telemetry;

#[derive(clap::Args)]
pub struct Args {
    /// Show which migrations are applied; nothing is changed
    #[arg(long)]
    status: bool,
}

pub async fn run(flags: Flags, args: Args) -> Result {
    let config = load(&flags, telemetry::start)?;
    let if_missing = if args.status { IfMissing::Refuse } else { IfMissing::Create };
    let (store, pending) = wait::until(&config, async || {
        let store = connect(&config, if_missing).await?;
        let pending = store.pending_migrations().await?.len();
        if !args.status {
            store.migrate().await?;
        }
        Ok((store, pending))
    })
    .await?;
    if args.status {
        let migrations = store.migrations().await?;
        let rows: Vec<_> = migrations
            .iter()
            .map(|m| [format!("{:04}", m.version), m.description.clone(), yes_no(m.applied)])
            .collect();
        table(["migration", "description", "applied"], &rows)?;
    } else {
        match pending {
            0 => say!("the database is up to date")?,
            _ => say!("migrations applied: {pending}")?,
        }
    }
    store.close().await;
    Ok(())
}
