//! Work that is due now and then, and done by whoever comes by.

use std::sync::atomic::{AtomicI64, Ordering};

/// A period in which something is due once.
pub(super) struct Every {
    millis: i64,
    last: AtomicI64,
}

impl Every {
    /// Due at most once in so many milliseconds, and the first time at once.
    pub const fn new(millis: i64) -> Self {
        Self { millis, last: AtomicI64::new(0) }
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
        let every = Every::new(1_000);
        let due = [10_000, 10_000, 10_999, 11_000, 11_001, 9_000, 9_001].map(|now| every.is_due(now));
        assert_eq!(due, [true, false, false, true, false, true, false]);
    }
}
