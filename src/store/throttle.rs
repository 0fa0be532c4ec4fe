//! What login throttling counts, by the database's clock: the view `relogio`, in milliseconds since 1970.

use sqlx::AssertSqlSafe;

use super::engine::Store;
use super::error::Result;
use super::value::Param;

/// Names a bucket: of fixed size, whatever a client sends.
pub type BucketKey = [u8; 16];

/// What a failure takes from a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debit {
    pub key: BucketKey,
    /// Whose failures it counts, by the key of the bucket of that login; `None` where it counts several logins.
    pub login: Option<BucketKey>,
    /// How long it takes to put back, in milliseconds.
    pub cost: i64,
}

/// A token bucket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Bucket {
    #[sqlx(rename = "chave")]
    pub key: Vec<u8>,
    /// How long until it is full again; not positive when it is.
    pub full_in: i64,
    /// How long ago the latest success was; negative when a wrong clock noted it.
    pub success_age: Option<i64>,
}

const BUCKETS: &str = "
SELECT chave, cheio_em - agora AS full_in, agora - sucesso_em AS success_age
FROM tentativa, relogio
WHERE chave IN ($1, $2, $3, $4)";

/// $1 is how long a bucket may take to be full again, $2 the one to mend, or NULL for any, $3 how many at once.
const CAP: &str = "
UPDATE tentativa
SET cheio_em = CASE WHEN cheio_em > agora + $1 THEN agora + $1 ELSE cheio_em END,
    sucesso_em = CASE WHEN sucesso_em > agora THEN agora ELSE sucesso_em END
FROM relogio
WHERE chave IN
    (SELECT chave FROM tentativa, relogio
     WHERE (cheio_em > agora + $1 OR sucesso_em > agora) AND ($2 IS NULL OR chave = $2) LIMIT $3)";

/// $1 is how long a success counts, $2 how many at once. What somebody else changes meanwhile is looked at again by the
/// outer conditions alone.
const PURGE: &str = "
DELETE FROM tentativa
WHERE chave IN
    (SELECT chave FROM tentativa
     WHERE cheio_em <= (SELECT agora FROM relogio)
       AND (sucesso_em IS NULL OR sucesso_em < (SELECT agora FROM relogio) - $1) LIMIT $2)
  AND cheio_em <= (SELECT agora FROM relogio)
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

/// The time of the statement, and on PostgreSQL those of `touched` that nobody else holds: it alone locks rows.
const FREE: &str = "instante AS MATERIALIZED (SELECT agora FROM relogio), free AS MATERIALIZED (
    SELECT chave FROM tentativa WHERE chave IN (SELECT chave FROM touched) FOR UPDATE SKIP LOCKED)";
const FREE_WITHOUT_LOCKS: &str = "instante AS MATERIALIZED (SELECT agora FROM relogio)";

/// That those of [`FREE`] are all.
const ALL_FREE: &str = "NOT EXISTS (
    SELECT FROM tentativa held
    WHERE held.chave IN (SELECT chave FROM touched) AND held.chave NOT IN (SELECT chave FROM free))";

/// Durations are in milliseconds.
impl Store {
    /// Those of the four buckets that were ever touched and not purged since.
    pub async fn buckets(&self, [a, b, c, d]: &[BucketKey; 4]) -> Result<Vec<Bucket>> {
        self.rows(BUCKETS, &[a.into(), b.into(), c.into(), d.into()]).await
    }

    /// Takes from each bucket what it takes the given time to put back; all or none. `false` for none, when
    /// somebody holds one of them locked. Where the whole table or database is locked, it waits for up to 5 s.
    pub async fn debit(&self, debits: &[Debit]) -> Result<bool> {
        if debits.is_empty() {
            return Ok(true);
        }
        let rows = (0..debits.len()).map(|row| format!("(${}, ${}, ${})", 3 * row + 1, 3 * row + 2, 3 * row + 3));
        let (rows, (free, all_free)) = (rows.collect::<Vec<_>>().join(", "), self.locks());
        let statement = format!(
            "WITH touched (chave, login, cost) AS (VALUES {rows}), {free}
             INSERT INTO tentativa (chave, login, cheio_em)
             SELECT chave, login, agora + cost FROM touched, instante WHERE {all_free} {ADD}"
        );
        let values = debits.iter().flat_map(|debit| {
            let login = debit.login.as_ref().map(|login| &login[..]);
            [(&debit.key).into(), Param::Bytes(login), debit.cost.into()]
        });
        let done = self.execute(AssertSqlSafe(statement), &values.collect::<Vec<_>>()).await?;
        Ok(done > 0)
    }

    /// Remembers a success of the login whose key is `login`, unless somebody holds the bucket locked. It waits as
    /// [`Store::debit`] does.
    pub async fn set_success(&self, key: &BucketKey, login: &BucketKey) -> Result<()> {
        let (free, all_free) = self.locks();
        let statement = format!(
            "WITH touched (chave, login) AS (VALUES ($1, $2)), {free}
             INSERT INTO tentativa (chave, login, cheio_em, sucesso_em)
             SELECT chave, login, agora, agora FROM touched, instante WHERE {all_free}
             ON CONFLICT (chave) DO UPDATE SET login = excluded.login, sucesso_em = excluded.sucesso_em"
        );
        self.execute(AssertSqlSafe(statement), &[key.into(), login.into()]).await.map(drop)
    }

    /// Mends a bucket that was written under a wrong clock: it is full again in `most` at the latest, and its
    /// latest success is not in the future.
    pub async fn cap_bucket(&self, key: &BucketKey, most: i64) -> Result<()> {
        self.execute(CAP, &[most.into(), key.into(), Param::from(1)]).await.map(drop)
    }

    /// Mends `limit` buckets as [`Store::cap_bucket`] does; returns how many it were.
    pub async fn mend_buckets(&self, most: i64, limit: u32) -> Result<u64> {
        self.execute(CAP, &[most.into(), Param::Bytes(None), i64::from(limit).into()]).await
    }

    /// Forgets `limit` of the buckets that are full again, but for those with a success `known_for` ago or later; returns
    /// how many it were.
    pub async fn purge_buckets(&self, known_for: i64, limit: u32) -> Result<u64> {
        self.execute(PURGE, &[known_for.into(), i64::from(limit).into()]).await
    }

    /// How a statement passes over the rows that somebody else holds.
    fn locks(&self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres(_) => (FREE, ALL_FREE),
            Self::Sqlite(_) => (FREE_WITHOUT_LOCKS, "true"),
        }
    }
}
