//! The store: one engine or the other. What both read alike runs here, on whichever it is.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use sqlx::migrate::{AppliedMigration, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::attempt::Attempts;
use super::budget::{Bounds, Handle, Patience};
use super::error::{Result, StoreError};
use super::migrations;
use super::postgres::{self, PooledConnection, PostgresStore, PostgresTransaction};
use super::sqlite::{self, SqliteStore, SqliteTransaction};
use super::value::{Param, Row, arguments};

pub enum Store {
    Postgres(Handle<PostgresStore, Postgres>),
    Sqlite(Handle<SqliteStore, Sqlite>),
}

/// Which database, and how many connections to it.
#[derive(Clone)]
pub enum Target {
    Sqlite {
        /// The database file; created where it is missing.
        file: PathBuf,
    },
    Postgres {
        /// How to connect to each host, of which the one that can be written to is used. Passwords included; `Debug`
        /// of this type would print them.
        hosts: Vec<sqlx::postgres::PgConnectOptions>,
        max_connections: u32,
    },
}

impl Store {
    /// Opens `target` without touching its schema.
    pub async fn open(target: Target) -> Result<Arc<Self>> {
        Ok(Arc::new(match target {
            Target::Sqlite { file } => {
                let store = Arc::new(SqliteStore::open(&file).await?);
                let commands = store.commands.clone();
                Self::Sqlite(Handle::new(store, commands))
            }
            Target::Postgres { hosts, max_connections } => {
                let store = Arc::new(PostgresStore::open(hosts, max_connections).await?);
                let commands = store.commands.clone();
                Self::Postgres(Handle::new(store, commands))
            }
        }))
    }

    /// The name of the engine, for people.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite(_) => "SQLite",
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Postgres(store) => store.close().await,
            Self::Sqlite(store) => store.close().await,
        }
    }

    /// The same database for administration over HTTP: whatever is asked of it takes one of its own few connections, and
    /// fails soon, as for a database that is away, where it would have to wait for long. Both end with either's
    /// [`Store::close`].
    #[must_use]
    pub fn administration(&self) -> Arc<Self> {
        Arc::new(match self {
            Self::Postgres(store) => Self::Postgres(store.bounded(&store.administration)),
            Self::Sqlite(store) => Self::Sqlite(store.bounded(&store.administration)),
        })
    }

    /// The limits of its statements: those of administration over HTTP have some, those of commands have none.
    pub(super) fn bounds(&self) -> Bounds {
        if self.is_bounded() { Bounds::of(&self.attempts().freshness) } else { Bounds::none() }
    }

    fn is_bounded(&self) -> bool {
        match self {
            Self::Postgres(store) => store.is_bounded,
            Self::Sqlite(store) => store.is_bounded,
        }
    }

    /// How long whoever asks for something waits for all of it, from now on.
    pub fn patience(&self) -> Patience {
        Patience::begin(self.is_bounded())
    }

    /// A connection for what requests read.
    pub(super) async fn read(&self) -> Result<Connection> {
        Ok(match self {
            Self::Postgres(store) if store.is_bounded => Connection::Postgres(store.acquire_of(&store.desk).await?),
            Self::Sqlite(store) if store.is_bounded => Connection::Sqlite(store.administer().await?),
            Self::Postgres(store) => Connection::Postgres(store.acquire().await?),
            Self::Sqlite(store) => Connection::Sqlite(store.read().await?),
        })
    }

    /// A connection for what requests write past the change queue.
    async fn write(&self) -> Result<Connection> {
        Ok(match self {
            Self::Postgres(store) => Connection::Postgres(store.acquire_to_write().await?),
            Self::Sqlite(store) => Connection::Sqlite(store.write().await?),
        })
    }

    /// A connection for what commands read.
    pub(super) async fn command_reader(&self) -> Result<Connection> {
        Ok(match self {
            Self::Postgres(store) => Connection::Postgres(store.acquire_of(&store.desk).await?),
            Self::Sqlite(store) if store.is_bounded => Connection::Sqlite(store.administer().await?),
            Self::Sqlite(store) => Connection::Sqlite(store.reader.acquire().await?),
        })
    }

    /// The migrations that this release has.
    pub(super) fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Postgres(_) => &postgres::MIGRATOR,
            Self::Sqlite(_) => &sqlite::MIGRATOR,
        }
    }

    pub(super) fn attempts(&self) -> &Attempts {
        match self {
            Self::Postgres(store) => &store.attempts,
            Self::Sqlite(store) => &store.attempts,
        }
    }
}

