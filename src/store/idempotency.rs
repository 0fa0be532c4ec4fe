//! The idempotency keys of changes made. Both engines read this SQL alike, so it is written once.
//! Keys are written with their changes, see [`super::Atendimentos::commit`].

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::query::Query;
use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use super::{Result, in_time};

/// A user's row id and a key of that user's.
pub type IdempotencyKey = (i64, String);

/// How many keys are purged or mended in one transaction, so that none holds up changes for long.
const PORTION: i64 = 5_000;

/// The idempotency keys of changes made.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// The fingerprints of the bodies with which the `keys` came that are known.
    async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>>;

    /// Forgets the keys of changes made longer than `kept` milliseconds ago by the database's clock; returns
    /// how many. A key of a later time than the present was written under a wrong clock, and counts from now on.
    async fn purge_idempotency_keys(&self, kept: i64) -> Result<u64>;
}

/// Gives keys of the future, which a wrong clock wrote, the present. $1 is how many at once.
const MEND: &str = "
UPDATE idempotencia SET em = (SELECT agora FROM relogio) WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em > (SELECT agora FROM relogio) ORDER BY em LIMIT $1)";

/// $1 is how many at once, $2 how long they are kept.
const PURGE: &str = "
DELETE FROM idempotencia WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em < (SELECT agora FROM relogio) - $2 ORDER BY em LIMIT $1)";

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

            async fn purge_idempotency_keys(&self, kept: i64) -> Result<u64> {
                self.in_portions(|| sqlx::query(MEND).bind(PORTION)).await?;
                self.in_portions(|| sqlx::query(PURGE).bind(PORTION).bind(kept)).await
            }
        }

        impl $store {
            /// Runs `statement`, which takes on [`PORTION`] keys, until there are fewer left for it. Returns how
            /// many there were.
            async fn in_portions(
                &self,
                statement: impl Fn() -> Query<'static, $engine, <$engine as sqlx::Database>::Arguments>,
            ) -> Result<u64> {
                let mut all = 0;
                loop {
                    let done = in_time(async { statement().execute(&mut *self.write().await?).await }).await?;
                    all += done.rows_affected();
                    if done.rows_affected() < PORTION as u64 {
                        return Ok(all);
                    }
                }
            }
        }
    };
}

impl_idempotency!(PostgresStore, Postgres);
impl_idempotency!(SqliteStore, Sqlite);
