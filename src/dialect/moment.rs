//! Times as servers write them, by a picture such as `dd/MM/yyyy HH:mm:ss`.

use std::fmt;
use std::sync::LazyLock;

use time::format_description::{OwnedFormatItem, parse_owned};
use time::parsing::Parsed;
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
        let is_part = |at: usize| text.as_bytes()[at].is_ascii_alphanumeric();
        let starts = (0..text.len()).filter(|at| is_part(*at) && (*at == 0 || !is_part(at - 1)));
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
        if let Some((word, after)) = rest.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
            if !word.chars().all(char::is_alphabetic) {
                return None;
            }
            described.push_str(word);
            rest = after;
            continue;
        }
        let length = rest.len() - rest.trim_start_matches(letter).len();
        let run = &rest[..length];
        rest = &rest[length..];
        let part = match run {
            "yyyy" => "[year]",
            "MM" => "[month]",
            "M" => "[month padding:none]",
            "MMM" => "[month repr:short]",
            "dd" => "[day]",
            "d" => "[day padding:none]",
            "EEE" => "[weekday repr:short]",
            "HH" => "[hour]",
            "hh" => "[hour repr:12]",
            "h" => "[hour repr:12 padding:none]",
            "a" => "[period]",
            "mm" => "[minute]",
            "ss" => "[second]",
            "xxx" => "[offset_hour sign:mandatory]:[offset_minute]",
            "xx" => "[offset_hour sign:mandatory][offset_minute]",
            run if letter == 'S' && run.len() <= 9 => {
                described.push_str(&format!("[subsecond digits:{}]", run.len()));
                continue;
            }
            _ if "yMdEHhamsxS'[]\\<>\"".contains(letter) || letter.is_ascii_digit() => return None,
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
    let part = |text: &str, most: i8| {
        let number = text.parse().ok().filter(|number| (0..=most).contains(number))?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
    };
    let (hours, minutes) = (part(hours, 23)?, part(minutes, 59)?);
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
    has_clock: bool,
    /// As the text has it.
    offset: Option<UtcOffset>,
}

/// Pictures with what the library makes of them.
type Pictures = LazyLock<Vec<(&'static str, OwnedFormatItem)>>;

static DATES: Pictures = LazyLock::new(|| {
    compiled(&[
        "yyyy-MM-dd",
        "yyyy/MM/dd",
        "dd/MM/yyyy",
        "dd-MM-yyyy",
        "dd.MM.yyyy",
        "MM/dd/yyyy",
        "d/M/yyyy",
        "M/d/yyyy",
        "dd-MMM-yyyy",
        "dd MMM yyyy",
        "MMM dd, yyyy",
        "EEE, dd MMM yyyy",
    ])
});
static CLOCKS: Pictures =
    LazyLock::new(|| compiled(&["hh:mm:ss a", "h:mm:ss a", "hh:mm a", "h:mm a", "HH:mm:ss", "HH:mm", "HH'h'mm"]));
/// As Java and ISO 8601 write times, without their date first or without signs between.
static WHOLE: Pictures = LazyLock::new(|| {
    compiled(&[
        "EEE MMM dd HH:mm:ss 'BRT' yyyy",
        "EEE MMM dd HH:mm:ss 'GMT' yyyy",
        "EEE MMM dd HH:mm:ss 'UTC' yyyy",
        "yyyyMMddTHHmmssZ",
    ])
});

fn compiled(pictures: &[&'static str]) -> Vec<(&'static str, OwnedFormatItem)> {
    let compile = |picture: &&'static str| Some((*picture, Moment::new(picture, UtcOffset::UTC)?.format));
    pictures.iter().filter_map(compile).collect()
}

/// Which of `pictures` `text` may begin with, and how long that beginning is.
fn beginnings<'a>(pictures: &'static Pictures, text: &'a str) -> impl Iterator<Item = (&'static str, usize)> + use<'a> {
    pictures.iter().filter_map(|(picture, format)| {
        let rest = Parsed::new().parse_item(text.as_bytes(), format).ok()?;
        Some((*picture, text.len() - rest.len()))
    })
}

/// The pictures that `text` may begin with, the longest first.
fn forms(text: &str) -> Vec<Form> {
    const BETWEEN: [&str; 5] = ["T", " ", ", ", " às ", " - "];
    let mut forms = Vec::new();
    for (picture, length) in beginnings(&WHOLE, text) {
        let offset = picture.ends_with('Z').then_some(UtcOffset::UTC);
        forms.push(Form { picture: picture.to_owned(), length, has_date: true, has_clock: true, offset });
    }
    for (date, length) in beginnings(&DATES, text) {
        for between in BETWEEN {
            let Some(rest) = text[length..].strip_prefix(between) else { continue };
            forms.extend(clocks(rest).into_iter().map(|clock| Form {
                picture: format!("{date}{between}{}", clock.picture),
                length: length + between.len() + clock.length,
                has_date: true,
                ..clock
            }));
        }
        forms.push(Form { picture: date.to_owned(), length, has_date: true, has_clock: false, offset: None });
    }
    forms.extend(clocks(text).into_iter().filter(|clock| clock.picture.contains("ss")));
    // What goes on as a number or a word is something else.
    forms.retain(|form| !text[form.length..].starts_with(|letter: char| letter.is_alphanumeric()));
    forms
}

