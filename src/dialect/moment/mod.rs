//! Times as servers write them, by a picture such as `dd/MM/yyyy HH:mm:ss`.

mod between;
mod forms;
mod names;
mod picture;

use std::fmt;

use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use self::forms::{Form, forms, read_offset};
use self::picture::Picture;

/// Between a picture and the offset of the clock by which the time is written, where that is not UTC's.
const AT: &str = " em ";
/// How far a clock and its zone may be from ours.
const NEAR: Duration = Duration::hours(26);
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
        let starts = text.char_indices().scan(false, |is_in_word, (at, letter)| {
            let is_after_word = std::mem::replace(is_in_word, letter.is_alphanumeric());
            Some((
                at,
                letter == '[' || letter.is_ascii_digit() && !is_after_word || letter.is_alphabetic() && !is_after_word,
            ))
        });
        starts.filter(|(_, begins)| *begins).find_map(|(start, _)| {
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
        let forms = forms(text).into_iter().filter(|form| form.length == text.len());
        only(forms.filter_map(|form| form.understood(text, now, zone)).collect())
    }

    /// Whether it shows a day and no time of it.
    pub fn is_date(&self) -> bool {
        !["H", "h", "u", "mm"].iter().any(|clock| self.name.contains(clock)) && self.name.contains('d')
    }

    /// The offset of the clock by which it is written, if that shows the time of the day and does not name it.
    pub fn clock(&self) -> Option<UtcOffset> {
        let has = |letters: &str| self.name.contains(letters);
        let shows_hour = ["H", "hh", "h:"].iter().any(|hour| has(hour));
        let names_offset = has("x") || has("Z") || has("'GMT'") || has("'UTC'") || has("'BRT'");
        (shows_hour && !names_offset).then_some(self.offset)
    }

    fn begin(text: &str, now: OffsetDateTime) -> Option<(usize, Self)> {
        let mut near: Vec<(usize, (Self, OffsetDateTime))> = Vec::new();
        for form in forms(text) {
            let length = form.length;
            if near.first().is_some_and(|(longest, _)| *longest > length) {
                break;
            }
            let found = form.understood(&text[..length], now, None);
            near.extend(found.filter(|(moment, time)| moment.is_near(*time, now)).map(|found| (length, found)));
        }
        let length = near.first()?.0;
        only(near.into_iter().map(|(_, found)| found).collect()).map(|(moment, _)| (length, moment))
    }

    fn is_near(&self, time: OffsetDateTime, now: OffsetDateTime) -> bool {
        let near = match self.picture {
            Picture::Count(..) => NEAR_COUNT,
            _ if self.is_bare() => NEAR_BARE,
            _ => NEAR,
        };
        (time - now).abs() <= near
    }

    /// Whether it is a clock without date and seconds, or digits that are as those of a protocolo.
    fn is_bare(&self) -> bool {
        let has = |letters: &str| self.name.contains(letters);
        has("HHmmss") && !has("Z") || !has("d") && !has("ss") && has("mm")
    }

    /// The order of its day, its month and its year, if the year has two digits: then these may be taken for each other.
    fn order(&self) -> Option<Vec<char>> {
        let is_short = self.name.contains("yy") && !self.name.contains("yyyy");
        let mut letters: Vec<char> = self.name.chars().filter(|letter| "dMy".contains(*letter)).collect();
        letters.dedup();
        is_short.then_some(letters)
    }
}

/// The first of the times that a text may be; none where its numbers can be read in another order, too.
fn only(found: Vec<(Moment, OffsetDateTime)>) -> Option<(Moment, OffsetDateTime)> {
    let first = found.first()?.0.order();
    let is_clear = first.is_none() || found.iter().all(|(moment, _)| moment.order() == first);
    found.into_iter().next().filter(|_| is_clear)
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
