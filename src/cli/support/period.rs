//! Times on the command line: `--desde` and `--ate`, a period.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, time};
use time::{Date, Duration, OffsetDateTime};

use super::error::{CliError, Result};
use crate::clock::{from_unix_millis, unix_millis};
use crate::domain::text::cut;
use crate::store::Between;

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

#[derive(clap::Args)]
pub struct Period {
    /// From this time on: a date in UTC, or a time such as 2026-11-27T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    desde: Option<Moment>,
    /// Up to and including this time: a date in UTC, or a time such as 2026-11-27T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    ate: Option<Moment>,
}

/// A day or a millisecond, as it was given.
#[derive(Clone, Debug)]
pub struct Moment {
    pub text: String,
    pub start: OffsetDateTime,
    lasts: Duration,
}

impl Period {
    /// From the first instant of `--desde` to the last of `--ate`.
    pub fn between(&self) -> Result<Between> {
        if let (Some(desde), Some(ate)) = (&self.desde, &self.ate)
            && desde.start >= ate.start + ate.lasts
        {
            return Err(CliError::Usage(format!("--desde {} is after --ate {}", desde.text, ate.text)));
        }
        Ok(Between {
            from: self.desde.as_ref().map(|desde| desde.start),
            before: self.ate.as_ref().map(|ate| ate.start + ate.lasts),
        })
    }
}

/// A date, or a time as RFC 3339 writes it, of the years 1 to 9998 in UTC: the end of a later one may be beyond the
/// calendar.
pub fn parse_moment(text: &str) -> Result<Moment, String> {
    // The form would also take a sign.
    let date = || Date::parse(text, DATE).ok().filter(|_| text.len() == "2026-11-27".len());
    let day = || Some((date()?.with_time(time!(0:00)).assume_utc(), Duration::DAY));
    let instant = || Some((OffsetDateTime::parse(text, &Rfc3339).ok()?, Duration::MILLISECOND));
    let found = day().or_else(instant).and_then(|(at, lasts)| Some((from_unix_millis(unix_millis(at))?, lasts)));
    match found.filter(|(start, _)| (1..=9998).contains(&start.year())) {
        Some((start, lasts)) => Ok(Moment { text: text.to_owned(), start, lasts }),
        None => Err(format!(
            "'{}' is not a time: give a date such as 2026-11-27, or a time with its offset such as 2026-11-27T10:00:00Z",
            cut(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn between(desde: Option<&str>, ate: Option<&str>) -> Option<[Option<OffsetDateTime>; 2]> {
        let moment = |text: Option<&str>| text.map(|text| parse_moment(text).unwrap());
        let Between { from, before } = Period { desde: moment(desde), ate: moment(ate) }.between().ok()?;
        Some([from, before])
    }

    #[test]
    fn a_date_is_the_whole_day_in_utc_and_a_time_its_millisecond() {
        assert_eq!(
            between(Some("2026-11-27"), Some("2026-11-27")),
            Some([Some(datetime!(2026-11-27 0:00 UTC)), Some(datetime!(2026-11-28 0:00 UTC))])
        );
        let time = "2026-11-27T07:00:00.1234-03:00";
        assert_eq!(
            between(Some(time), Some(time)),
            Some([Some(datetime!(2026-11-27 10:00:00.123 UTC)), Some(datetime!(2026-11-27 10:00:00.124 UTC))])
        );
        assert_eq!(between(None, None), Some([None, None]));
        assert_eq!(between(Some("2026-11-28"), Some("2026-11-27T23:59:59.999Z")), None);
        assert!(between(Some("2026-11-27T23:59:59.999Z"), Some("2026-11-27")).is_some());
    }

    #[test]
    fn what_is_no_time_of_the_calendar_is_refused() {
        for text in
            ["", " ", "ontem", "2026-02-30", "2026-2-3", "27/11/2026", "-2026-11-27", "+2026-11-27", "0000-12-31"]
        {
            assert!(parse_moment(text).is_err(), "{text}");
        }
        for text in ["2026-11-27T10:00:00", "2026-11-27T25:00:00Z", "9999-01-01", "0001-01-01T00:00:00+23:59"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
        for text in ["0001-01-01", "9998-12-31", "2026-11-27T10:00:00z", "2016-12-31T23:59:60Z"] {
            assert!(parse_moment(text).is_ok(), "{text}");
        }
    }
}
