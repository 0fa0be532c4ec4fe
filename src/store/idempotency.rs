//! The idempotency keys of changes made.
//! Keys are written with their changes, see [`super::Atendimentos::commit`].

use std::collections::HashMap;

use async_trait::async_trait;

use super::Result;

/// A user's row id and a key of that user's.
pub type IdempotencyKey = (i64, String);

/// How many keys are purged or mended in one transaction, so that none holds up changes for long.
pub(super) const PORTION: i64 = 5_000;

/// Gives keys of the future, which a wrong clock wrote, the present. $1 is how many at once.
pub(super) const MEND: &str = "
UPDATE idempotencia SET em = (SELECT agora FROM relogio) WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em > (SELECT agora FROM relogio) ORDER BY em LIMIT $1)";

/// $1 is how many at once, $2 how long they are kept.
pub(super) const PURGE: &str = "
DELETE FROM idempotencia WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em < (SELECT agora FROM relogio) - $2 ORDER BY em LIMIT $1)";

/// The idempotency keys of changes made.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// The fingerprints of the bodies with which the `keys` came that are known. Waits for a lock no longer
    /// than one statement does, then fails with [`super::StoreError::Contention`].
    async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>>;

    /// Forgets the keys of changes made longer than `kept` milliseconds ago by the database's clock; returns
    /// how many. A key of a later time than the present was written under a wrong clock, and counts from now on.
    async fn purge_idempotency_keys(&self, kept: i64) -> Result<u64> {
        while self.mend_some_idempotency_keys().await? == PORTION as u64 {}
        let mut purged = 0;
        loop {
            let some = self.purge_some_idempotency_keys(kept).await?;
            purged += some;
            if some < PORTION as u64 {
                return Ok(purged);
            }
        }
    }

    /// Gives at most [`PORTION`] keys of the future the present; returns how many.
    async fn mend_some_idempotency_keys(&self) -> Result<u64>;

    /// Forgets at most [`PORTION`] keys as [`Idempotency::purge_idempotency_keys`] does; returns how many.
    async fn purge_some_idempotency_keys(&self, kept: i64) -> Result<u64>;
}
