//! What login throttling counts. Both engines read this SQL alike, so it is written once.

use async_trait::async_trait;
use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use super::{Result, in_time};

/// Names a bucket: of fixed size, whatever a client sends.
pub type BucketKey = [u8; 16];

/// What login throttling counts. Times are milliseconds since 1970.
#[async_trait]
pub trait Throttling: Send + Sync {
    /// Those of the four buckets that were ever touched and not purged since.
    async fn buckets(&self, keys: &[BucketKey; 4]) -> Result<Vec<Bucket>>;

    /// Takes from each bucket what it takes the given milliseconds to put back; all or none.
    async fn debit(&self, debits: &[(BucketKey, i64)], now: i64) -> Result<()>;

    /// Remembers a success.
    async fn set_success(&self, key: &BucketKey, now: i64) -> Result<()>;

    /// Forgets the buckets that are full again, but for those with a success at `known_since` or later.
    async fn purge_buckets(&self, now: i64, known_since: i64) -> Result<u64>;
}

/// A token bucket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Bucket {
    /// Its key.
    pub chave: Vec<u8>,
    /// When it is full again.
    pub cheio_em: i64,
    /// The latest success.
    pub sucesso_em: Option<i64>,
}

/// Implements [`Throttling`] on a store that has connections to `read()` from and to `write()` to.
macro_rules! impl_throttling {
    ($store:ty, $engine:ty) => {
        #[async_trait]
        impl Throttling for $store {
            async fn buckets(&self, [a, b, c, d]: &[BucketKey; 4]) -> Result<Vec<Bucket>> {
                let query =
                    sqlx::query_as("SELECT chave, cheio_em, sucesso_em FROM tentativa WHERE chave IN ($1, $2, $3, $4)");
                let query = query.bind(&a[..]).bind(&b[..]).bind(&c[..]).bind(&d[..]);
                in_time(async { query.fetch_all(&mut *self.read().await?).await }).await
            }

            async fn debit(&self, debits: &[(BucketKey, i64)], now: i64) -> Result<()> {
                if debits.is_empty() {
                    return Ok(());
                }
                let mut query = QueryBuilder::<$engine>::new("INSERT INTO tentativa (chave, cheio_em) ");
                query.push_values(debits, |mut row, (key, millis)| {
                    row.push_bind(key.to_vec()).push_bind(now + millis);
                });
                // A bucket that is not full yet takes that much longer.
                query.push(
                    " ON CONFLICT (chave) DO UPDATE SET cheio_em = excluded.cheio_em + CASE WHEN tentativa.cheio_em > ",
                );
                query.push_bind(now).push(" THEN tentativa.cheio_em - ").push_bind(now).push(" ELSE 0 END");
                in_time(async { query.build().execute(&mut *self.write().await?).await }).await.map(drop)
            }

            async fn set_success(&self, key: &BucketKey, now: i64) -> Result<()> {
                let query = sqlx::query(
                    "INSERT INTO tentativa (chave, cheio_em, sucesso_em) VALUES ($1, $2, $2)
                     ON CONFLICT (chave) DO UPDATE SET sucesso_em = excluded.sucesso_em",
                );
                let query = query.bind(&key[..]).bind(now);
                in_time(async { query.execute(&mut *self.write().await?).await }).await.map(drop)
            }

            async fn purge_buckets(&self, now: i64, known_since: i64) -> Result<u64> {
                let query = sqlx::query(
                    "DELETE FROM tentativa WHERE cheio_em <= $1 AND (sucesso_em IS NULL OR sucesso_em < $2)",
                );
                let query = query.bind(now).bind(known_since);
                let done = in_time(async { query.execute(&mut *self.write().await?).await }).await?;
                Ok(done.rows_affected())
            }
        }
    };
}

impl_throttling!(PostgresStore, Postgres);
impl_throttling!(SqliteStore, Sqlite);
