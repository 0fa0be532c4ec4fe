//! Times as servers write them, by a picture such as `dd/MM/yyyy HH:mm:ss`.

use std::fmt;

use time::format_description::{OwnedFormatItem, parse_owned};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Between a picture and the offset of the clock by which the time is written, where that is not UTC's.
const AT: &str = " em ";
/// A word in a picture that has a letter of pictures.
const WORD: &str = "às";
/// How far a clock and its zone may be from ours.
const NEAR: Duration = Duration::hours(26);

/// How a time is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    picture: String,
    offset: UtcOffset,
    format: OwnedFormatItem,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.picture)?;
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

    fn new(picture: &str, offset: UtcOffset) -> Option<Self> {
        let format = parse_owned::<2>(&description(picture)?).ok()?;
        Some(Self { picture: picture.to_owned(), offset, format })
    }

    pub(super) fn written(&self, time: OffsetDateTime) -> String {
        time.to_offset(self.offset).format(&self.format).unwrap_or_default()
    }

    /// The first time in `text` that is near `now`: where it begins, how long it is, and how it is written.
    pub fn find(text: &str, now: OffsetDateTime) -> Option<(usize, usize, Self)> {
        let is_digit = |at: usize| text.as_bytes()[at].is_ascii_digit();
        let starts = (0..text.len())
            .filter(|at| is_digit(*at) && (*at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric()));
        starts.into_iter().find_map(|start| {
            let (length, moment) = Self::begin(&text[start..], now)?;
            Some((start, length, moment))
        })
    }

    /// The time that `text` is, and how it is written. Where it names no offset, its clock is the one by which it is nearest to
    /// `now`.
    pub fn read(text: &str, now: OffsetDateTime) -> Option<(Self, OffsetDateTime)> {
        forms(text).into_iter().filter(|form| form.length == text.len()).find_map(|form| form.understood(text, now))
    }

    fn begin(text: &str, now: OffsetDateTime) -> Option<(usize, Self)> {
        forms(text).into_iter().find_map(|form| {
            let length = form.length;
            let (moment, time) = form.understood(&text[..length], now)?;
            ((time - now).abs() <= NEAR).then_some((length, moment))
        })
    }
}

/// What the library calls `picture`; none if it says nothing of a time.
fn description(picture: &str) -> Option<String> {
    let mut described = String::new();
    let mut rest = picture;
    let mut has_time = false;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(WORD) {
            described.push_str(WORD);
            rest = after;
            continue;
        }
        let length = rest.len() - rest.trim_start_matches(letter).len();
        let run = &rest[..length];
        rest = &rest[length..];
        let part = match run {
            "yyyy" => "[year]",
            "MM" => "[month]",
            "dd" => "[day]",
            "HH" => "[hour]",
            "mm" => "[minute]",
            "ss" => "[second]",
            "xxx" => "[offset_hour sign:mandatory]:[offset_minute]",
            "xx" => "[offset_hour sign:mandatory][offset_minute]",
            run if letter == 'S' && run.len() <= 9 => {
                described.push_str(&format!("[subsecond digits:{}]", run.len()));
                continue;
            }
            _ if "yMdHmsxS[]\\<>\"".contains(letter) || letter.is_ascii_digit() => return None,
            // A word is a slip of a picture.
            run if run.len() > 1 && letter.is_ascii_alphabetic() => return None,
            run => {
                described.push_str(run);
                continue;
            }
        };
        has_time |= !run.starts_with('x');
        described.push_str(part);
    }
    has_time.then_some(described)
}

