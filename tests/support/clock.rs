//! A clock that stands still until it is moved.

use std::sync::Mutex;

use citrus_status::clock::Clock;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// Stands at 2026-11-23T10:00:00Z.
    pub fn new() -> Self {
        Self(Mutex::new(datetime!(2026-11-23 10:00:00 UTC)))
    }

    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}
