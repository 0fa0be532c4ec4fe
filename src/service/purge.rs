//! Old rows are purged in the background, whether requests come or not. Each server of a database does it: what one has
//! purged, the others no longer find.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::pace::in_portions;
use super::sessions::{IDLE, LIFE};
use super::throttle::{KNOWN_FOR, Limits};
use crate::clock::Clock;
use crate::store::{Result, Store};

/// How often.
pub const EVERY: Duration = Duration::from_mins(1);
/// How long an idempotency key is known at least, in milliseconds: the contract's 24 hours.
const KEYS_KEPT: i64 = 24 * 60 * 60 * 1000;

/// Purges now and then, until it is dropped.
pub struct Purge(JoinHandle<()>);

impl Purge {
    /// Purges the rows of `store` each time that `every` has passed.
    pub fn start(store: &Arc<Store>, clock: &Arc<dyn Clock>, limits: Limits, every: Duration) -> Self {
        let (store, clock) = (Arc::clone(store), Arc::clone(clock));
        Self(tokio::spawn(async move {
            loop {
                sleep(every).await;
                if let Err(error) = purge(&store, &limits, clock.now()).await {
                    tracing::warn!(%error, "old rows were not purged");
                }
            }
        }))
    }
}

impl Drop for Purge {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Mends what a wrong clock wrote, and forgets what no longer counts: old idempotency keys, all keys of anonymised users,
/// which a request in flight may have left, and old login attempts. The database's clock says what is old. Sessions that
/// are over go too, by the server's clock, which began them.
pub async fn purge(store: &Store, limits: &Limits, now: OffsetDateTime) -> Result<()> {
    in_portions(|rows| store.purge_sessions(now - LIFE, now - IDLE, rows)).await?;
    in_portions(|rows| store.mend_idempotency_keys(rows)).await?;
    in_portions(|rows| store.purge_idempotency_keys(KEYS_KEPT, rows)).await?;
    in_portions(|rows| store.forget_keys_of_anonymised(rows)).await?;
    let most = limits.most();
    in_portions(|rows| store.mend_buckets(most, rows)).await?;
    in_portions(|rows| store.purge_buckets(KNOWN_FOR, rows)).await?;
    Ok(())
}
