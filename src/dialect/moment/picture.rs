//! Pictures of times, such as `dd/MM/yyyy HH:mm:ss`: how a time is written by one, and read.

use time::format_description::{OwnedFormatItem, parse_owned};
use time::parsing::Parsed;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

use super::names::{Names, Word};

/// A word in a picture that has a letter of pictures.
const WORD: &str = "às";
/// How many digits a fraction of a second has in the list of Jackson, which counts nanoseconds.
const NANOSECONDS: usize = 9;

/// What a picture says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// One part after the other.
    Parts(Vec<Part>),
    /// `[yyyy,M,d,H,m,s,SSS]`, as Jackson writes a time: what stands between the numbers, how many of them there are, and so many
    /// digits of the fraction count. Its last numbers are left out where they are 0.
    List(&'static str, usize, usize),
    /// `uSSS`: the seconds since 1970, a sign, and so many digits of the fraction.
    Count(&'static str, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Bytes(String),
    Number(OwnedFormatItem),
    Name(Word),
}

impl Picture {
    /// What `picture` says; none if that is nothing of a time. The names of months and days are those of `names`.
    pub(super) fn parse(picture: &str) -> Option<Self> {
        let (picture, names) = Names::of(picture);
        list(picture).or_else(|| count(picture)).or_else(|| parts(picture, names).map(Self::Parts))
    }

    pub(super) fn written(&self, time: OffsetDateTime) -> String {
        let parts = match self {
            Self::Parts(parts) => parts,
            Self::List(between, length, digits) => return written_list(time, between, *length, *digits),
            // Without zeros before it, it is a number of JSON.
            Self::Count("", digits) => {
                return (time.unix_timestamp_nanos() / 10_i128.pow((NANOSECONDS - digits) as u32)).to_string();
            }
            Self::Count(sign, digits) => {
                let fraction = &format!("{:09}", time.nanosecond())[..*digits];
                return format!("{}{sign}{fraction}", time.unix_timestamp());
            }
        };
        let written = |part: &Part| match part {
            Part::Bytes(bytes) => bytes.clone(),
            Part::Number(number) => time.format(number).unwrap_or_default(),
            Part::Name(name) => name.written(time.date()),
        };
        parts.iter().map(written).collect()
    }

    /// What `text` begins with, and what comes after that.
    pub(super) fn read<'a>(&self, text: &'a str) -> Option<(Read, &'a str)> {
        match self {
            Self::Parts(parts) => read_parts(parts, text),
            Self::List(between, length, _) => read_list(text, between, *length),
            Self::Count(sign, digits) => read_count(text, sign, *digits),
        }
    }
}

/// What was read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) date: Option<Date>,
    pub(super) clock: Option<Time>,
}

impl Read {
    /// Both; with `day` where no date was read, and at noon where no time of the day was.
    pub(super) fn on(&self, day: Date) -> PrimitiveDateTime {
        self.date.unwrap_or(day).with_time(self.clock.unwrap_or(NOON))
    }
}

/// Of the day of UTC, so that it is near.
const NOON: Time = time::macros::time!(12:00);
/// Of a week that names no day.
const MIDDLE: Weekday = Weekday::Thursday;

fn parts(picture: &str, names: Names) -> Option<Vec<Part>> {
    let (mut parts, mut has_time) = (Vec::new(), false);
    let bytes = |text: &str, parts: &mut Vec<Part>| match parts.last_mut() {
        Some(Part::Bytes(before)) => before.push_str(text),
        _ => parts.push(Part::Bytes(text.to_owned())),
    };
    let mut rest = picture;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(WORD) {
            bytes(WORD, &mut parts);
            rest = after;
            continue;
        }
        if let Some((word, after)) = rest.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
            if !word.chars().all(char::is_alphabetic) {
                return None;
            }
            bytes(word, &mut parts);
            rest = after;
            continue;
        }
        let length = rest.len() - rest.trim_start_matches(letter).len();
        let run = &rest[..length];
        rest = &rest[length..];
        let subsecond = format!("[subsecond digits:{length}]");
        let number = match run {
            "yyyy" => "[year]",
            "yy" => "[year repr:last_two]",
            "MM" => "[month]",
            "M" => "[month padding:none]",
            "dd" => "[day]",
            "d" => "[day padding:none]",
            "DDD" => "[ordinal]",
            // The year of a week is another one around New Year.
            "YYYY" if picture.contains("ww") => "[year base:iso_week]",
            "ww" => "[week_number]",
            "e" => "[weekday repr:monday]",
            "HH" => "[hour]",
            "H" => "[hour padding:none]",
            "hh" => "[hour repr:12]",
            "h" => "[hour repr:12 padding:none]",
            "a" => "[period]",
            "aa" => "[period case:lower]",
            "mm" => "[minute]",
            "ss" => "[second]",
            "xxx" => "[offset_hour sign:mandatory]:[offset_minute]",
            "xx" => "[offset_hour sign:mandatory][offset_minute]",
            _ if letter == 'S' && length <= NANOSECONDS => &subsecond,
            "MMM" | "MMMM" | "EEE" | "EEEE" => {
                has_time = true;
                parts.push(Part::Name(names.word(letter == 'M', length == 4)));
                continue;
            }
            _ if "yMdDEHhamsxS'[]\\<>\"".contains(letter) || letter.is_ascii_digit() => return None,
            // A word is a slip of a picture.
            run if run.len() > 1 && letter.is_ascii_alphabetic() => return None,
            run => {
                bytes(run, &mut parts);
                continue;
            }
        };
        has_time |= !run.starts_with('x') && run != "yy";
        parts.push(Part::Number(parse_owned::<2>(number).ok()?));
    }
    has_time.then_some(parts)
}

