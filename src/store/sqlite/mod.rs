//! Embedded SQLite: one writer connection, a few readers, write-ahead log, every commit synced.
//! Lists travel as JSON, so that every statement is compiled once.

mod place;
mod statements;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction, raw_sql};
use time::OffsetDateTime;

use self::place::{Place, create_private, take_turn};
pub(super) use self::statements::BEGIN;
use self::statements::{INSERT, INSERT_FROM, INSERT_MOTIVOS, KEYS, MARK, MOVE, SNAPSHOT, TOUCH, TRIAL, WRITE};
use super::atendimentos::{REGISTRO, RegistroRow, SnapshotRow, registro_of, snapshot_of, steps};
use super::attempt::{Attempts, LOCK_WAIT, in_time, patiently};
use super::idempotency::{MEND, PORTION, PURGE};
use super::migrations::{COMPATIBILITY, beside_newer_ones, compare, has_newer_ones};
use super::sandbox::FORGET;
use super::{
    Atendimentos, Example, Idempotency, IdempotencyKey, Import, Migration, NewAtendimento, Result, Sandbox, Schema,
    StoreError,
};
use crate::clock::from_unix_millis;
use crate::domain::atendimento::{Atendimento, Change, Snapshot};
use crate::domain::registro::Registro;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| beside_newer_ones(sqlx::migrate!("migrations/sqlite")));

const READERS: u32 = 4;
/// How long a statement of a request waits for another process's lock until it gives its connection back and
/// is tried again.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);
/// How long a commit is tried again before the change queue takes up what has come meanwhile.
const COMMIT_WAIT: Duration = Duration::from_millis(500);
/// How long a command waits for a lock.
const COMMAND_LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Negative: KiB for each connection that needs them.
const CACHE_SIZE: &str = "-16384";
/// How far the write-ahead log may grow before it is folded into the file: 40 MiB, ten times the usual,
/// so that random pages are written and synced a tenth as often.
const CHECKPOINT_PAGES: &str = "10000";

/// A store in one file.
pub struct SqliteStore {
    pub(super) attempts: Attempts,
    options: SqliteConnectOptions,
    place: Place,
    writer: SqlitePool,
    reader: SqlitePool,
    /// For the command line and for migrations: it waits longer.
    commands: SqlitePool,
}

impl SqliteStore {
    /// Opens `file`, creating it where it is missing.
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
        // A long list or migration is nothing to warn of.
        let patient = options.clone().busy_timeout(COMMAND_LOCK_TIMEOUT).disable_statement_logging();
        let commands = pool(1).connect_with(patient).await?;
        drop(turn);
        let options = options.create_if_missing(false);
        let (writer, reader) =
            (pool(1).connect_lazy_with(options.clone()), pool(READERS).connect_lazy_with(options.clone()));
        Ok(Self { attempts, options, place: Place::new(file), writer, reader, commands })
    }

    /// A connection for what requests read.
    pub(super) async fn read(&self) -> sqlx::Result<PoolConnection<Sqlite>> {
        self.place.check()?;
        self.reader.acquire().await
    }

    /// The connection for what requests write past the change queue.
    pub(super) async fn write(&self) -> sqlx::Result<PoolConnection<Sqlite>> {
        self.place.check()?;
        self.writer.acquire().await
    }

    /// Fails while the file is not where it was. Open connections go on with the old one: they are given up.
    fn check_place(&self) -> Result<()> {
        if self.place.has_changed() {
            self.attempts.freshness.note(&StoreError::Moved);
            return Err(StoreError::Moved);
        }
        Ok(())
    }

    /// Connections for what commands read.
    pub(super) fn command_reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// The connection for what commands write.
    pub(super) fn command_writer(&self) -> &SqlitePool {
        &self.commands
    }

    /// Writes in one transaction. After any failure but a lock the connection is given up. What a session refused
    /// because it may only read is tried once more.
    async fn write_once<T, F>(&self, mut work: impl FnMut(PoolConnection<Sqlite>) -> F) -> Result<T>
    where
        F: Future<Output = (PoolConnection<Sqlite>, Result<T>)>,
    {
        let mut is_refreshed = false;
        loop {
            let (mut connection, outcome) = work(self.write().await?).await;
            let Err(error) = &outcome else {
                self.check_place()?;
                return outcome;
            };
            // On a failing disk SQLite undoes the transaction by itself, and sqlx believes itself inside it ever
            // after. Where somebody else holds the lock, there is no transaction yet.
            if !matches!(error, StoreError::Contention(_)) {
                connection.close_on_drop();
            }
            self.attempts.freshness.note(error);
            if is_refreshed || !error.is_read_only() {
                return outcome;
            }
            is_refreshed = true;
        }
    }
}

/// A failure that is none where somebody else is just writing.
fn unless_locked(error: sqlx::Error) -> Result<()> {
    match error.into() {
        StoreError::Contention(_) => Ok(()),
        error if error.is_read_only() => Err(StoreError::ReadOnly),
        error => Err(error),
    }
}