/// For requests: what meets a lock is tried again, unless an administrator asks, who is told.
impl Store {
    /// The rows that `statement` yields.
    pub(super) async fn rows<T: Row>(&self, statement: &'static str, values: &[Param<'_>]) -> Result<Vec<T>> {
        if self.bounds().are_set() {
            return self.command_rows(statement, values).await;
        }
        self.attempts().run(|| async { self.read().await?.rows(statement, values).await }).await
    }

    pub(super) async fn row<T: Row>(&self, statement: &'static str, values: &[Param<'_>]) -> Result<Option<T>> {
        Ok(self.rows(statement, values).await?.pop())
    }

    /// Runs `statement`, and returns how many rows it wrote.
    pub(super) async fn execute(&self, statement: impl SqlSafeStr, values: &[Param<'_>]) -> Result<u64> {
        let statement = statement.into_sql_str();
        self.attempts().run(|| async { self.write().await?.execute(statement.clone(), values).await }).await
    }
}

/// For commands, which wait for locks, and for administration over HTTP, which does not.
impl Store {
    /// The rows that `statement` yields.
    pub(super) async fn command_rows<T: Row>(&self, statement: &'static str, values: &[Param<'_>]) -> Result<Vec<T>> {
        // Boxed, because every request that reads would hold it.
        Box::pin(self.bounds().keep(async { self.command_reader().await?.rows(statement, values).await })).await
    }

    pub(super) async fn command_row<T: Row>(&self, statement: &'static str, values: &[Param<'_>]) -> Result<Option<T>> {
        Ok(self.command_rows(statement, values).await?.pop())
    }

    /// The rows that `statement` yields, one by one. A connection that does not warn of slow statements is held meanwhile.
    pub(super) fn command_stream<'a, T: Row + 'a>(
        &'a self,
        statement: &'static str,
        values: &[Param<'_>],
    ) -> sqlx::Result<BoxStream<'a, sqlx::Result<T>>> {
        Ok(match self {
            Self::Postgres(store) => sqlx::query_as_with(statement, arguments::<Postgres>(values)?).fetch(&store.desk),
            Self::Sqlite(store) => sqlx::query_as_with(statement, arguments::<Sqlite>(values)?).fetch(&store.desk),
        })
    }

    /// A transaction that reads, and sees what was committed before it.
    pub(super) async fn begin_snapshot(&self) -> Result<Transaction> {
        self.begin_as(postgres::BEGIN_SNAPSHOT, sqlite::BEGIN_SNAPSHOT, self.bounds()).await
    }

    /// A transaction that writes.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        self.begin_within(self.patience()).await
    }

    /// The same, for which somebody waits with `patience`.
    pub(super) async fn begin_within(&self, patience: Patience) -> Result<Transaction> {
        self.begin_as(postgres::BEGIN, sqlite::BEGIN, self.bounds().within(patience)).await
    }

    async fn begin_as(&self, postgres: &'static str, sqlite: &'static str, bounds: Bounds) -> Result<Transaction> {
        let begun = async {
            Ok::<_, StoreError>(match self {
                Self::Postgres(store) if store.is_bounded => {
                    Transaction::Postgres(store.begin_bounded(postgres, bounds.clone()).await?)
                }
                Self::Postgres(store) => Transaction::Postgres(store.begin(postgres).await?),
                Self::Sqlite(store) if store.is_bounded => {
                    Transaction::Sqlite(store.begin_bounded(sqlite, bounds.clone()).await?)
                }
                Self::Sqlite(store) => Transaction::Sqlite(store.begin(sqlite, bounds.clone()).await?),
            })
        };
        // Boxed, because whoever edits something would hold it whole.
        Box::pin(bounds.keep(begun)).await
    }
}

