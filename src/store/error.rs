//! What can go wrong in a store, as far as anybody outside has to tell it apart.

use std::io::ErrorKind;

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// The result of a store's method.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failure of the store. Its text names no parameter and no connection string.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with that unique name is there.
    #[error("it exists already")]
    AlreadyExists,
    /// A change with that idempotency key was made meanwhile; nothing was written.
    #[error("the idempotency key was taken meanwhile")]
    KeyTaken,
    /// The database can't be reached or can't take work now; a later try may succeed.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// It did not answer in time; what was asked of it may still happen.
    #[error("the database did not answer in time")]
    Slow,
    /// Another writer stood in the way; nothing was written, and a new try is due at once.
    #[error("another writer stood in the way: {0}")]
    Contention(#[source] sqlx::Error),
    /// The schema is that of a newer release, with which this one cannot work.
    #[error("the database has migration {0}, which this release does not know; use the release that made it")]
    NewerSchema(i64),
    /// The server has no such database, or none yet.
    #[error("PostgreSQL refused: {0}; check DATABASE_URL")]
    Missing(String),
    /// The server is older than PostgreSQL 13.
    #[error("the server is PostgreSQL {0}; version 13 or newer is needed")]
    OldPostgres(String),
    /// The database stores text in another encoding.
    #[error("the database's encoding is {0}; it has to be UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")]
    Encoding(String),
    /// The server lets us not in, or not do what we have to.
    #[error("PostgreSQL refused: {0}; check DATABASE_URL, and what its role may do")]
    Refused(String),
    /// A stored value that no release writes.
    #[error("the database holds {0}, which no release of this server writes")]
    Corrupt(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(#[source] sqlx::Error),
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// Whether a later try may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Slow | Self::Contention(_))
    }
}

/// At the start.
impl StoreError {
    /// Whether a program that starts may wait for this to pass: the database is not there yet, or has no
    /// room, or takes no writes, or somebody holds SQLite's file. A refusal, a wrong certificate or a file
    /// that can't be opened does not pass by itself.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Slow | Self::Contention(_) => true,
            Self::Unavailable(sqlx::Error::Io(error)) => {
                !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::PermissionDenied)
            }
            Self::Unavailable(sqlx::Error::Database(error)) => {
                // SQLITE_BUSY, LOCKED; of PostgreSQL's errors, all that mean "unavailable".
                sqlite_primary_code(error.as_ref()).is_none_or(|code| matches!(code, 5 | 6))
            }
            // A proxy whose server is away closes what it has accepted.
            Self::Unavailable(sqlx::Error::PoolTimedOut) | Self::Other(sqlx::Error::Protocol(_)) => true,
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                // PostgreSQL names the constraint, SQLite the columns; both with the table.
                if database.message().contains("idempotencia") { Self::KeyTaken } else { Self::AlreadyExists }
            }
            sqlx::Error::Database(database) => {
                if let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() {
                    match postgres.code() {
                        // serialization_failure, deadlock_detected, lock_not_available
                        "40001" | "40P01" | "55P03" => Self::Contention(error),
                        // invalid_catalog_name
                        "3D000" => Self::Missing(postgres.message().to_owned()),
                        // invalid_authorization, insufficient_privilege
                        code if code.starts_with("28") || code == "42501" => {
                            Self::Refused(postgres.message().to_owned())
                        }
                        code if postgres_is_away(code) => Self::Unavailable(error),
                        _ => Self::Other(error),
                    }
                } else if sqlite_is_away(database.as_ref()) {
                    Self::Unavailable(error)
                } else {
                    Self::Other(error)
                }
            }
            _ => Self::Other(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::VersionMissing(version) => Self::NewerSchema(version),
            other => Self::Migration(other),
        }
    }
}

/// Classes 08 (connection) and 53 (resources), shutdown and start-up, a cancelled statement, and a
/// standby that takes no writes.
fn postgres_is_away(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57") || code == "25006"
}

/// SQLITE_BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
fn sqlite_is_away(error: &dyn sqlx::error::DatabaseError) -> bool {
    sqlite_primary_code(error).is_some_and(|code| matches!(code, 5 | 6 | 8 | 10 | 13 | 14))
}

/// The low byte of an error code of SQLite's.
fn sqlite_primary_code(error: &dyn sqlx::error::DatabaseError) -> Option<u32> {
    error.try_downcast_ref::<SqliteError>()?;
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}