/// The times of the day with which `text` may begin, the longest first.
fn clocks(text: &str) -> Vec<Form> {
    beginnings(&CLOCKS, text).map(|(clock, length)| with_offset(text, clock, length)).collect()
}

/// `clock`, which `text` begins with in so many bytes, with the fraction and the offset that follow it.
fn with_offset(text: &str, clock: &str, mut length: usize) -> Form {
    let mut picture = clock.to_owned();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if picture.ends_with("ss")
        && let Some(fraction) = text[length..].strip_prefix(['.', ','])
        && (1..=9).contains(&digits(fraction))
    {
        picture.push_str(&text[length..=length]);
        picture.push_str(&"S".repeat(digits(fraction)));
        length += 1 + digits(fraction);
    }
    let rest = &text[length..];
    let word =
        [("Z", "Z"), (" GMT", " 'GMT'"), (" UTC", " 'UTC'")].into_iter().find(|(word, _)| rest.starts_with(word));
    let mut offset = word.map(|_| UtcOffset::UTC);
    if let Some((word, written)) = word {
        picture.push_str(written);
        length += word.len();
    }
    let (space, rest) = rest.strip_prefix(' ').map_or(("", rest), |rest| (" ", rest));
    for (form, shape) in [("xxx", "+HH:mm"), ("xx", "+HHmm")] {
        let named = rest.get(..shape.len()).filter(|rest| looks_like(&rest[1..], &shape[1..])).and_then(read_offset);
        if offset.is_none() && named.is_some() {
            picture.push_str(space);
            picture.push_str(form);
            length += space.len() + shape.len();
            offset = named;
        }
    }
    Form { picture, length, has_date: false, has_clock: true, offset }
}

/// Whether `text` begins as `picture` is written: digits for its letters.
fn looks_like(text: &str, picture: &str) -> bool {
    let fits =
        |(sign, letter): (u8, u8)| if letter.is_ascii_alphabetic() { sign.is_ascii_digit() } else { sign == letter };
    text.len() >= picture.len() && text.bytes().zip(picture.bytes()).all(fits)
}

impl Form {
    /// The time that `text` is. Where it names no offset, it is by the one that brings it nearest to `now`.
    fn understood(self, text: &str, now: OffsetDateTime) -> Option<(Moment, OffsetDateTime)> {
        let moment = Moment::new(&self.picture, UtcOffset::UTC)?;
        let (moment, time) = if self.has_clock {
            let local = match self.has_date {
                true => PrimitiveDateTime::parse(text, &moment.format).ok()?,
                false => now.date().with_time(Time::parse(text, &moment.format).ok()?),
            };
            let offset = self.offset.unwrap_or_else(|| zone(local, now));
            (Moment { offset, ..moment }, local.assume_offset(offset))
        } else {
            // Noon of UTC's day, so that it is near.
            let noon = Date::parse(text, &moment.format).ok()?.midnight().assume_utc() + Duration::hours(12);
            (moment, noon)
        };
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
            ("Sat, 28 Nov 2026 12:00:05 GMT", "EEE, dd MMM yyyy HH:mm:ss 'GMT'"),
            ("Sat, 28 Nov 2026 09:00:05 -0300", "EEE, dd MMM yyyy HH:mm:ss xx em -03:00"),
            ("Sat Nov 28 09:00:05 BRT 2026", "EEE MMM dd HH:mm:ss 'BRT' yyyy em -03:00"),
            ("28-Nov-2026", "dd-MMM-yyyy"),
            ("28-Nov-2026 09:00", "dd-MMM-yyyy HH:mm em -03:00"),
            ("28/11/2026 09h00", "dd/MM/yyyy HH'h'mm em -03:00"),
            ("11/28/2026 12:00:05 PM", "MM/dd/yyyy hh:mm:ss a"),
            ("11/28/2026 9:00:05 AM", "MM/dd/yyyy h:mm:ss a em -03:00"),
            ("Nov 28, 2026, 09:00:05 AM", "MMM dd, yyyy, hh:mm:ss a em -03:00"),
            ("28/11/2026 às 17:00", "dd/MM/yyyy às HH:mm em +05:00"),
            ("11/28/2026 12:00:05", "MM/dd/yyyy HH:mm:ss"),
            ("20261128T120005Z", "yyyyMMddTHHmmssZ"),
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
        for name in [
            "",
            "x",
            "yy",
            "dd/MM/aaaa",
            "HH:mm em 3",
            "HH:mm em -99:00",
            "YYYY",
            "[hour]",
            "SSSSSSSSSS",
            "HH'",
            "HH'1'",
            "HH'[hour]'",
        ] {
            assert_eq!(Moment::named(name), None, "{name}");
        }
        assert!(Moment::named("HH'h'mm 'min'").is_some());
    }
}
