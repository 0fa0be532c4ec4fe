//! What login throttling counts, by the database's clock: the view `relogio`, in milliseconds since 1970.
//! Both engines read this SQL alike, so it is written once. PostgreSQL alone locks rows, and passes over those
//! that somebody else holds.

use async_trait::async_trait;
use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::Result;
use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;

/// Names a bucket: of fixed size, whatever a client sends.
pub type BucketKey = [u8; 16];

/// What a failure takes from a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debit {
    /// The bucket.
    pub key: BucketKey,
    /// Whose failures it counts, by the key of the bucket of that login; `None` where it counts several logins.
    pub login: Option<BucketKey>,
    /// How long it takes to put back, in milliseconds.
    pub cost: i64,
}

/// What login throttling counts. Durations are in milliseconds.
#[async_trait]
pub trait Throttling: Send + Sync {
    /// Those of the four buckets that were ever touched and not purged since.
    async fn buckets(&self, keys: &[BucketKey; 4]) -> Result<Vec<Bucket>>;

    /// Takes from each bucket what it takes the given time to put back; all or none. `false` for none, when
    /// somebody holds one of them locked. Where the whole table or database is locked, it waits for up to 5 s.
    async fn debit(&self, debits: &[Debit]) -> Result<bool>;

    /// Remembers a success, unless somebody holds the bucket locked. It waits as [`Throttling::debit`] does.
    async fn set_success(&self, key: &BucketKey) -> Result<()>;

    /// Mends a bucket that was written under a wrong clock: it is full again in `most` at the latest, and its
    /// latest success is not in the future.
    async fn cap_bucket(&self, key: &BucketKey, most: i64) -> Result<()>;

    /// Mends all buckets as [`Throttling::cap_bucket`] does, and forgets those that are full again, but for
    /// those with a success `known_for` ago or later. Returns how many it forgot.
    async fn purge_buckets(&self, known_for: i64, most: i64) -> Result<u64>;
}

/// A token bucket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Bucket {
    /// Its key.
    pub chave: Vec<u8>,
    /// How long until it is full again; not positive when it is.
    pub full_in: i64,
    /// How long ago the latest success was; negative when a wrong clock noted it.
    pub success_age: Option<i64>,
}

const BUCKETS: &str = "
SELECT chave, cheio_em - agora AS full_in, agora - sucesso_em AS success_age
FROM tentativa, relogio
WHERE chave IN ($1, $2, $3, $4)";

/// $1 is how long a bucket may take to be full again, $2 the one to mend, or NULL for all.
const CAP: &str = "
UPDATE tentativa
SET cheio_em = CASE WHEN cheio_em > agora + $1 THEN agora + $1 ELSE cheio_em END,
    sucesso_em = CASE WHEN sucesso_em > agora THEN agora ELSE sucesso_em END
FROM relogio
WHERE (cheio_em > agora + $1 OR sucesso_em > agora) AND ($2 IS NULL OR chave = $2)";

/// $1 is how long a success counts.
const PURGE: &str = "
DELETE FROM tentativa
WHERE cheio_em <= (SELECT agora FROM relogio)
  AND (sucesso_em IS NULL OR sucesso_em < (SELECT agora FROM relogio) - $1)";

/// Fills the buckets of the login whose key is $1; where it has succeeded stays known.
pub(super) const FORGET_FAILURES: &str = "
UPDATE tentativa SET cheio_em = agora
FROM relogio
WHERE (chave = $1 OR login = $1) AND cheio_em > agora";

/// A bucket that is not full yet takes that much longer.
const ADD: &str = "
ON CONFLICT (chave) DO UPDATE SET login = excluded.login, cheio_em = excluded.cheio_em
    + CASE WHEN tentativa.cheio_em > (SELECT agora FROM instante)
           THEN tentativa.cheio_em - (SELECT agora FROM instante) ELSE 0 END";

/// Implements [`Throttling`] on a store that tries statements and has connections to `read()` from and to `write()` to. `$free` names
/// the rows of `touched` that nobody else holds, and `$all_free` says that these are all.
macro_rules! impl_throttling {
    ($store:ty, $engine:ty, $free:literal, $all_free:literal) => {
        #[async_trait]
        impl Throttling for $store {
            async fn buckets(&self, [a, b, c, d]: &[BucketKey; 4]) -> Result<Vec<Bucket>> {
                let query = || sqlx::query_as(BUCKETS).bind(&a[..]).bind(&b[..]).bind(&c[..]).bind(&d[..]);
                self.attempts.run(|| async { query().fetch_all(&mut *self.read().await?).await }).await
            }

            async fn debit(&self, debits: &[Debit]) -> Result<bool> {
                if debits.is_empty() {
                    return Ok(true);
                }
                let query = || {
                    let mut query = QueryBuilder::<$engine>::new("WITH touched (chave, login, cost) AS (");
                    query.push_values(debits, |mut row, debit| {
                        let login = debit.login.map(|login| login.to_vec());
                        row.push_bind(debit.key.to_vec()).push_bind(login).push_bind(debit.cost);
                    });
                    query.push(concat!(
                        "), instante AS MATERIALIZED (SELECT agora FROM relogio)",
                        $free,
                        " INSERT INTO tentativa (chave, login, cheio_em)
                          SELECT chave, login, agora + cost FROM touched, instante WHERE ",
                        $all_free
                    ));
                    query.push(ADD);
                    query
                };
                let done =
                    self.attempts.run(|| async { query().build().execute(&mut *self.write().await?).await }).await?;
                Ok(done.rows_affected() > 0)
            }

            async fn set_success(&self, key: &BucketKey) -> Result<()> {
                let query = || {
                    sqlx::query(concat!(
                        "WITH touched (chave) AS (VALUES ($1)), instante AS MATERIALIZED (SELECT agora FROM relogio)",
                        $free,
                        " INSERT INTO tentativa (chave, cheio_em, sucesso_em)
                          SELECT chave, agora, agora FROM touched, instante WHERE ",
                        $all_free,
                        " ON CONFLICT (chave) DO UPDATE SET sucesso_em = excluded.sucesso_em"
                    ))
                    .bind(&key[..])
                };
                self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await.map(drop)
            }

            async fn cap_bucket(&self, key: &BucketKey, most: i64) -> Result<()> {
                let query = || sqlx::query(CAP).bind(most).bind(&key[..]);
                self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await.map(drop)
            }

            async fn purge_buckets(&self, known_for: i64, most: i64) -> Result<u64> {
                let cap = || sqlx::query(CAP).bind(most).bind(None::<&[u8]>);
                self.attempts.run(|| async { cap().execute(&mut *self.write().await?).await }).await?;
                let purge = || sqlx::query(PURGE).bind(known_for);
                let done = self.attempts.run(|| async { purge().execute(&mut *self.write().await?).await }).await?;
                Ok(done.rows_affected())
            }
        }
    };
}

impl_throttling!(
    PostgresStore,
    Postgres,
    ", free AS MATERIALIZED (
        SELECT chave FROM tentativa WHERE chave IN (SELECT chave FROM touched) FOR UPDATE SKIP LOCKED)",
    "NOT EXISTS (
        SELECT FROM tentativa held
        WHERE held.chave IN (SELECT chave FROM touched) AND held.chave NOT IN (SELECT chave FROM free))"
);
impl_throttling!(SqliteStore, Sqlite, "", "true");