fn read_parts<'a>(parts: &[Part], text: &'a str) -> Option<(Read, &'a str)> {
    let (mut parsed, mut rest) = (Parsed::new(), text);
    for part in parts {
        rest = match part {
            Part::Bytes(bytes) => rest.strip_prefix(bytes.as_str())?,
            Part::Number(number) => {
                let after = parsed.parse_item(rest.as_bytes(), number).ok()?;
                &rest[rest.len() - after.len()..]
            }
            Part::Name(name) => {
                let (at, after) = name.read(rest)?;
                match name.is_month() {
                    true => parsed.set_month(Month::try_from(at + 1).ok()?)?,
                    false => parsed.set_weekday(Weekday::Sunday.nth_next(at))?,
                }
                after
            }
        };
    }
    if let (None, Some(year)) = (parsed.year(), parsed.year_last_two()) {
        parsed.set_year(2000 + i32::from(year))?;
    }
    let is_week = parsed.iso_week_number().is_some();
    if is_week && parsed.weekday().is_none() {
        parsed.set_weekday(MIDDLE)?;
    }
    let has_date = is_week || parsed.day().is_some() || parsed.ordinal().is_some() || parsed.year().is_some();
    let has_clock = parsed.minute().is_some();
    let date = if has_date { Some(Date::try_from(parsed).ok()?) } else { None };
    let clock = if has_clock { Some(Time::try_from(parsed).ok()?) } else { None };
    Some((Read { date, clock }, rest))
}

fn list(picture: &str) -> Option<Picture> {
    let inner = picture.strip_prefix('[')?.strip_suffix(']')?;
    let between = if inner.contains(", ") { ", " } else { "," };
    let numbers: Vec<&str> = inner.split(between).collect();
    let (names, fraction) = numbers.split_at(numbers.len().min(6));
    if ![3, 6].contains(&names.len()) || names[..] != ["yyyy", "M", "d", "H", "m", "s"][..names.len()] {
        return None;
    }
    let digits = match fraction {
        [] => 0,
        [run] if [3, 6, 9].contains(&run.len()) && run.bytes().all(|sign| sign == b'S') => run.len(),
        _ => return None,
    };
    Some(Picture::List(between, numbers.len(), digits))
}

fn written_list(time: OffsetDateTime, between: &str, length: usize, digits: usize) -> String {
    let unit = 10_u32.pow((NANOSECONDS - digits) as u32);
    let (hour, minute, second) = time.to_hms();
    let numbers = [
        time.year(),
        u8::from(time.month()).into(),
        time.day().into(),
        hour.into(),
        minute.into(),
        second.into(),
        (time.nanosecond() / unit * unit) as i32,
    ];
    let mut numbers = &numbers[..length];
    // The hour and the minute always stand there.
    while let [before @ .., 0] = numbers
        && before.len() >= 5
    {
        numbers = before;
    }
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(between))
}

fn read_list<'a>(text: &'a str, between: &str, length: usize) -> Option<(Read, &'a str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let numbers: Option<Vec<u32>> = inner.split(between).map(|number| number.parse().ok()).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= length && (length == 3 || numbers.len() >= 5))?;
    let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let small = |place: usize| u8::try_from(at(place)).ok();
    let date = Date::from_calendar_date(at(0) as i32, Month::try_from(small(1)?).ok()?, small(2)?).ok()?;
    let clock = Time::from_hms_nano(small(3)?, small(4)?, small(5)?, at(6)).ok()?;
    Some((Read { date: Some(date), clock: (length > 3).then_some(clock) }, rest))
}

fn count(picture: &str) -> Option<Picture> {
    let fraction = picture.strip_prefix('u')?;
    let (sign, digits) = fraction.strip_prefix('.').map_or(("", fraction), |digits| (".", digits));
    let is_one = digits.bytes().all(|sign| sign == b'S') && digits.len() <= NANOSECONDS;
    (is_one && digits.is_empty() == (fraction.is_empty())).then_some(Picture::Count(sign, digits.len()))
}

fn read_count<'a>(text: &'a str, sign: &str, digits: usize) -> Option<(Read, &'a str)> {
    const SECONDS: usize = 10;
    let length = SECONDS + sign.len() + digits;
    let (counted, rest) = text.split_at_checked(length)?;
    let (seconds, fraction) = counted.split_at_checked(SECONDS)?;
    let fraction = fraction.strip_prefix(sign)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(fraction) {
        return None;
    }
    let time = OffsetDateTime::from_unix_timestamp(seconds.parse().ok()?).ok()?;
    let time = time.replace_nanosecond(format!("{fraction:0<9}").parse().ok()?).ok()?;
    Some((Read { date: Some(time.date()), clock: Some(time.time()) }, rest))
}
