//! Whether many changes are being made, for those who have other work for the same processors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// In how long changes are counted, and how long many of them count as more to come.
const WINDOW: Duration = Duration::from_millis(100);
/// How many in a window are many: a hundred a second. Fewer find a free processor anyway.
const MANY: usize = 10;

#[derive(Clone, Default)]
pub struct Activity(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// When the present window began, and how many were made in it.
    began: Option<Instant>,
    made: usize,
    busy_until: Option<Instant>,
}

impl Activity {
    /// Notes that `made` changes were made at `now`.
    pub(super) fn note(&self, made: usize, now: Instant) {
        let mut state = self.state();
        if state.began.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            (state.began, state.made) = (Some(now), 0);
        }
        state.made += made;
        if state.made >= MANY {
            state.busy_until = Some(now + WINDOW);
        }
    }

    /// Whether many changes were made just before `now`.
    pub fn is_busy(&self, now: Instant) -> bool {
        self.state().busy_until.is_some_and(|until| now < until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is busy after changes, each noted so many milliseconds after the first.
    fn busy_after(changes: impl IntoIterator<Item = u64>, millis: u64) -> bool {
        let (activity, start) = (Activity::default(), Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        changes.into_iter().for_each(|millis| activity.note(1, after(millis)));
        activity.is_busy(after(millis))
    }

    #[test]
    fn many_changes_in_a_window_are_busy_for_another() {
        assert!(busy_after([0; 10], 0));
        assert!(busy_after((0..10).map(|number| 10 * number), 189));
        assert!(!busy_after((0..10).map(|number| 10 * number), 190));
        assert!(busy_after((0..1000).map(|number| 2 * number), 2000));
    }

    #[test]
    fn a_few_are_not() {
        assert!(!busy_after([], 0));
        assert!(!busy_after([0; 9], 0));
        assert!(!busy_after((0..1000).map(|number| 12 * number), 12_000));
    }

    #[test]
    fn a_batch_counts_as_its_changes() {
        let (activity, now) = (Activity::default(), Instant::now());
        activity.note(10, now);
        assert!(activity.is_busy(now));
    }
}
