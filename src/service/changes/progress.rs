//! Whether a worker gets on, for a watchdog. A database that is away or slow holds no worker up for longer than its
//! deadline, so one that is with a single write for twice that long hangs by a fault of ours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long one round may take before the database counts as away.
pub(super) const STORE_DEADLINE: Duration = Duration::from_secs(8);
const STUCK: Duration = STORE_DEADLINE.saturating_mul(2);

/// Since when a worker is with its present write; `None` while it waits for requests.
#[derive(Default)]
pub(super) struct Progress(Mutex<Option<Instant>>);

impl Progress {
    /// Notes that a write begins.
    pub fn note(&self, now: Instant) {
        *self.since() = Some(now);
    }

    /// Notes that the worker waits for requests.
    pub fn rest(&self) {
        *self.since() = None;
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stuck(&self, now: Instant) -> bool {
        self.since().is_some_and(|since| now.saturating_duration_since(since) > STUCK)
    }
}

/// The workers of a queue, as they get on. Does not keep the queue.
#[derive(Clone)]
pub struct Liveness(Vec<Weak<Progress>>);

impl Liveness {
    pub(super) fn of(workers: &[Arc<Progress>]) -> Self {
        Self(workers.iter().map(Arc::downgrade).collect())
    }

    /// Whether a worker has ended, or hangs.
    pub fn is_stuck(&self, now: Instant) -> bool {
        self.0.iter().any(|worker| worker.upgrade().is_none_or(|progress| progress.is_stuck(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_stuck_that_hangs_in_one_write_or_is_gone() {
        let (start, workers) = (Instant::now(), [Arc::default(), Arc::<Progress>::default()]);
        let liveness = Liveness::of(&workers);
        let is_stuck = |after| liveness.is_stuck(start + after);
        assert!(!is_stuck(10 * STUCK), "nobody writes");
        workers[1].note(start);
        assert!(!is_stuck(STUCK) && is_stuck(STUCK + Duration::from_millis(1)));
        workers[1].note(start + STUCK);
        assert!(!is_stuck(2 * STUCK), "another write began");
        workers[1].rest();
        assert!(!is_stuck(10 * STUCK));
        drop(workers);
        assert!(is_stuck(Duration::ZERO));
    }
}