fn read_offset(text: &str) -> Option<UtcOffset> {
    let (sign, rest) = (text.get(..1)?, text.get(1..)?);
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// A picture that may be that of the beginning of a text.
struct Form {
    picture: String,
    length: usize,
    has_date: bool,
    /// As the text has it.
    offset: Option<UtcOffset>,
}

/// The pictures that `text` may begin with, the longest first.
fn forms(text: &str) -> Vec<Form> {
    const DATES: [&str; 6] = ["yyyy-MM-dd", "yyyy/MM/dd", "dd/MM/yyyy", "dd-MM-yyyy", "dd.MM.yyyy", "MM/dd/yyyy"];
    const BETWEEN: [&str; 5] = ["T", " ", ", ", " às ", " - "];
    let mut forms = Vec::new();
    for date in DATES.into_iter().filter(|date| looks_like(text, date)) {
        for between in BETWEEN {
            let Some(rest) = text[date.len()..].strip_prefix(between) else { continue };
            if let Some((clock, offset)) = clock(rest) {
                let picture = format!("{date}{between}{clock}");
                forms.push(Form { length: length_of(&picture), picture, has_date: true, offset });
            }
        }
        forms.push(Form { picture: date.to_owned(), length: date.len(), has_date: true, offset: None });
    }
    if let Some((picture, offset)) = clock(text).filter(|(picture, _)| picture.contains("ss")) {
        forms.push(Form { length: length_of(&picture), picture, has_date: false, offset });
    }
    // What goes on as a number or a word is something else.
    forms.retain(|form| !text[form.length..].starts_with(|letter: char| letter.is_alphanumeric()));
    forms
}

/// The time of the day with which `text` begins, as a picture; and its offset.
fn clock(text: &str) -> Option<(String, Option<UtcOffset>)> {
    let mut picture = ["HH:mm:ss", "HH:mm"].into_iter().find(|clock| looks_like(text, clock))?.to_owned();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if picture.ends_with("ss")
        && let Some(fraction) = text[picture.len()..].strip_prefix(['.', ','])
        && (1..=9).contains(&digits(fraction))
    {
        picture.push_str(&text[picture.len()..=picture.len()]);
        picture.push_str(&"S".repeat(digits(fraction)));
    }
    let rest = &text[picture.len()..];
    if rest.starts_with('Z') {
        picture.push('Z');
        return Some((picture, Some(UtcOffset::UTC)));
    }
    for (form, shape) in [("xxx", "+HH:mm"), ("xx", "+HHmm")] {
        let offset = rest.get(..shape.len()).filter(|rest| looks_like(&rest[1..], &shape[1..])).and_then(read_offset);
        if offset.is_some() {
            picture.push_str(form);
            return Some((picture, offset));
        }
    }
    Some((picture, None))
}

/// Whether `text` begins as `picture` is written: digits for its letters.
fn looks_like(text: &str, picture: &str) -> bool {
    let fits =
        |(sign, letter): (u8, u8)| if letter.is_ascii_alphabetic() { sign.is_ascii_digit() } else { sign == letter };
    text.len() >= picture.len() && text.bytes().zip(picture.bytes()).all(fits)
}

/// How long a text of `picture` is.
fn length_of(picture: &str) -> usize {
    let offset = if picture.ends_with("xxx") { 3 } else { 3 * usize::from(picture.ends_with("xx")) };
    picture.len() + offset
}

impl Form {
    /// The time that `text` is. Where it names no offset, it is by the one that brings it nearest to `now`.
    fn understood(self, text: &str, now: OffsetDateTime) -> Option<(Moment, OffsetDateTime)> {
        let format = Moment::new(&self.picture, UtcOffset::UTC)?.format;
        let local = if !self.has_date {
            now.date().with_time(Time::parse(text, &format).ok()?)
        } else if self.picture.contains("HH") {
            PrimitiveDateTime::parse(text, &format).ok()?
        } else {
            let date = Date::parse(text, &format).ok()?;
            // Noon of UTC's day, so that it is near.
            return Some((
                Moment::new(&self.picture, UtcOffset::UTC)?,
                date.midnight().assume_utc() + Duration::hours(12),
            ));
        };
        let offset = self.offset.unwrap_or_else(|| zone(local, now));
        Some((Moment::new(&self.picture, offset)?, local.assume_offset(offset)))
    }
}

/// The offset, in hours, by which a clock that shows `local` shows `now`; that of UTC where there is none.
fn zone(local: PrimitiveDateTime, now: OffsetDateTime) -> UtcOffset {
    let hours = ((local.assume_utc() - now).as_seconds_f64() / 3600.0).round() as i8;
    UtcOffset::from_hms(if (-12..=14).contains(&hours) { hours } else { 0 }, 0, 0).unwrap_or(UtcOffset::UTC)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-28 12:00:05.25 UTC);

    #[test]
    fn a_time_is_known_by_its_form_and_written_so_again() {
        for (text, name) in [
            ("2026-11-28T12:00:05.250Z", "yyyy-MM-ddTHH:mm:ss.SSSZ"),
            ("2026-11-28T12:00:05.250+00:00", "yyyy-MM-ddTHH:mm:ss.SSSxxx"),
            ("2026-11-28T09:00:05.2500000-03:00", "yyyy-MM-ddTHH:mm:ss.SSSSSSSxxx em -03:00"),
            ("2026-11-28T09:00:05-0300", "yyyy-MM-ddTHH:mm:ssxx em -03:00"),
            ("2026-11-28T12:00:05Z", "yyyy-MM-ddTHH:mm:ssZ"),
            ("2026-11-28 12:00:05", "yyyy-MM-dd HH:mm:ss"),
            ("2026-11-28 12:00:05,250", "yyyy-MM-dd HH:mm:ss,SSS"),
            ("2026-11-28T12:00", "yyyy-MM-ddTHH:mm"),
            ("28/11/2026 09:00", "dd/MM/yyyy HH:mm em -03:00"),
            ("28/11/2026 09:00:05", "dd/MM/yyyy HH:mm:ss em -03:00"),
            ("28/11/2026, 09:00:05", "dd/MM/yyyy, HH:mm:ss em -03:00"),
            ("28/11/2026 às 17:00", "dd/MM/yyyy às HH:mm em +05:00"),
            ("11/28/2026 12:00:05", "MM/dd/yyyy HH:mm:ss"),
            ("20261128T120005Z", ""),
            ("28/11/2026", "dd/MM/yyyy"),
            ("28.11.2026", "dd.MM.yyyy"),
            ("2026-11-28", "yyyy-MM-dd"),
            ("12:00:05", "HH:mm:ss"),
            ("12:00", ""),
            ("20261128", ""),
            ("28/11/20261", ""),
            ("01/02/2020 09:00", ""),
            ("99/99/9999", ""),
            ("20261128000001", ""),
        ] {
            let found = Moment::find(text, NOW);
            let shown = found.as_ref().map(|(.., moment)| moment.to_string()).unwrap_or_default();
            assert_eq!(shown, name, "{text}");
            let Some((start, length, moment)) = found else { continue };
            assert_eq!((start, length), (0, text.len()), "{text}");
            assert_eq!(Moment::named(name).as_ref(), Some(&moment));
            assert_eq!(moment.written(NOW), text);
        }
    }

    #[test]
    fn a_time_is_found_within_a_text() {
        let text = "Erro em 28/11/2026 09:00:05: é";
        let (start, length, moment) = Moment::find(text, NOW).unwrap();
        assert_eq!(
            (&text[start..start + length], moment.to_string().as_str()),
            ("28/11/2026 09:00:05", "dd/MM/yyyy HH:mm:ss em -03:00")
        );
        assert_eq!(Moment::find("Atendimento 2022-1104, de 1/2/2020, às 12:00", NOW), None);
    }

    #[test]
    fn a_picture_has_to_say_a_time() {
        for name in ["", "x", "yy", "dd/MM/aaaa", "HH:mm em 3", "HH:mm em -99:00", "YYYY", "[hour]", "SSSSSSSSSS"] {
            assert_eq!(Moment::named(name), None, "{name}");
        }
        assert!(Moment::named("HH'h'mm").is_some());
    }
}
