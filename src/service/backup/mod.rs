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

pub use create::create;
pub use error::BackupError;
pub use header::Header;
use portions::Portions;
pub use restore::{Filled, fill};

/// What is reported while a backup is made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many rows there are.
    Total(u64),
    /// So many more are done.
    Done(u64),
}

/// Reads a backup to its end, and checks everything that can be checked without a database.
pub fn verify(input: impl Read, report: &mut dyn FnMut(Progress)) -> Result<Header, BackupError> {
    let mut portions = Portions::open(input)?;
    report(Progress::Total(portions.header.rows()));
    while let Some(portion) = portions.next()? {
        report(Progress::Done(portion.rows.len() as u64));
    }
    Ok(portions.header)
}
