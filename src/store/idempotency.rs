//! The idempotency keys of changes made. Both engines read this SQL alike, so it is written once.
//! Keys are written with their changes, see [`super::Atendimentos::commit`].

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use super::{Result, in_time};

/// A user's row id and a key of that user's.
pub type IdempotencyKey = (i64, String);

/// How many keys are purged in one transaction, so that none holds up changes for long.
const PURGED_AT_ONCE: i64 = 5_000;

/// The idempotency keys of changes made.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// The fingerprints of the bodies with which the `keys` came that are known.
    async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>>;

    /// Forgets the keys of changes made before `before`, in milliseconds since 1970; returns how many.
    async fn purge_idempotency_keys(&self, before: i64) -> Result<u64>;
}

/// Implements [`Idempotency`] on a store that has connections to `read()` from and to `write()` to.
macro_rules! impl_idempotency {
    ($store:ty, $engine:ty) => {
        #[async_trait]
        impl Idempotency for $store {
            async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>> {
                let mut query = QueryBuilder::<$engine>::new(
                    "SELECT usuario_id, chave, impressao FROM idempotencia WHERE (usuario_id, chave) IN (",
                );
                query.push_values(keys, |mut row, (usuario_id, chave)| {
                    row.push_bind(*usuario_id).push_bind(chave);
                });
                query.push(")");
                let query = query.build_query_as();
                let rows: Vec<(i64, String, i64)> =
                    in_time(async { query.fetch_all(&mut *self.read().await?).await }).await?;
                Ok(rows.into_iter().map(|(usuario_id, chave, impressao)| ((usuario_id, chave), impressao)).collect())
            }

            async fn purge_idempotency_keys(&self, before: i64) -> Result<u64> {
                let mut purged = 0;
                loop {
                    let query = sqlx::query(
                        "DELETE FROM idempotencia WHERE (usuario_id, chave) IN
                             (SELECT usuario_id, chave FROM idempotencia WHERE em < $1 ORDER BY em LIMIT $2)",
                    );
                    let query = query.bind(before).bind(PURGED_AT_ONCE);
                    let done = in_time(async { query.execute(&mut *self.write().await?).await }).await?;
                    purged += done.rows_affected();
                    if done.rows_affected() < PURGED_AT_ONCE as u64 {
                        return Ok(purged);
                    }
                }
            }
        }
    };
}

impl_idempotency!(PostgresStore, Postgres);
impl_idempotency!(SqliteStore, Sqlite);
