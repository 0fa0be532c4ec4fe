//! A backup: all data of one moment in a file, from which a database of either engine can be filled again.
//!
//! `docs/BACKUP.md` has the format. Whatever reads a backup trusts nothing in it: `rules` judges every value, and
//! nothing is kept before the checksum has been compared.

mod create;
mod error;
mod header;
mod lines;
mod portions;
mod restore;
mod row;
mod rules;
mod writer;

use std::io::Read;

use serde_json::json;

pub use create::create;
pub use error::BackupError;
pub use header::Header;
use portions::Portions;
pub use restore::{Filled, fill};

use super::audit::named;
use crate::domain::audit::{Action, Actor, Entry};
use crate::store::{Store, StoreError};

/// A whole backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub header: Header,
    /// Of its lines, in hexadecimal, as its last line has it.
    pub sha256: String,
}

impl Backup {
    /// What the audit trail says of it. The name of the file may be that of a person; the checksum is not.
    fn entry(&self, action: Action) -> Entry {
        let Header { created_at, engine, schema, .. } = &self.header;
        let after = json!({"geradoEm": created_at, "banco": engine, "migracao": schema, "linhas": self.header.rows()});
        named(action, &self.sha256, None, Some(after))
    }

    /// Adds to the audit trail of `store` that `actor` has made it. A database that can only be read takes no entry.
    pub async fn record(&self, store: &Store, actor: &Actor) -> Result<(), StoreError> {
        store.edit().await?.commit(actor, &[self.entry(Action::CreateBackup)]).await
    }
}

/// What is reported while a backup is made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many rows there are.
    Total(u64),
    /// So many more are done.
    Done(u64),
}

/// Reads a backup to its end, and checks everything that can be checked without a database.
pub fn verify(input: impl Read, report: &mut dyn FnMut(Progress)) -> Result<Backup, BackupError> {
    let mut portions = Portions::open(input)?;
    report(Progress::Total(portions.header.rows()));
    while let Some(portion) = portions.next()? {
        report(Progress::Done(portion.rows.len() as u64));
    }
    let Portions { header, sha256, .. } = portions;
    Ok(Backup { header, sha256 })
}
