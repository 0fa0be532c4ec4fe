//! What can go wrong in a store, as far as anybody outside has to tell it apart.

use std::io::ErrorKind;

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use sqlx::sqlite::SqliteError;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failure of the store. Its text names no parameter and no connection string.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("it exists already")]
    AlreadyExists,
    /// A change with that idempotency key was made meanwhile; nothing was written.
    #[error("the idempotency key was taken meanwhile")]
    KeyTaken,
    /// The database can't be reached or can't take work now; a later try may succeed.
    #[error("the database is unavailable: {}", cause(.0))]
    Unavailable(#[source] sqlx::Error),
    #[error("the database is read-only")]
    ReadOnly,
    /// Of several hosts, none; each is named with what it says.
    #[error("none of the hosts in DATABASE_URL can be written to: {0}")]
    NoneWritable(String),
    /// Only of one of several hosts.
    #[error(
        "it can be written to, but it was left behind by a promotion, or holds another database: its changes would be \
         lost; a restart of this server uses it all the same"
    )]
    LeftBehind,
    /// SQLite's file is no longer where it was: what is written to it would be lost.
    #[error("the database file was moved or replaced while it was open; put it back, or restart the server")]
    Moved,
    #[error("the database has pending migrations")]
    Pending,
    /// It did not answer in time; what was asked of it may still happen.
    #[error("the database did not answer in time")]
    Slow,
    #[error("changes have failed, and no write has succeeded since")]
    Failing,
    /// Nothing was written.
    #[error(
        "commits wait for a synchronous standby, and none answers: bring it back, or take it out of \
         synchronous_standby_names"
    )]
    Stalled,
    /// A pooler gives each transaction another session.
    #[error(
        "a pooler between here and PostgreSQL gives each transaction another session; it has to keep one session for \
         each connection: pool_mode = session in PgBouncer"
    )]
    SharedSessions,
    /// Another writer stood in the way; nothing was written, and a new try is due at once.
    #[error("another writer stood in the way: {0}")]
    Contention(#[source] sqlx::Error),
    /// A migration, or a command of an operator's, needs a table alone.
    #[error(
        "another session holds a table alone, as a migration and VACUUM FULL do; try again when it has ended \
         (pg_stat_activity shows it)"
    )]
    TablesHeld,
    /// The schema is that of a newer release, with which this one cannot work.
    #[error(
        "the database has migration {0}, which this release does not know; use the release that made it, or a newer one"
    )]
    NewerSchema(i64),
    #[error("the database has no tables yet; check DATABASE_URL and DATA_DIR")]
    NoTables,
    /// What is to be filled has rows, in this table among others.
    #[error("the database has rows in the table {0}; use an empty database: a new file, or CREATE DATABASE")]
    NotEmpty(&'static str),
    #[error(
        "the database's tables are those of migration {found}, and those of migration {wanted} are needed; use an empty \
         database: a new file, or CREATE DATABASE"
    )]
    OtherSchema { found: i64, wanted: i64 },
    /// The server has no such database, or none yet.
    #[error("PostgreSQL refused: {0}; check DATABASE_URL")]
    Missing(String),
    #[error("the server is PostgreSQL {0}; version 13 or newer is needed")]
    OldPostgres(String),
    /// The database stores text in another encoding.
    #[error("the database's encoding is {0}; it has to be UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")]
    Encoding(String),
    /// The server rejects our credentials.
    #[error("PostgreSQL refused: {0}; check DATABASE_URL and DATABASE_PASSWORD, and what the role may do")]
    Refused(String),
    /// Our role lacks a privilege.
    #[error("PostgreSQL refused: {0}; check DATABASE_URL and DATABASE_PASSWORD, and what the role may do")]
    Forbidden(String),
    /// A stored value that no release writes.
    #[error("the database holds {0}, which no release of this server writes")]
    Corrupt(String),
    #[error("the database failed: {0}")]
    Other(#[source] sqlx::Error),
    #[error("the migration failed: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// Whether a later try may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::ReadOnly
                | Self::NoneWritable(_)
                | Self::Moved
                | Self::Slow
                | Self::Failing
                | Self::Stalled
                | Self::Contention(_)
                | Self::Missing(_)
                | Self::Refused(_)
        )
    }

    /// Whether the session may not write. Then nothing was written.
    pub(super) fn is_read_only(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return matches!(self, Self::ReadOnly) };
        match postgres_code(error.as_ref()) {
            Some(code) => code == READ_ONLY_TRANSACTION,
            None => sqlite_code(error.as_ref()) == Some(SQLITE_READONLY),
        }
    }

    /// Whether a write may fail like this while the database says that it can be written to: on a full disk,
    /// without a privilege, or without an answer.
    pub fn escapes_probes(&self) -> bool {
        match self {
            Self::Slow | Self::Stalled | Self::Forbidden(_) => true,
            Self::Unavailable(sqlx::Error::Database(error)) => match postgres_code(error.as_ref()) {
                Some(code) => code.starts_with("53") && code != "53300" || code.starts_with("58"),
                None => matches!(sqlite_code(error.as_ref()), Some(SQLITE_IOERR | SQLITE_FULL)),
            },
            _ => false,
        }
    }

    /// Whether the disk of the database is full. Then nothing was written.
    pub fn is_full_disk(&self) -> bool {
        matches!(self, Self::Unavailable(error) if is_full_disk(error))
    }

    /// Whether the database ended the statement because its time was over.
    pub(super) fn is_overdue(&self) -> bool {
        let (Self::Unavailable(sqlx::Error::Database(error)) | Self::Other(sqlx::Error::Database(error))) = self else {
            return false;
        };
        match postgres_code(error.as_ref()) {
            Some(code) => code == QUERY_CANCELED,
            None => sqlite_code(error.as_ref()) == Some(SQLITE_INTERRUPT),
        }
    }

    /// Whether another host of the same database might do the work.
    pub(super) fn may_be_over_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::ReadOnly | Self::Slow | Self::Stalled | Self::Missing(_) | Self::Refused(_)
        )
    }

    /// Whether sessions opened until now may be of no use later. What only the opening of a session meets
    /// (too many of them, a server that starts, a file that can't be opened) says nothing of those that are open.
    pub(super) fn taints_sessions(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else {
            return matches!(self, Self::ReadOnly | Self::Moved);
        };
        match postgres_code(error.as_ref()) {
            Some(code) => takes_no_work(code) && !matches!(code, "53300" | "57P03"),
            None => sqlite_code(error.as_ref()) != Some(SQLITE_CANTOPEN),
        }
    }
}

