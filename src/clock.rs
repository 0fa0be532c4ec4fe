//! Time: where it comes from, and how it is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::format_description::BorrowedFormatItem;
use time::macros::{datetime, format_description, offset};
use time::{Duration, OffsetDateTime, UtcOffset};

/// Brasília's, where there is no summer time since 2019.
pub const BRASILIA: UtcOffset = offset!(-3);

/// Where the time comes from; tests bring their own.
pub trait Clock: Send + Sync {
    /// The present in UTC, in whole milliseconds.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        now.replace_millisecond(now.millisecond()).unwrap_or(now)
    }
}

/// A clock that can be set ahead of another, or behind it.
pub struct MovableClock {
    base: Arc<dyn Clock>,
    /// In milliseconds.
    ahead: AtomicI64,
}

impl MovableClock {
    /// Shows the time of `base` until it is set.
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, ahead: AtomicI64::new(0) }
    }

    /// How far it is ahead of the other.
    pub fn ahead(&self) -> Duration {
        Duration::milliseconds(self.ahead.load(Ordering::Relaxed))
    }

    /// Sets it so far ahead of the other.
    pub fn set_ahead(&self, by: Duration) {
        self.ahead.store(i64::try_from(by.whole_milliseconds()).unwrap_or_default(), Ordering::Relaxed);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> OffsetDateTime {
        let base = self.base.now();
        base.checked_add(self.ahead()).unwrap_or(base)
    }
}

const MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const BRASILIA_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]-03:00");
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// `2026-11-23T10:00:00.000Z`: RFC 3339 in UTC with milliseconds.
pub fn rfc3339_millis(at: OffsetDateTime) -> String {
    format(at, MILLIS)
}

/// `2026-11-23T07:00:00.000-03:00`: the same in Brasília.
pub fn rfc3339_brasilia(at: OffsetDateTime) -> String {
    at.to_offset(BRASILIA).format(BRASILIA_MILLIS).expect("the form names only parts that every date has")
}

/// `2026-11-23T10:00:00Z`: RFC 3339 in UTC with whole seconds.
pub fn rfc3339_seconds(at: OffsetDateTime) -> String {
    format(at, SECONDS)
}

fn format(at: OffsetDateTime, form: &[BorrowedFormatItem<'_>]) -> String {
    at.to_offset(time::UtcOffset::UTC).format(form).expect("the form names only parts that every date has")
}

/// Milliseconds since 1970 in UTC.
pub fn unix_millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).expect("every year up to 9999 fits")
}

/// The time that many milliseconds after 1970, or `None` outside the years -9999 to 9999.
pub fn from_unix_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

/// `time` if its year in UTC has four digits: every database and RFC 3339 have such a time.
pub fn of_four_digits(time: OffsetDateTime) -> Option<OffsetDateTime> {
    let first = datetime!(0000-01-01 00:00 UTC);
    let end = datetime!(9999-12-31 23:59:59.999_999_999 UTC);
    (first..=end).contains(&time).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_written_in_utc() {
        let at = datetime!(2026-11-23 07:00:05.006_9 -3);
        assert_eq!(rfc3339_millis(at), "2026-11-23T10:00:05.006Z");
        assert_eq!(rfc3339_seconds(at), "2026-11-23T10:00:05Z");
        assert_eq!(rfc3339_brasilia(datetime!(2026-11-23 02:00:05 UTC)), "2026-11-22T23:00:05.000-03:00");
    }

    #[test]
    fn millis_go_there_and_back() {
        let at = datetime!(2026-11-23 10:00:05.006 UTC);
        assert_eq!(from_unix_millis(unix_millis(at)), Some(at));
        assert_eq!(from_unix_millis(i64::MAX), None);
    }

    #[test]
    fn the_system_clock_ticks_in_milliseconds() {
        assert_eq!(SystemClock.now().nanosecond() % 1_000_000, 0);
    }
}
