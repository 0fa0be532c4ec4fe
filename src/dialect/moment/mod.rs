//! Times as servers write them, by a picture such as `dd/MM/yyyy HH:mm:ss`.

mod between;
mod clocks;
mod dates;
mod form;
mod forms;
mod names;
mod picture;

use std::fmt;

use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use self::form::{Form, read_offset};
use self::forms::forms;
use self::picture::Picture;

/// Between a picture and the offset of the clock by which the time is written, where that is not UTC's.
const AT: &str = " em ";
/// How far a clock and its zone may be from ours.
const NEAR: Duration = Duration::hours(26);
/// The same of a week that names no day.
const NEAR_WEEK: Duration = Duration::days(5);
/// The same of a count of seconds, which has no zone.
const NEAR_COUNT: Duration = Duration::hours(24);
/// The same of what may be another number, or a time that never changes, but for the hours of its zone.
const NEAR_BARE: Duration = Duration::minutes(3);

/// How a time is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    name: String,
    offset: UtcOffset,
    picture: Picture,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.offset.is_utc() {
            return Ok(());
        }
        let (hours, minutes, _) = self.offset.as_hms();
        let sign = if self.offset.is_negative() { '-' } else { '+' };
        write!(f, "{AT}{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
    }
}

impl Moment {
    /// The one that a file calls `name`: a picture, and an offset where it is not UTC, as in `HH:mm em -03:00`.
    pub fn named(name: &str) -> Option<Self> {
        let (picture, offset) = name
            .split_once(AT)
            .map_or((name, Some(UtcOffset::UTC)), |(picture, offset)| (picture, read_offset(offset)));
        Self::new(picture, offset?)
    }

    fn new(name: &str, offset: UtcOffset) -> Option<Self> {
        Some(Self { name: name.to_owned(), offset, picture: Picture::parse(name)? })
    }

    /// The same, by the clock of `offset`.
    #[must_use]
    pub fn at(self, offset: UtcOffset) -> Self {
        Self { offset, ..self }
    }

    pub(super) fn written(&self, time: OffsetDateTime) -> String {
        self.picture.written(time.to_offset(self.offset))
    }

