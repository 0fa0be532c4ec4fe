//! What a request for support needs to know of a database. Each is asked for on its own, so that one that fails or
//! takes long leaves the others.

use super::engine::Store;
use super::error::Result;

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
    pub async fn database_settings(&self) -> Result<Vec<(String, String)>> {
        self.command_rows(self.of_engine(POSTGRES_SETTINGS, SQLITE_SETTINGS), &[]).await
    }

    /// How many bytes things take. A table that is not there has none.
    pub async fn sizes(&self) -> Result<Vec<(String, Option<i64>)>> {
        self.command_rows(self.of_engine(POSTGRES_SIZES, SQLITE_SIZES), &[]).await
    }

    /// What [`Store::count`] counts.
    pub fn counted() -> impl Iterator<Item = &'static str> {
        COUNTS.into_iter().map(|(name, _)| name)
    }

    /// How many there are of `what`, which is one of [`Store::counted`].
    pub async fn count(&self, what: &str) -> Result<Option<i64>> {
        let Some((_, statement)) = COUNTS.into_iter().find(|(name, _)| *name == what) else { return Ok(None) };
        let row: Option<(i64,)> = self.command_row(statement, &[]).await?;
        Ok(row.map(|(count,)| count))
    }

    fn of_engine(&self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        match self {
            Self::Postgres(_) => postgres,
            Self::Sqlite(_) => sqlite,
        }
    }
}
