//! Old rows are purged in the background, by requests that come by.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::{Clock, unix_millis};
use crate::store::Result;

/// A purge that runs at most once in a period.
pub(super) struct PeriodicPurge {
    millis: i64,
    last: AtomicI64,
}

impl PeriodicPurge {
    /// Due at most once in so many milliseconds, and the first time at once.
    pub const fn new(millis: i64) -> Self {
        Self { millis, last: AtomicI64::new(0) }
    }

    /// Starts what `purge` makes, a purge of `what`, if it is due by this server's clock. The database's clock says what is old.
    pub fn start_if_due<F>(&self, clock: &dyn Clock, what: &'static str, purge: impl FnOnce() -> F)
    where
        F: Future<Output = Result<u64>> + Send + 'static,
    {
        if self.is_due(unix_millis(clock.now())) {
            let purge = purge();
            tokio::spawn(async move {
                if let Err(error) = purge.await {
                    tracing::warn!(%error, "{what} were not purged");
                }
            });
        }
    }

    /// Whether it is due at `now`, in milliseconds since 1970; true for one caller alone. A clock that was
    /// set back does not put it off.
    pub fn is_due(&self, now: i64) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        let due = !(0..self.millis).contains(&(now - last));
        due && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_in_a_period_and_when_the_clock_was_set_back() {
        let purge = PeriodicPurge::new(1_000);
        let due = [10_000, 10_000, 10_999, 11_000, 11_001, 9_000, 9_001].map(|now| purge.is_due(now));
        assert_eq!(due, [true, false, false, true, false, true, false]);
    }
}