    /// The first time in `text` that is near `now`: where it begins, how long it is, and how it is written.
    pub fn find(text: &str, now: OffsetDateTime) -> Option<(usize, usize, Self)> {
        // A number goes on after a full stop.
        let is_within = |before: &str| {
            before.ends_with(char::is_alphanumeric)
                || before.strip_suffix('.').is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit()))
        };
        let begins = |letter: char, before: &str| {
            letter == '[' || (letter.is_ascii_digit() || letter.is_alphabetic()) && !is_within(before)
        };
        let starts = text.char_indices().filter(|(at, letter)| begins(*letter, &text[..*at]));
        starts.map(|(at, _)| at).find_map(|start| {
            let (length, moment) = Self::begin(&text[start..], now)?;
            Some((start, length, moment))
        })
    }

    /// The time that `text` is, and how it is written. Where it names no offset, its clock is the one by which it is nearest to
    /// `now`.
    pub fn read(text: &str, now: OffsetDateTime) -> Option<(Self, OffsetDateTime)> {
        Self::understood(text, now, None)
    }

    /// The same, where a clock that names no offset is that of `zone`.
    pub fn read_in(text: &str, now: OffsetDateTime, zone: UtcOffset) -> Option<(Self, OffsetDateTime)> {
        Self::understood(text, now, Some(zone))
    }

    fn understood(text: &str, now: OffsetDateTime, zone: Option<UtcOffset>) -> Option<(Self, OffsetDateTime)> {
        let mut forms = forms(text).into_iter().filter(|form| form.length == text.len());
        forms.find_map(|form| form.understood(text, now, zone))
    }

    /// How what it writes at `now` may be read, too: by a picture with day and month, or the language, in the place of each other.
    pub fn others(&self, now: OffsetDateTime) -> Vec<Self> {
        if !matches!(self.picture, Picture::Parts(_)) {
            return Vec::new();
        }
        let text = self.written(now);
        let forms = forms(&text).into_iter().filter(|form| form.length == text.len());
        let readings = forms.filter_map(|form| form.understood(&text, now, Some(self.offset)));
        // Zeros before numbers are another matter.
        let unpadded = |name: &str| {
            ["dd", "MM", "HH", "hh"].iter().fold(name.to_owned(), |name, run| name.replace(run, &run[1..]))
        };
        let is_other = |moment: &Self| unpadded(&moment.name) != unpadded(&self.name);
        let others = readings.filter(|(moment, time)| is_other(moment) && moment.is_near(*time, now));
        others.map(|(moment, _)| moment.at(self.offset)).collect()
    }

    /// Whether it shows a day and no time of it.
    pub fn is_date(&self) -> bool {
        !["H", "h", "u", "mm"].iter().any(|clock| self.name.contains(clock)) && self.has_date()
    }

    /// The offset of the clock by which it is written, if that shows the time of the day and does not name it.
    pub fn clock(&self) -> Option<UtcOffset> {
        let has = |letters: &str| self.name.contains(letters);
        let shows_hour = ["H", "hh", "h:"].iter().any(|hour| has(hour));
        let names_offset = has("x") || has("Z") || has("'GMT'") || has("'UTC'") || has("'BRT'");
        (shows_hour && !names_offset).then_some(self.offset)
    }

    fn begin(text: &str, now: OffsetDateTime) -> Option<(usize, Self)> {
        forms(text).into_iter().find_map(|form| {
            let length = form.length;
            let (moment, time) = form.understood(&text[..length], now, None)?;
            moment.is_near(time, now).then_some((length, moment))
        })
    }

    fn is_near(&self, time: OffsetDateTime, now: OffsetDateTime) -> bool {
        let near = match self.picture {
            Picture::Count(..) => NEAR_COUNT,
            _ if self.is_bare() => NEAR_BARE,
            _ if self.name.contains("ww") && !self.name.contains('e') => NEAR_WEEK,
            _ => NEAR,
        };
        (time - now).abs() <= near
    }

    /// Whether it is a clock without date and seconds, or digits that are as those of a protocolo.
    fn is_bare(&self) -> bool {
        let has = |letters: &str| self.name.contains(letters);
        let is_compact = has("HHmm") && !["T", "Z", "x"].into_iter().any(has);
        is_compact || !self.has_date() && !has("ss") && has("mm")
    }

    fn has_date(&self) -> bool {
        self.name.contains(['d', 'D', 'w'])
    }
}

impl Form {
    /// The time that `text` is. Where it names no offset, it is by that of `zone`, or else by the one that brings it nearest to
    /// `now`.
    fn understood(self, text: &str, now: OffsetDateTime, of: Option<UtcOffset>) -> Option<(Moment, OffsetDateTime)> {
        let moment = Moment::new(&format!("{}{}", self.picture, self.names), UtcOffset::UTC)?;
        let (read, _) = moment.picture.read(text).filter(|(_, rest)| rest.is_empty())?;
        let zone_of_text = self.offset.or(of).unwrap_or(UtcOffset::UTC);
        // A clock without a date may show the day before, or the next one.
        let days = [-1, 0, 1].map(|days| now.date().saturating_add(Duration::days(days)));
        let far = |local: &PrimitiveDateTime| (local.assume_offset(zone_of_text) - now).abs();
        let local = days.map(|day| read.on(day)).into_iter().min_by_key(far)?;
        let of_clock = || of.unwrap_or_else(|| read.clock.map_or(UtcOffset::UTC, |_| zone(local, now)));
        let offset = self.offset.unwrap_or_else(of_clock);
        let (moment, time) = (Moment { offset, ..moment }, local.assume_offset(offset));
        // Some numbers are read with zeros before them that this picture does not write.
        (moment.written(time) == text).then_some((moment, time))
    }
}

/// The offset, in hours, by which a clock that shows `local` shows `now`; that of UTC where there is none.
fn zone(local: PrimitiveDateTime, now: OffsetDateTime) -> UtcOffset {
    let hours = ((local.assume_utc() - now).as_seconds_f64() / 3600.0).round() as i8;
    UtcOffset::from_hms(if (-12..=14).contains(&hours) { hours } else { 0 }, 0, 0).unwrap_or(UtcOffset::UTC)
}

#[cfg(test)]
mod tests;
