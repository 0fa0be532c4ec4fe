//! The connections to the file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite};
use tokio::sync::Semaphore;

use super::place::{Place, create_private, take_turn};
use super::transaction::{SqliteTransaction, Turn};
use crate::store::attempt::{Attempts, retry_on_contention};
use crate::store::budget::{self, Bounds};
use crate::store::error::{Result, StoreError};

/// Takes the write lock at once: a transaction that reads first could not be upgraded later.
pub(in crate::store) const BEGIN: &str = "BEGIN IMMEDIATE";
/// Begins a transaction that sees nothing of what others commit meanwhile.
pub(in crate::store) const BEGIN_SNAPSHOT: &str = "BEGIN";

const READERS: u32 = 4;
/// How long a statement of a request waits for another process's lock until it gives its connection back and
/// is tried again.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);
const COMMAND_LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long administration over HTTP waits for another process's lock.
const EDIT_WAIT: Duration = Duration::from_secs(1);
/// How long all of its statements on a connection may take, until it gives that back.
const EDIT_TIME: Duration = Duration::from_secs(4);
/// After how many of its instructions SQLite looks whether the time is over.
const INSTRUCTIONS: i32 = 100_000;

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
    /// For administration over HTTP.
    pub(in crate::store) administration: SqlitePool,
    /// One administrator changes something at a time.
    edits: Arc<Semaphore>,
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
        let administration = pool(budget::CONNECTIONS)
            .idle_timeout(budget::IDLE)
            .connect_lazy_with(options.clone().pragma("secure_delete", "ON"));
        let (place, edits) = (Place::new(file), Arc::new(Semaphore::new(1)));
        Ok(Self { attempts, options, place, writer, reader, commands, administration, edits })
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

    /// A connection for what administration over HTTP does; SQLite ends by itself what takes too long on it.
    pub async fn administer(&self) -> Result<PoolConnection<Sqlite>> {
        self.place.check()?;
        let mut connection = self.administration.acquire().await?;
        bound(&mut connection).await?;
        Ok(connection)
    }

    /// A transaction of a command's.
    pub async fn begin(&self, begin: &'static str, bounds: Bounds) -> Result<SqliteTransaction> {
        Ok(SqliteTransaction::new(self.commands.begin_with(begin).await?, bounds, None))
    }

    /// A transaction of administration over HTTP. In between it lets changes have their turn.
    pub async fn begin_bounded(&self, begin: &'static str, bounds: Bounds) -> Result<SqliteTransaction> {
        let place = Arc::clone(&self.edits).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let attempt = || async {
            let line = self.write().await?;
            let mut transaction = self.administration.begin_with(begin).await?;
            bound(&mut transaction).await?;
            Ok((transaction, line))
        };
        let (transaction, line) = retry_on_contention(EDIT_WAIT, attempt).await?;
        Ok(SqliteTransaction::new(transaction, bounds, Some(Turn { _line: line, _place: place })))
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
        self.administration.close().await;
        // Last, so that it folds the write-ahead log back into the file.
        self.writer.close().await;
    }
}

/// Lets what is done on `connection` from now on take no longer than a request's may.
async fn bound(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let start = Instant::now();
    let goes_on = move || start.elapsed() < EDIT_TIME;
    connection.lock_handle().await?.set_progress_handler(INSTRUCTIONS, goes_on);
    Ok(())
}

/// A JSON array of `items`.
pub(super) fn list(items: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(items).expect("texts and numbers have a JSON form")
}