/// At the start.
impl StoreError {
    /// Whether a program that starts may wait for this to pass: the database is not there yet, or has no
    /// room, or takes no writes, or somebody holds SQLite's file. A refusal, a wrong certificate or a file
    /// that can't be opened does not pass by itself.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Missing(_) | Self::NoneWritable(_) | Self::Slow | Self::Contention(_) => true,
            Self::Unavailable(sqlx::Error::Io(error)) => {
                !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::PermissionDenied)
            }
            Self::Unavailable(sqlx::Error::Database(error)) => postgres_code(error.as_ref()).is_some_and(takes_no_work),
            Self::Unavailable(sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_)) => true,
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let error = match error {
            // One of ours, of a value that was read.
            sqlx::Error::ColumnDecode { index, source } => match source.downcast() {
                Ok(ours) => return *ours,
                Err(source) => sqlx::Error::ColumnDecode { index, source },
            },
            error => error,
        };
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            // A proxy whose server is away closes what it has accepted, or says something else.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                // PostgreSQL names the constraint, SQLite the columns; both with the table.
                if database.message().contains("idempotencia") { Self::KeyTaken } else { Self::AlreadyExists }
            }
            sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                Some(postgres) => match postgres_refusal(postgres) {
                    Some(refusal) => refusal,
                    None if matches!(postgres.code(), "40001" | "40P01" | "55P03") => Self::Contention(error),
                    None if postgres_is_away(postgres) => Self::Unavailable(error),
                    None => Self::Other(error),
                },
                None => match sqlite_code(database.as_ref()) {
                    Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Contention(error),
                    Some(SQLITE_READONLY | SQLITE_IOERR | SQLITE_FULL | SQLITE_CANTOPEN) => Self::Unavailable(error),
                    _ => Self::Other(error),
                },
            },
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

/// Why the database is unavailable, in words that help where there are such.
fn cause(error: &sqlx::Error) -> String {
    if is_full_disk(error) { "its disk is full; make room on it".to_owned() } else { error.to_string() }
}

/// Whether a statement failed because the disk is full; a server that ends the session for it may have written.
fn is_full_disk(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(postgres) => postgres.code() == DISK_FULL && !ends_session(postgres),
        // The file beside it that all processes share can't grow for the same reason.
        None => {
            sqlite_code(error.as_ref()) == Some(SQLITE_FULL) || error.code().as_deref() == Some(SQLITE_IOERR_SHMSIZE)
        }
    }
}

const DISK_FULL: &str = "53100";
const READ_ONLY_TRANSACTION: &str = "25006";
const QUERY_CANCELED: &str = "57014";

/// Whether the server keeps us out: classes 28 (credentials) and 3D (no such database), and a missing privilege.
fn postgres_refusal(error: &PgDatabaseError) -> Option<StoreError> {
    let message = || error.message().to_owned();
    match error.code() {
        code if code.starts_with("3D") => Some(StoreError::Missing(message())),
        code if code.starts_with("28") => Some(StoreError::Refused(message())),
        // While connecting, not at a table.
        "42501" if ends_session(error) => Some(StoreError::Refused(message())),
        "42501" => Some(StoreError::Forbidden(message())),
        _ => None,
    }
}

/// Whether it takes no work, or ends the session for whatever reason.
fn postgres_is_away(error: &PgDatabaseError) -> bool {
    takes_no_work(error.code()) || ends_session(error)
}

/// Classes 08 (connection), 53 (resources), 57 (shutdown, start-up, a cancelled statement) and 58 (system
/// error), and a database that takes no writes.
fn takes_no_work(code: &str) -> bool {
    ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == READ_ONLY_TRANSACTION
}

fn ends_session(error: &PgDatabaseError) -> bool {
    matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
}

fn postgres_code(error: &dyn DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_READONLY: u32 = 8;
const SQLITE_INTERRUPT: u32 = 9;
const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;
/// With its extension.
const SQLITE_IOERR_SHMSIZE: &str = "4874";
const SQLITE_CANTOPEN: u32 = 14;

fn sqlite_code(error: &dyn DatabaseError) -> Option<u32> {
    error.try_downcast_ref::<SqliteError>()?;
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}
