//! Why a backup can't be made, read or restored. No text repeats a value.

use std::io::{self, ErrorKind};

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the backup can't be written: {0}")]
    Write(#[source] io::Error),
    #[error("the backup can't be read: {0}")]
    Read(#[source] io::Error),
    /// A value of the database that would be refused in a backup.
    #[error("the database holds a value that no release writes: {0}; mend it, then make the backup")]
    Invalid(String),
    #[error("this is no backup of citrus-status: {0}")]
    Foreign(&'static str),
    #[error("the backup has format {found}, and this release reads up to {known}; use a newer release")]
    Format { found: u64, known: u64 },
    #[error(
        "the backup has the tables of migration {schema}, and this release knows {newest}; use citrus-status {program} \
         or newer"
    )]
    Newer { schema: i64, newest: i64, program: String },
    #[error("the backup's tables are not those of migration {schema}: {found}")]
    Tables { schema: i64, found: String },
    #[error("line {line} of the backup: {fault}")]
    Line { line: u64, fault: String },
    #[error("the backup ends too early; it was cut off: make or fetch it anew")]
    Truncated,
    #[error("the backup is damaged: {0}; fetch it anew, or use another")]
    Damaged(&'static str),
    #[error("something follows the end of the backup; the file is not as it was written")]
    Trailing,
    /// The database took no rows of a table.
    #[error("the rows of {table} can't be restored: {error}")]
    Refused { table: &'static str, error: StoreError },
}

impl BackupError {
    /// What reading packed text met.
    pub(super) fn of_reading(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Truncated,
            ErrorKind::InvalidData | ErrorKind::InvalidInput => Self::Damaged("it can't be unpacked"),
            _ => Self::Read(error),
        }
    }
}
