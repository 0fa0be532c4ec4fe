//! Where things are kept. Engines are dumb: they load, and they write under a guard.
//!
//! [`Store`] is the seam: a handful of traits, one a role, that [`postgres`] and [`sqlite`] both
//! implement. `tests/conformance` runs every method on each engine.

mod access;
mod atendimentos;
mod attempt;
mod error;
mod idempotency;
mod listings;
mod migrations;
pub mod postgres;
mod provisioning;
mod reads;
mod sandbox;
pub mod sqlite;
mod throttle;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use access::{Access, Credential};
pub use atendimentos::{Atendimentos, Import, NewAtendimento};
pub use attempt::{LOCK_WAIT, patiently};
pub use error::{Result, StoreError};
pub use idempotency::{Idempotency, IdempotencyKey};
pub use listings::{AtendimentosAsked, Between, HistoricoAsked, Listings};
pub use provisioning::{Concessao, Liberacao, Motivo, Perfil, Provisioning, Usuario};
pub use reads::Reads;
pub use sandbox::{Example, Sandbox};
pub use throttle::{Bucket, BucketKey, Debit, Throttling};

/// How long readiness waits for a lock on the table of migrations.
const READY_WAIT: Duration = Duration::from_secs(2);

/// Everything the server keeps.
pub trait Store:
    Atendimentos + Reads + Listings + Access + Provisioning + Throttling + Idempotency + Sandbox + Schema
{
}

impl<T: Atendimentos + Reads + Listings + Access + Provisioning + Throttling + Idempotency + Sandbox + Schema> Store
    for T
{
}

/// The schema and the connection to it.
#[async_trait]
pub trait Schema: Send + Sync {
    /// Applies the pending migrations, if any.
    async fn migrate(&self) -> Result<()> {
        if !self.pending_migrations().await?.is_empty() {
            self.apply_migrations().await?;
            // A newer release may have come first, and gone further.
            self.migrations().await?;
        }
        Ok(())
    }

    /// The embedded migrations that the database lacks; fails as [`Schema::migrations`] does.
    async fn pending_migrations(&self) -> Result<Vec<Migration>> {
        Ok(self.migrations().await?.into_iter().filter(|migration| !migration.applied).collect())
    }

    /// Applies the migrations under a lock, so that processes that start together apply them once.
    async fn apply_migrations(&self) -> Result<()>;

    /// The embedded migrations, in order, and then those of newer releases with which this one can work.
    /// An error means that the database can't be used, such as one that a newer release has migrated so
    /// that this one cannot work with it.
    async fn migrations(&self) -> Result<Vec<Migration>>;

    /// Whether changes can be made now: the database is reachable, migrated and writable. The error says what
    /// is missing.
    async fn ready(&self) -> Result<()> {
        if !patiently(READY_WAIT, || self.pending_migrations()).await?.is_empty() {
            return Err(StoreError::Pending);
        }
        self.check_writable().await
    }

    /// Fails with [`StoreError::ReadOnly`] or as a write would; somebody else's lock is no obstacle.
    async fn check_writable(&self) -> Result<()>;

    /// Writes as a change does, durably, and leaves no trace. Fails as a change would, such as on a full disk; and where
    /// somebody else is in the way, for then nothing is known.
    async fn try_write(&self) -> Result<()>;

    /// What the database is, and how it is reached, for people: the engine, its version, and what encrypts the way to it.
    async fn description(&self) -> Result<String>;

    /// The settings of the database server, as `name=value`, with which a crash may lose what was answered.
    async fn risks(&self) -> Result<Vec<String>>;

    /// Whether there is no table yet, ours or anybody's, in any schema.
    async fn is_empty(&self) -> Result<bool>;

    /// Ends all connections.
    async fn close(&self);
}

/// A migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it is for.
    pub description: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Which database, and how many connections to it.
#[derive(Clone)]
pub enum Target {
    /// The embedded engine.
    Sqlite {
        /// The database file; created where it is missing.
        file: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Connection settings, password included; `Debug` of this type would print it.
        options: Box<sqlx::postgres::PgConnectOptions>,
        /// Most connections open at once.
        max_connections: u32,
    },
}

/// Opens `target` without touching its schema.
pub async fn open(target: Target) -> Result<Arc<dyn Store>> {
    Ok(match target {
        Target::Sqlite { file } => Arc::new(sqlite::SqliteStore::open(&file).await?),
        Target::Postgres { options, max_connections } => {
            Arc::new(postgres::PostgresStore::open(*options, max_connections).await?)
        }
    })
}