/// A connection of a pool.
pub(super) enum Connection {
    Postgres(PooledConnection),
    Sqlite(PoolConnection<Sqlite>),
}

impl Connection {
    /// The ids in the `id_list` at `place` of a statement.
    pub fn ids_of(&self, place: &str) -> String {
        match self {
            Self::Postgres(_) => {
                format!("(SELECT list.value::bigint FROM json_array_elements_text({place}::json) list)")
            }
            Self::Sqlite(_) => format!("(SELECT value FROM json_each({place}))"),
        }
    }

    pub async fn rows<T: Row>(&mut self, statement: impl SqlSafeStr, values: &[Param<'_>]) -> Result<Vec<T>> {
        Ok(match self {
            Self::Postgres(connection) => {
                sqlx::query_as_with(statement, arguments::<Postgres>(values)?).fetch_all(&mut **connection).await?
            }
            Self::Sqlite(connection) => {
                sqlx::query_as_with(statement, arguments::<Sqlite>(values)?).fetch_all(&mut **connection).await?
            }
        })
    }

    async fn execute(&mut self, statement: SqlStr, values: &[Param<'_>]) -> Result<u64> {
        Ok(match self {
            Self::Postgres(connection) => {
                let query = sqlx::query_with(statement, arguments::<Postgres>(values)?);
                query.execute(&mut **connection).await?.rows_affected()
            }
            Self::Sqlite(connection) => {
                let query = sqlx::query_with(statement, arguments::<Sqlite>(values)?);
                query.execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// The migrations that the database has.
    pub async fn applied(&mut self, embedded: &Migrator) -> Result<Vec<AppliedMigration>> {
        Ok(match self {
            Self::Postgres(connection) => migrations::applied(&mut **connection, embedded).await?,
            Self::Sqlite(connection) => migrations::applied(&mut **connection, embedded).await?,
        })
    }
}

/// A transaction of a command's, or of administration over HTTP; dropping it undoes it.
pub(super) enum Transaction {
    Postgres(PostgresTransaction),
    Sqlite(SqliteTransaction),
}

impl Transaction {
    pub async fn rows<T: Row>(&mut self, statement: impl SqlSafeStr, values: &[Param<'_>]) -> Result<Vec<T>> {
        match self {
            Self::Postgres(transaction) => {
                let query = sqlx::query_as_with(statement, arguments::<Postgres>(values)?);
                transaction.bounds().keep(query.fetch_all(&mut **transaction)).await
            }
            Self::Sqlite(transaction) => {
                let query = sqlx::query_as_with(statement, arguments::<Sqlite>(values)?);
                transaction.bounds.clone().keep(query.fetch_all(&mut **transaction)).await
            }
        }
    }

    pub async fn execute(&mut self, statement: impl SqlSafeStr, values: &[Param<'_>]) -> Result<u64> {
        Ok(match self {
            Self::Postgres(transaction) => {
                let query = sqlx::query_with(statement, arguments::<Postgres>(values)?);
                transaction.bounds().keep(query.execute(&mut **transaction)).await?.rows_affected()
            }
            Self::Sqlite(transaction) => {
                let query = sqlx::query_with(statement, arguments::<Sqlite>(values)?);
                transaction.bounds.clone().keep(query.execute(&mut **transaction)).await?.rows_affected()
            }
        })
    }

    /// The migrations that the database has.
    pub async fn applied(&mut self, embedded: &Migrator) -> Result<Vec<AppliedMigration>> {
        Ok(match self {
            Self::Postgres(transaction) => migrations::applied(&mut **transaction, embedded).await?,
            Self::Sqlite(transaction) => migrations::applied(&mut **transaction, embedded).await?,
        })
    }

    /// Applies the migrations up to `version`, or all; those that the database has are passed over.
    pub async fn migrate_to(&mut self, embedded: &Migrator, version: Option<i64>) -> Result<()> {
        match self {
            Self::Postgres(transaction) => embedded.run_direct(version, &mut **transaction, false).await?,
            Self::Sqlite(transaction) => embedded.run_direct(version, &mut **transaction, false).await?,
        }
        Ok(())
    }

    /// Makes it durable and visible.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
    }
}
