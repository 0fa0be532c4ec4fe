//! The schema and the connection to it.

use std::time::Duration;

use time::OffsetDateTime;

use super::attempt::retry_on_contention;
use super::engine::Store;
use super::error::{Result, StoreError};
use super::migrations::{COMPATIBILITY, Migration, compare, has_newer_ones};
use super::{postgres, sqlite};
use crate::clock::from_unix_millis;

/// How long readiness waits for a lock on the table of migrations.
const READY_WAIT: Duration = Duration::from_secs(2);

impl Store {
    /// Applies the pending migrations, if any.
    pub async fn migrate(&self) -> Result<()> {
        if !self.pending_migrations().await?.is_empty() {
            match self {
                Self::Postgres(store) => store.apply_migrations().await?,
                Self::Sqlite(store) => store.apply_migrations().await?,
            }
            // A newer release may have come first, and gone further.
            self.migrations().await?;
        }
        Ok(())
    }

    /// The embedded migrations that the database lacks; fails as [`Store::migrations`] does.
    pub async fn pending_migrations(&self) -> Result<Vec<Migration>> {
        Ok(self.migrations().await?.into_iter().filter(|migration| !migration.applied).collect())
    }

    /// The embedded migrations, in order, and then those of newer releases with which this one can work.
    /// An error means that the database can't be used, such as one that a newer release has migrated so
    /// that this one cannot work with it.
    pub async fn migrations(&self) -> Result<Vec<Migration>> {
        let embedded = self.migrator();
        let mut connection = self.read().await?;
        let is_there = !connection.rows::<(i32,)>(self.migrations_table(), &[]).await?.is_empty();
        let applied = if is_there { connection.applied(embedded).await? } else { Vec::new() };
        let compatibility =
            if has_newer_ones(embedded, &applied) { connection.rows(COMPATIBILITY, &[]).await? } else { Vec::new() };
        compare(embedded, &applied, &compatibility)
    }

    /// A row if there is a table of migrations.
    pub(super) fn migrations_table(&self) -> &'static str {
        match self {
            Self::Postgres(_) => postgres::MIGRATIONS_TABLE,
            Self::Sqlite(_) => sqlite::MIGRATIONS_TABLE,
        }
    }

    /// Whether changes can be made now: the database is reachable, migrated and writable. The error says what
    /// is missing.
    pub async fn ready(&self) -> Result<()> {
        let pending = || self.attempts().freshness.in_time(self.pending_migrations());
        if !retry_on_contention(READY_WAIT, pending).await?.is_empty() {
            return Err(StoreError::Pending);
        }
        self.check_writable().await
    }

    /// Fails with [`StoreError::ReadOnly`] or as a write would; somebody else's lock is no obstacle.
    pub async fn check_writable(&self) -> Result<()> {
        match self {
            Self::Postgres(store) => store.check_writable().await,
            Self::Sqlite(store) => store.check_writable().await,
        }
    }

    /// Writes as a change does, durably, and leaves no trace. Fails as a change would, such as on a full disk; and where
    /// somebody else is in the way, for then nothing is known.
    pub async fn try_write(&self) -> Result<()> {
        match self {
            Self::Postgres(store) => store.try_write().await,
            Self::Sqlite(store) => store.try_write().await,
        }
    }

    /// What the database is, and how it is reached, for people: the engine, its version, and what encrypts the way to it.
    pub async fn description(&self) -> Result<String> {
        let description = match self {
            Self::Postgres(_) => postgres::DESCRIPTION,
            Self::Sqlite(_) => "SELECT 'SQLite ' || sqlite_version()",
        };
        let row: Option<(String,)> = self.command_row(description, &[]).await?;
        Ok(row.map(|(description,)| description).unwrap_or_default())
    }

    /// The time by the database's clock.
    pub async fn now(&self) -> Result<OffsetDateTime> {
        let row: Option<(i64,)> = self.command_row("SELECT agora FROM relogio", &[]).await?;
        let (millis,) = row.unwrap_or_default();
        from_unix_millis(millis).ok_or_else(|| StoreError::Corrupt(format!("the time {millis}")))
    }

    /// The host in use, where the settings name several.
    pub fn host(&self) -> Option<String> {
        match self {
            Self::Postgres(store) => store.host(),
            Self::Sqlite(_) => None,
        }
    }

    /// The settings of the database server, as `name=value`, with which a crash may lose what was answered.
    pub async fn risks(&self) -> Result<Vec<String>> {
        match self {
            Self::Postgres(_) => {
                let rows: Vec<(String,)> = self.command_rows(postgres::RISKS, &[]).await?;
                Ok(rows.into_iter().map(|(setting,)| setting).collect())
            }
            Self::Sqlite(_) => Ok(Vec::new()),
        }
    }

    /// Whether there is no table yet, ours or anybody's, in any schema.
    pub async fn is_empty(&self) -> Result<bool> {
        let any_table = match self {
            Self::Postgres(_) => postgres::ANY_TABLE,
            Self::Sqlite(_) => "SELECT 1 FROM sqlite_schema LIMIT 1",
        };
        Ok(self.command_row::<(i32,)>(any_table, &[]).await?.is_none())
    }
}
