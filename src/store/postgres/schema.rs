//! The schema, and whether it can be written to.

use std::sync::LazyLock;

use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;

use super::store::PostgresStore;
use crate::store::error::{Result, StoreError};
use crate::store::migrations::beside_newer_ones;

pub(in crate::store) static MIGRATOR: LazyLock<Migrator> =
    LazyLock::new(|| beside_newer_ones(sqlx_macros::migrate!("migrations/postgres")));

/// A row if there is a table of migrations.
pub(in crate::store) const MIGRATIONS_TABLE: &str = "SELECT 1 WHERE to_regclass('_sqlx_migrations') IS NOT NULL";

pub(in crate::store) const BEGIN: &str = "BEGIN";
/// Begins a transaction that sees nothing of what others commit meanwhile.
pub(in crate::store) const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// Takes the advisory locks of the session once more, until the transaction ends: one that migrations take, whose
/// number is the driver's, would have to be given back before the end, or stay with the session.
pub(in crate::store) const HOLD_ADVISORY_LOCKS: &str = "
SELECT pg_advisory_xact_lock(classid::bigint << 32 | objid::bigint)
FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1";

pub(in crate::store) const DESCRIPTION: &str = "
SELECT 'PostgreSQL ' || current_setting('server_version') ||
       CASE WHEN ssl THEN ', ' || version || ' with ' || cipher ELSE ', not encrypted' END
FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

pub(in crate::store) const RISKS: &str = "
SELECT name || '=' || setting FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name";

/// A row if any schema but the system's holds a table or a view, of whatever kind. Names in pg_ are the system's.
pub(in crate::store) const ANY_TABLE: &str = "
SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'f', 'v', 'm') AND nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
LIMIT 1";

const IS_READ_ONLY: &str = "SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery()";

/// A change of any atendimento, but for its status and with a revision that no change has: it waits for none, and none
/// for it. The comment is long and random, so that it finds no room in a page that is there already.
const TRIAL: &str = "
WITH touched AS (UPDATE atendimento SET status = status, revisao = revisao, atualizado_em = atualizado_em WHERE false)
INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
SELECT id, -pg_backend_pid(), atualizado_em, status, status,
       (SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 512)), false
FROM atendimento ORDER BY id LIMIT 1";

impl PostgresStore {
    pub async fn apply_migrations(&self) -> Result<()> {
        Ok(MIGRATOR.run(&self.commands).await?)
    }

    pub async fn check_writable(&self) -> Result<()> {
        let check = || async {
            let is_read_only = sqlx::query_scalar(IS_READ_ONLY).fetch_one(&mut *self.acquire().await?).await?;
            if is_read_only { Err(StoreError::ReadOnly) } else { Ok(()) }
        };
        self.attempts.run(check).await
    }

    pub async fn try_write(&self) -> Result<()> {
        self.attempts.run(|| async { Ok(trial(&mut *self.acquire_to_write().await?).await?) }).await
    }
}

/// What a change writes, taken back, in a transaction that is committed all the same, so that it is made durable as
/// one.
async fn trial(connection: &mut PgConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let mut written = transaction.begin().await?;
    sqlx::query(TRIAL).execute(&mut *written).await?;
    written.rollback().await?;
    transaction.commit().await
}
