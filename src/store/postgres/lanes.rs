//! The change queue's own connections. A pool asks each connection whether it is alive when it is
//! taken and when it is given back; that would double the round trips of a change.

use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::{Mutex, MutexGuard};

use super::session::{LockTimeout, Opening, connect};
use crate::store::error::{Result, StoreError};

/// How many there are: one batch is synced while the next is decided.
pub(in crate::store) const LANES: usize = 2;

/// How long batches pass over locked rows after a lock has timed out, instead of waiting.
const OBSTRUCTION: Duration = Duration::from_secs(2);

/// A few connections, opened when first used and again after any failure.
pub(super) struct Lanes {
    opening: Opening,
    slots: [Mutex<Option<Lane>>; LANES],
    /// When a lock last timed out.
    obstructed: std::sync::Mutex<Option<Instant>>,
    closed: AtomicBool,
}

struct Lane {
    connection: PgConnection,
    opened: Instant,
    lock_timeout: LockTimeout,
}

impl Lanes {
    pub fn new(opening: Opening) -> Self {
        let (slots, obstructed) = Default::default();
        Self { opening, slots, obstructed, closed: AtomicBool::new(false) }
    }

    /// What `work` does with a connection, which it gives back: one statement or transaction. It is tried again
    /// on a fresh connection where the first may have died of old age and `work` is `repeatable`, and where
    /// nothing was written because the first may not write.
    pub async fn run<'a, T, E, F>(&'a self, repeatable: bool, work: impl Fn(LaneGuard<'a>) -> F) -> Result<T>
    where
        StoreError: From<E>,
        F: Future<Output = (LaneGuard<'a>, Result<T, E>)>,
    {
        let freshness = &self.opening.freshness;
        let attempt = || async {
            loop {
                let guard = self.guard().await?;
                let may_be_dead = guard.used_before;
                let tried = async {
                    let (guard, outcome) = work(guard).await;
                    let outcome = outcome.map_err(StoreError::from);
                    // What a connection is in the middle of after any other failure, or when it is given up, is unknown.
                    if let Ok(_) | Err(StoreError::Contention(_) | StoreError::Stalled) = outcome {
                        guard.keep();
                    }
                    outcome
                };
                match freshness.in_time::<T, StoreError>(tried).await {
                    Err(error @ StoreError::Contention(_)) => {
                        *self.obstructed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                        return Err(error);
                    }
                    Err(error) if repeatable && may_be_dead => freshness.note(&error),
                    outcome => return outcome,
                }
            }
        };
        freshness.renew(attempt).await
    }

    /// Whether a batch would probably run into a lock again.
    pub fn are_obstructed(&self) -> bool {
        let last = *self.obstructed.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < OBSTRUCTION)
    }

    /// How many are open, how many of those wait for work, and how many there may be.
    pub fn usage(&self) -> (usize, usize, usize) {
        let (mut open, mut idle) = (0, 0);
        for slot in &self.slots {
            match slot.try_lock() {
                Ok(slot) if slot.is_none() => {}
                Ok(_) => (open, idle) = (open + 1, idle + 1),
                // At work.
                Err(_) => open += 1,
            }
        }
        (open, idle, LANES)
    }

    /// Ends the connections; none is opened again.
    pub async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        for slot in &self.slots {
            if let Some(lane) = slot.lock().await.take()
                && let Err(error) = lane.connection.close().await
            {
                tracing::debug!(%error, "a connection ended badly");
            }
        }
    }

    async fn guard(&self) -> Result<LaneGuard<'_>> {
        let mut slot = self.slot().await;
        let lock_timeout = if self.are_obstructed() { LockTimeout::Short } else { LockTimeout::Usual };
        let freshness = &self.opening.freshness;
        if let Some(mut lane) = slot.take().filter(|lane| freshness.allows(lane.opened.elapsed()))
            && freshness.in_time(lane.wait_for(lock_timeout)).await.is_ok()
        {
            return Ok(LaneGuard { slot, lane, used_before: true });
        }
        if self.closed.load(Ordering::Relaxed) {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let connection = connect(&self.opening, lock_timeout).await?;
        let lane = Lane { connection, opened: Instant::now(), lock_timeout };
        Ok(LaneGuard { slot, lane, used_before: false })
    }

    /// A slot that nobody uses, or that becomes free.
    async fn slot(&self) -> MutexGuard<'_, Option<Lane>> {
        if let Some(slot) = self.slots.iter().find_map(|slot| slot.try_lock().ok()) {
            slot
        } else {
            let [first, second] = &self.slots;
            tokio::select! { slot = first.lock() => slot, slot = second.lock() => slot }
        }
    }
}

impl Lane {
    /// Lets its statements wait for locks as long as `lock_timeout`.
    async fn wait_for(&mut self, lock_timeout: LockTimeout) -> Result<()> {
        if self.lock_timeout != lock_timeout {
            lock_timeout.set(&mut self.connection).await?;
            self.lock_timeout = lock_timeout;
        }
        Ok(())
    }
}

/// A connection and the slot to which it belongs.
pub(super) struct LaneGuard<'a> {
    slot: MutexGuard<'a, Option<Lane>>,
    lane: Lane,
    /// It may have died of old age since.
    used_before: bool,
}

impl Deref for LaneGuard<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.lane.connection
    }
}

impl DerefMut for LaneGuard<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.lane.connection
    }
}

impl LaneGuard<'_> {
    /// Puts the connection back for the next one.
    fn keep(mut self) {
        *self.slot = Some(self.lane);
    }
}
