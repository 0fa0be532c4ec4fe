//! Whether changes are coming in, for those who have other work for the same processors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long after a change more of them are expected.
const WINDOW: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Activity {
    start: Instant,
    /// When the last change came, in milliseconds from `start`.
    last: Arc<AtomicU64>,
}

impl Activity {
    /// Counts as active until the first window is over.
    pub(super) fn starting(start: Instant) -> Self {
        Self { start, last: Arc::default() }
    }

    pub(super) fn note(&self, now: Instant) {
        self.last.store(self.millis(now), Ordering::Relaxed);
    }

    /// Whether a change came a moment before `now`.
    pub fn is_recent(&self, now: Instant) -> bool {
        self.millis(now).saturating_sub(self.last.load(Ordering::Relaxed)) < WINDOW.as_millis() as u64
    }

    fn millis(&self, now: Instant) -> u64 {
        now.duration_since(self.start).as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_recent_for_a_moment() {
        let start = Instant::now();
        let activity = Activity::starting(start);
        let after = |millis| start + Duration::from_millis(millis);
        assert!(!activity.is_recent(after(100)));
        activity.note(after(1000));
        assert!(activity.is_recent(after(1000)) && activity.is_recent(after(1099)));
        assert!(!activity.is_recent(after(1100)));
    }
}
