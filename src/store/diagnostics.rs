//! What a request for support needs to know of a database. Each is asked for on its own, so that one that fails or
//! takes long leaves the others.

use std::time::{Duration, Instant};

use super::engine::Store;
use super::error::{Result, StoreError};
use super::value::Row;

/// How many of SQLite's instructions lie between two looks at the clock: some tenths of a millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// The settings of PostgreSQL that matter here, and how many sessions there are.
const POSTGRES_SETTINGS: &str = "
SELECT name, concat(setting, ' ' || unit) FROM pg_settings
WHERE name IN ('default_transaction_isolation', 'default_transaction_read_only', 'fsync', 'full_page_writes',
               'max_connections', 'shared_buffers', 'synchronous_commit', 'synchronous_standby_names', 'wal_level')
UNION ALL
SELECT 'sessions of this database', count(*)::text FROM pg_stat_activity WHERE datname = current_database()
UNION ALL
SELECT 'is a standby', pg_is_in_recovery()::text
ORDER BY 1";

const SQLITE_SETTINGS: &str = "
SELECT 'foreign_keys', foreign_keys || '' FROM pragma_foreign_keys
UNION ALL SELECT 'freelist_count', freelist_count || '' FROM pragma_freelist_count
UNION ALL SELECT 'journal_mode', journal_mode FROM pragma_journal_mode
UNION ALL SELECT 'page_count', page_count || '' FROM pragma_page_count
UNION ALL SELECT 'page_size', page_size || '' FROM pragma_page_size
UNION ALL SELECT 'synchronous', synchronous || '' FROM pragma_synchronous";

/// With indexes and what is stored out of line.
const POSTGRES_SIZES: &str = "
SELECT 'database', pg_database_size(current_database())
UNION ALL
SELECT name, pg_total_relation_size(to_regclass(name))
FROM unnest(ARRAY['atendimento', 'historico', 'idempotencia']) AS name";

const SQLITE_SIZES: &str = "
SELECT 'database', page_count * page_size FROM pragma_page_count, pragma_page_size";

/// What is counted: name, and statement.
const COUNTS: [(&str, &str); 5] = [
    ("atendimentos", "SELECT count(*) FROM atendimento"),
    ("changes in the history", "SELECT count(*) FROM historico"),
    ("users", "SELECT count(*) FROM usuario"),
    ("motivos", "SELECT count(*) FROM motivo"),
    ("idempotency keys", "SELECT count(*) FROM idempotencia"),
];

impl Store {
    /// The settings of the database, by name.
    pub async fn database_settings(&self, limit: Duration) -> Result<Vec<(String, String)>> {
        self.rows_within(limit, self.of_engine(POSTGRES_SETTINGS, SQLITE_SETTINGS)).await
    }

    /// How many bytes things take. A table that is not there has none.
    pub async fn sizes(&self, limit: Duration) -> Result<Vec<(String, Option<i64>)>> {
        self.rows_within(limit, self.of_engine(POSTGRES_SIZES, SQLITE_SIZES)).await
    }

    /// What [`Store::count`] counts.
    pub fn counted() -> impl Iterator<Item = &'static str> {
        COUNTS.into_iter().map(|(name, _)| name)
    }

    /// How many there are of `what`, which is one of [`Store::counted`].
    pub async fn count(&self, what: &str, limit: Duration) -> Result<Option<i64>> {
        let Some((_, statement)) = COUNTS.into_iter().find(|(name, _)| *name == what) else { return Ok(None) };
        let rows: Vec<(i64,)> = self.rows_within(limit, statement).await?;
        Ok(rows.first().map(|(count,)| *count))
    }

    /// The rows that `statement` yields. The database itself ends the statement after `limit`: one that we only stop
    /// waiting for would go on beside the server, for as long as it takes.
    async fn rows_within<T: Row>(&self, limit: Duration, statement: &'static str) -> Result<Vec<T>> {
        let rows = match self {
            Self::Postgres(store) => {
                let mut transaction = store.commands.begin().await?;
                let set = "SELECT set_config('statement_timeout', $1, true)";
                sqlx::query(set).bind(format!("{}ms", limit.as_millis())).execute(&mut *transaction).await?;
                sqlx::query_as(statement).fetch_all(&mut *transaction).await
            }
            Self::Sqlite(store) => {
                let mut connection = store.reader.acquire().await?;
                let start = Instant::now();
                let goes_on = move || start.elapsed() < limit;
                connection.lock_handle().await?.set_progress_handler(INSTRUCTIONS, goes_on);
                let rows = sqlx::query_as(statement).fetch_all(&mut *connection).await;
                connection.lock_handle().await?.remove_progress_handler();
                rows
            }
        };
        rows.map_err(|error| {
            let error = StoreError::from(error);
            if error.is_overdue() { StoreError::Slow } else { error }
        })
    }

    fn of_engine(&self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        match self {
            Self::Postgres(_) => postgres,
            Self::Sqlite(_) => sqlite,
        }
    }
}