#[async_trait]
impl Schema for SqliteStore {
    async fn apply_migrations(&self) -> Result<()> {
        // SQLite has no lock of its own for this; the write lock keeps other processes out.
        let mut transaction = self.commands.begin_with(BEGIN).await?;
        MIGRATOR.run_direct(None, &mut *transaction, false).await?;
        Ok(transaction.commit().await?)
    }

    async fn migrations(&self) -> Result<Vec<Migration>> {
        let mut connection = self.read().await?;
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)")
            .bind(&*MIGRATOR.table_name)
            .fetch_one(&mut *connection)
            .await?;
        let applied = if known { connection.list_applied_migrations(&MIGRATOR.table_name).await? } else { Vec::new() };
        if known && let Some(version) = connection.dirty_version(&MIGRATOR.table_name).await? {
            return Err(MigrateError::Dirty(version).into());
        }
        let compatibility = if has_newer_ones(&MIGRATOR, &applied) {
            sqlx::query_as(COMPATIBILITY).fetch_all(&mut *connection).await?
        } else {
            Vec::new()
        };
        compare(&MIGRATOR, &applied, &compatibility)
    }

    async fn check_writable(&self) -> Result<()> {
        self.check_place()?;
        // A fresh one: what is open already may be able to write what a new one could not, and the other way round.
        let mut connection = match self.options.clone().busy_timeout(Duration::ZERO).connect().await {
            Ok(connection) => connection,
            Err(error) => return unless_locked(error),
        };
        let outcome = raw_sql(TOUCH).execute(&mut connection).await;
        connection.close().await?;
        outcome.map(drop).or_else(unless_locked)
    }

    async fn try_write(&self) -> Result<()> {
        let write = |mut connection: PoolConnection<Sqlite>| async {
            let written = trial(&mut connection).await;
            (connection, written)
        };
        self.write_once(write).await
    }

    async fn description(&self) -> Result<String> {
        Ok(sqlx::query_scalar("SELECT 'SQLite ' || sqlite_version()").fetch_one(self.command_reader()).await?)
    }

    async fn risks(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn is_empty(&self) -> Result<bool> {
        let empty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
        Ok(sqlx::query_scalar(empty).fetch_one(self.command_reader()).await?)
    }

    async fn close(&self) {
        self.reader.close().await;
        self.commands.close().await;
        // Last, so that it folds the write-ahead log back into the file.
        self.writer.close().await;
    }
}

#[async_trait]
impl Atendimentos for SqliteStore {
    async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot> {
        let (protocolos, motivos) = (list(&protocolos), list(&motivos));
        let outcome = async { snapshot(&mut *self.read().await?, &protocolos, &motivos).await }.await;
        outcome.inspect_err(|error| self.attempts.freshness.note(error))
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let commit = |mut connection: PoolConnection<Sqlite>| async {
            let refused = commit(&mut connection, changes).await;
            (connection, refused)
        };
        patiently(COMMIT_WAIT, || self.write_once(commit)).await
    }

    fn writers(&self) -> usize {
        1
    }

    async fn insert_atendimento(&self, novo: &NewAtendimento) -> Result<()> {
        let row = [(&novo.protocolo, novo.status.codigo())];
        let done = sqlx::query(INSERT).bind(list(&row)).execute(self.command_writer()).await?;
        if done.rows_affected() == 0 { Err(StoreError::AlreadyExists) } else { Ok(()) }
    }

    async fn registro(&self, protocolo: &str) -> Result<Option<Registro>> {
        let rows: Vec<RegistroRow<i64>> =
            sqlx::query_as(REGISTRO).bind(protocolo).fetch_all(self.command_reader()).await?;
        registro_of(rows, time_of)
    }

    async fn begin_import(&self) -> Result<Box<dyn Import>> {
        Ok(Box::new(SqliteImport { transaction: self.command_writer().begin_with(BEGIN).await? }))
    }
}

struct SqliteImport {
    transaction: Transaction<'static, Sqlite>,
}

#[async_trait]
impl Import for SqliteImport {
    async fn insert(&mut self, novos: &[NewAtendimento]) -> Result<HashMap<String, Atendimento>> {
        let rows: Vec<_> = novos.iter().map(|novo| (&novo.protocolo, novo.status.codigo())).collect();
        let inserted: HashSet<String> =
            sqlx::query_scalar(INSERT).bind(list(&rows)).fetch_all(&mut *self.transaction).await?.into_iter().collect();
        if inserted.len() == novos.len() {
            return Ok(HashMap::new());
        }
        let present: Vec<&str> =
            novos.iter().map(|novo| novo.protocolo.as_str()).filter(|p| !inserted.contains(*p)).collect();
        Ok(snapshot(&mut self.transaction, &list(&present), "[]").await?.atendimentos)
    }

