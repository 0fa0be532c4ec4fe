//! Days, as typed into a filter.

use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

use super::faults::Faults;
use super::form::Typed;
use super::texts::Texts;
use crate::clock::BRASILIA;
use crate::store::Between;

/// The whole days from the one in the field `from` to the one in `to`, in Brasília. What is wrong goes to `faults`.
pub fn between(typed: &Typed, [from, to]: [&'static str; 2], faults: &mut Faults, texts: &Texts) -> Between {
    let mut day = |name: &'static str| {
        let text = typed.get(name).trim();
        let day = date(text);
        if day.is_none() && !text.is_empty() {
            faults.say(name, texts.faults.day);
        }
        day
    };
    let (first, last) = (day(from), day(to));
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        faults.say(to, texts.faults.days_turned);
    }
    Between { from: first.map(beginning), before: last.and_then(Date::next_day).map(beginning) }
}

/// As browsers send it; and as people in Brazil type it where a browser has no field for dates.
fn date(text: &str) -> Option<Date> {
    let iso = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let date = iso.or_else(|_| Date::parse(text, format_description!("[day]/[month]/[year]"))).ok()?;
    // Outside of it, PostgreSQL and RFC 3339 have no such time.
    (1900..=9998).contains(&date.year()).then_some(date)
}

fn beginning(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_offset(BRASILIA)
}

#[cfg(test)]
mod tests {
    use time::macros::{date as day, datetime};

    use super::super::texts::EN;
    use super::*;

    fn of(query: &str) -> (Between, Vec<(&'static str, String)>) {
        let mut faults = Faults::default();
        let between = between(&Typed::parse(query.as_bytes()), ["desde", "ate"], &mut faults, &EN);
        (between, faults.told(|_| "", &EN))
    }

    fn wrong(field: &'static str, text: &str) -> Vec<(&'static str, String)> {
        vec![(field, text.to_owned())]
    }

    #[test]
    fn days_are_whole_and_those_of_brasilia() {
        let (both, faults) = of("desde=2026-11-01&ate=02%2F11%2F2026");
        assert_eq!(both.from, Some(datetime!(2026-11-01 00:00 -3)));
        assert_eq!(both.before, Some(datetime!(2026-11-03 00:00 -3)));
        assert_eq!(faults, []);
        assert_eq!(of("desde=&ate=+"), (Between::default(), Vec::new()));
        assert_eq!(of("desde=2026-11-02&ate=2026-11-01").1, wrong("ate", EN.faults.days_turned));
    }

    #[test]
    fn what_is_no_day_is_said_beside_its_field() {
        for text in ["ontem", "2026-13-01", "2026-02-29", "0001-01-01", "9999-12-31", "1", "2026-11-01T10:00"] {
            assert_eq!(date(text), None, "{text}");
            assert_eq!(of(&format!("desde={text}")).1, wrong("desde", EN.faults.day));
        }
        assert_eq!(date("2024-02-29"), Some(day!(2024 - 02 - 29)));
        assert_eq!(of("desde=x&ate=y").1.len(), 2, "both are told at once");
    }
}
