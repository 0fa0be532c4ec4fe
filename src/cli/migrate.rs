//! `migrate`

use super::output::{say, table, yes_no};
use super::{Result, connect, load};
use crate::config::Flags;

#[derive(clap::Args)]
pub struct Args {
    /// Show which migrations the database has, and change nothing
    #[arg(long)]
    status: bool,
}

pub async fn run(flags: Flags, args: Args) -> Result {
    let store = connect(&load(&flags)?).await?;
    let before = store.migrations().await?;
    if args.status {
        let rows: Vec<_> =
            before.iter().map(|m| [format!("{:04}", m.version), m.description.clone(), yes_no(m.applied)]).collect();
        table(["migration", "description", "applied"], &rows)?;
    } else {
        store.migrate().await?;
        match before.iter().filter(|migration| !migration.applied).count() {
            0 => say!("the database is up to date")?,
            pending => say!("migrations applied: {pending}")?,
        }
    }
    store.close().await;
    Ok(())
}