    async fn change(&mut self, changes: &[Change]) -> Result<Vec<i64>> {
        write(&mut self.transaction, changes).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

#[async_trait]
impl Sandbox for SqliteStore {
    async fn start_over(&self, example: &Example) -> Result<()> {
        let start = |mut connection: PoolConnection<Sqlite>| async {
            let started = start_over(&mut connection, example).await;
            (connection, started)
        };
        patiently(LOCK_WAIT, || self.write_once(start)).await
    }
}

#[async_trait]
impl Idempotency for SqliteStore {
    async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>> {
        let query = sqlx::query_as(KEYS).bind(list(&keys));
        let rows: Vec<(i64, String, i64)> = in_time(async { query.fetch_all(&mut *self.read().await?).await }).await?;
        Ok(rows.into_iter().map(|(usuario_id, chave, impressao)| ((usuario_id, chave), impressao)).collect())
    }

    async fn mend_some_idempotency_keys(&self) -> Result<u64> {
        let query = || sqlx::query(MEND).bind(PORTION);
        let done = self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await?;
        Ok(done.rows_affected())
    }

    async fn purge_some_idempotency_keys(&self, kept: i64) -> Result<u64> {
        let query = || sqlx::query(PURGE).bind(PORTION).bind(kept);
        let done = self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await?;
        Ok(done.rows_affected())
    }
}

/// [`Schema::try_write`] in a transaction, which goes to the write-ahead log as a change does.
async fn trial(connection: &mut SqliteConnection) -> Result<()> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    raw_sql(TRIAL).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// [`Sandbox::start_over`] in a transaction. In an empty table SQLite would count ids from 1 again.
async fn start_over(connection: &mut SqliteConnection, example: &Example) -> Result<()> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let first_id: i64 =
        sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM atendimento").fetch_one(&mut *transaction).await?;
    for statement in FORGET {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    let motivos: Vec<_> = example.motivos.iter().map(|motivo| (&motivo.texto, motivo.chave.as_str())).collect();
    sqlx::query(INSERT_MOTIVOS).bind(list(&motivos)).execute(&mut *transaction).await?;
    let novos: Vec<_> = example.atendimentos.iter().map(|novo| (&novo.protocolo, novo.status.codigo())).collect();
    sqlx::query(INSERT_FROM).bind(list(&novos)).bind(first_id).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Loads a snapshot; both lists are JSON arrays.
async fn snapshot(connection: &mut SqliteConnection, protocolos: &str, motivos: &str) -> Result<Snapshot> {
    let rows: Vec<SnapshotRow> = sqlx::query_as(SNAPSHOT).bind(protocolos).bind(motivos).fetch_all(connection).await?;
    snapshot_of(rows)
}

/// A change as it travels: steps, id, revisao, de, para, motivo, usuario, comentario, visivel_cliente.
type ChangeRow<'a> = (i16, i64, i64, i16, i16, Option<i64>, Option<i64>, Option<&'a str>, Option<bool>);

fn row_of((steps, change): (i16, &Change)) -> ChangeRow<'_> {
    let &Change { atendimento_id, revisao, de, para, motivo_id, usuario_id, .. } = change;
    let comentario = change.comentario.as_ref();
    let (texto, visivel) = (comentario.map(|c| &*c.texto), comentario.map(|c| c.visivel_cliente));
    (steps, atendimento_id, revisao, de.codigo(), para.codigo(), motivo_id, usuario_id, texto, visivel)
}

/// [`write`] in a transaction.
async fn commit(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Vec<i64>> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let refused = write(&mut transaction, changes).await?;
    transaction.commit().await?;
    Ok(refused)
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read.
async fn write(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Vec<i64>> {
    let mut rows: Vec<ChangeRow<'_>> = steps(changes).zip(changes).map(row_of).collect();
    let moved: HashSet<i64> =
        sqlx::query_scalar(MOVE).bind(list(&rows)).fetch_all(&mut *connection).await?.into_iter().collect();
    let refused = rows.iter().filter(|row| row.0 > 0 && !moved.contains(&row.1)).map(|row| row.1).collect();
    rows.retain(|row| moved.contains(&row.1));
    if !rows.is_empty() {
        sqlx::query(WRITE).bind(list(&rows)).execute(&mut *connection).await?;
    }
    let marks: Vec<_> = changes
        .iter()
        .filter(|change| moved.contains(&change.atendimento_id))
        .filter_map(|change| change.idempotencia.as_ref().map(|mark| (change.usuario_id, &*mark.chave, mark.impressao)))
        .collect();
    if !marks.is_empty() {
        sqlx::query(MARK).bind(list(&marks)).execute(connection).await?;
    }
    Ok(refused)
}

/// A JSON array of `items`.
fn list(items: &impl Serialize) -> String {
    serde_json::to_string(items).expect("texts and numbers have a JSON form")
}

pub(super) fn time_of(millis: i64) -> Result<OffsetDateTime> {
    from_unix_millis(millis).ok_or_else(|| StoreError::Corrupt(format!("the time {millis}")))
}
