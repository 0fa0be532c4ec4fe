//! The connections to the file.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, Transaction};

use super::place::{Place, create_private, take_turn};
use crate::store::attempt::Attempts;
use crate::store::error::{Result, StoreError};

/// Takes the write lock at once: a transaction that reads first could not be upgraded later.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

const READERS: u32 = 4;
/// How long a statement of a request waits for another process's lock until it gives its connection back and
/// is tried again.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);
const COMMAND_LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Negative: KiB for each connection that needs them.
const CACHE_SIZE: &str = "-16384";
/// How far the write-ahead log may grow before it is folded into the file: 40 MiB, ten times the usual,
/// so that random pages are written and synced a tenth as often.
const CHECKPOINT_PAGES: &str = "10000";

pub struct SqliteStore {
    pub(in crate::store) attempts: Attempts,
    pub(super) options: SqliteConnectOptions,
    pub(super) place: Place,
    pub(in crate::store) writer: SqlitePool,
    pub(in crate::store) reader: SqlitePool,
    /// For the command line and for migrations: it waits longer.
    pub(in crate::store) commands: SqlitePool,
}

impl SqliteStore {
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(LOCK_TIMEOUT)
            .pragma("cache_size", CACHE_SIZE)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let attempts = Attempts::new(READERS);
        let pool = |connections| {
            let freshness = attempts.freshness.clone();
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .before_acquire(move |_, session| {
                    let allowed = freshness.allows(session.age);
                    Box::pin(async move { Ok(allowed) })
                })
        };
        // This one comes first: it creates the file and sets its journal mode, for which SQLite does
        // not wait when another process does the same. So only one process at a time opens it.
        let turn = take_turn(file);
        create_private(file);
        // A long list or migration is nothing to warn of. What commands erase is overwritten in the file.
        let patient = options.clone().busy_timeout(COMMAND_LOCK_TIMEOUT).disable_statement_logging();
        let patient = patient.pragma("secure_delete", "ON");
        let commands = pool(1).connect_with(patient).await?;
        drop(turn);
        let options = options.create_if_missing(false);
        let (writer, reader) =
            (pool(1).connect_lazy_with(options.clone()), pool(READERS).connect_lazy_with(options.clone()));
        Ok(Self { attempts, options, place: Place::new(file), writer, reader, commands })
    }

    pub async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        self.place.check()?;
        Ok(self.reader.acquire().await?)
    }

    /// The connection for what requests write past the change queue.
    pub async fn write(&self) -> Result<PoolConnection<Sqlite>> {
        self.place.check()?;
        Ok(self.writer.acquire().await?)
    }

    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.commands.begin_with(BEGIN).await?)
    }

    /// Writes in one transaction. After any failure but a lock the connection is given up. What a session refused
    /// because it may only read is tried once more.
    pub(super) async fn write_once<T, F>(&self, work: impl Fn(PoolConnection<Sqlite>) -> F) -> Result<T>
    where
        F: Future<Output = (PoolConnection<Sqlite>, Result<T>)>,
    {
        let attempt = || async {
            let (mut connection, outcome) = work(self.write().await?).await;
            match outcome {
                Ok(_) => self.place.check()?,
                // There is no transaction yet.
                Err(StoreError::Contention(_)) => {}
                // On a failing disk SQLite undoes the transaction by itself, and sqlx believes itself inside it ever
                // after.
                Err(_) => connection.close_on_drop(),
            }
            outcome
        };
        self.attempts.freshness.renew(attempt).await
    }

    pub async fn close(&self) {
        self.reader.close().await;
        self.commands.close().await;
        // Last, so that it folds the write-ahead log back into the file.
        self.writer.close().await;
    }
}

/// A JSON array of `items`.
pub(super) fn list(items: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(items).expect("texts and numbers have a JSON form")
}
