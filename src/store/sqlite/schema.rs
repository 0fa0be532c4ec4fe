//! The schema, and whether it can be written to.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection, Sqlite, raw_sql};

use super::store::{BEGIN, SqliteStore};
use crate::store::error::{Result, StoreError};
use crate::store::migrations::beside_newer_ones;

pub(in crate::store) static MIGRATOR: LazyLock<Migrator> =
    LazyLock::new(|| beside_newer_ones(sqlx_macros::migrate!("migrations/sqlite")));

/// A row if there is a table of migrations.
pub(in crate::store) const MIGRATIONS_TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'";

/// Changes nothing, and fails where nothing can be changed; `BEGIN IMMEDIATE` alone passes on a read-only file.
const TOUCH: &str = "BEGIN IMMEDIATE; UPDATE atendimento SET revisao = revisao WHERE false; ROLLBACK";

/// A change of any atendimento, with a revision that no change has, and its end. What is written as it was, SQLite
/// would not write at all. The comment is long and random, so that it needs pages of its own.
const TRIAL: &str = "
INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
SELECT id, -1, atualizado_em, status, status, hex(randomblob(8192)), false FROM atendimento ORDER BY id LIMIT 1;
DELETE FROM historico WHERE revisao = -1 AND atendimento_id = (SELECT min(id) FROM atendimento)";

impl SqliteStore {
    pub async fn apply_migrations(&self) -> Result<()> {
        // SQLite has no lock of its own for this; the write lock keeps other processes out.
        let mut transaction = self.commands.begin_with(BEGIN).await?;
        MIGRATOR.run_direct(None, &mut *transaction, false).await?;
        Ok(transaction.commit().await?)
    }

    pub async fn check_writable(&self) -> Result<()> {
        self.place.check().inspect_err(|error| self.attempts.freshness.note(error))?;
        // A fresh one: what is open already may be able to write what a new one could not, and the other way round.
        let mut connection = match self.options.clone().busy_timeout(Duration::ZERO).connect().await {
            Ok(connection) => connection,
            Err(error) => return unless_locked(error),
        };
        let outcome = raw_sql(TOUCH).execute(&mut connection).await;
        connection.close().await?;
        outcome.map(drop).or_else(unless_locked)
    }

    pub async fn try_write(&self) -> Result<()> {
        let write = |mut connection: PoolConnection<Sqlite>| async {
            let written = trial(&mut connection).await;
            (connection, written)
        };
        self.write_once(write).await
    }
}

/// In a transaction, which goes to the write-ahead log as a change does.
async fn trial(connection: &mut SqliteConnection) -> Result<()> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    raw_sql(TRIAL).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// A failure that is none where somebody else is just writing.
fn unless_locked(error: sqlx::Error) -> Result<()> {
    match error.into() {
        StoreError::Contention(_) => Ok(()),
        error if error.is_read_only() => Err(StoreError::ReadOnly),
        error => Err(error),
    }
}
