//! The forms of times that are known: as which pictures the beginning of a text may be read.

use std::cmp::Reverse;
use std::sync::LazyLock;

use time::UtcOffset;

use super::between::between;
use super::names::Names;
use super::picture::Picture;

/// How many digits the seconds since 1970 have.
const SECONDS: usize = 10;

pub(super) fn read_offset(text: &str) -> Option<UtcOffset> {
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
pub(super) struct Form {
    pub picture: String,
    /// How the picture ends if it has names: their language and case.
    pub names: &'static str,
    pub length: usize,
    /// As the text has it.
    pub offset: Option<UtcOffset>,
}

/// Pictures, what they say, and the ends that name the language of each.
type Pictures = LazyLock<Vec<(&'static str, &'static str, Picture)>>;

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
        "dd/MM/yy",
        "dd-MM-yy",
        "dd.MM.yy",
        "MM/dd/yy",
        "MM-dd-yy",
        "yy/MM/dd",
        "yy-MM-dd",
        "yy.MM.dd",
        "d/M/yy",
        "M/d/yy",
        "yyyy-DDD",
        "dd-MMM-yyyy",
        "dd-MMM-yy",
        "dd/MMM/yyyy",
        "dd/MMM/yy",
        "dd MMM yyyy",
        "d MMM yyyy",
        "dd MMM. yyyy",
        "d MMM. yyyy",
        "dd MMMM yyyy",
        "d MMMM yyyy",
        "MMM dd, yyyy",
        "MMM d, yyyy",
        "MMMM dd, yyyy",
        "MMMM d, yyyy",
        "dd 'de' MMMM 'de' yyyy",
        "d 'de' MMMM 'de' yyyy",
        "dd 'de' MMM. 'de' yyyy",
        "d 'de' MMM. 'de' yyyy",
        "dd 'de' MMM 'de' yyyy",
        "d 'de' MMM 'de' yyyy",
    ])
});
/// Days of the week, before a date.
static DAYS: Pictures = LazyLock::new(|| compiled(&["EEE, ", "EEE ", "EEE., ", "EEE. ", "EEEE, ", "EEEE "]));
static CLOCKS: Pictures = LazyLock::new(|| {
    compiled(&[
        "hh:mm:ss a",
        "h:mm:ss a",
        "h:mm:ss\u{202f}a",
        "hh:mm a",
        "h:mm a",
        "h:mm\u{202f}a",
        "HH:mm:ss",
        "HH:mm",
        "HH.mm.ss",
        "HH'h'mm",
        "HH'h'mm'm'",
        "HH'h'mm'min'",
        "HH'h'mm'm'ss's'",
        "HH'h'mm'min'ss",
        "HH'h'mm'min'ss's'",
    ])
});
/// As Java and ISO 8601 write times, without their date first or without signs between; and as numbers.
static WHOLE: Pictures = LazyLock::new(|| {
    compiled(&[
        "EEE MMM dd HH:mm:ss 'BRT' yyyy",
        "EEE MMM dd HH:mm:ss 'GMT' yyyy",
        "EEE MMM dd HH:mm:ss 'UTC' yyyy",
        "yyyyMMddTHHmmssZ",
        "yyyyMMddTHHmmss",
        "yyyyMMdd-HHmmss",
        "yyyyMMdd_HHmmss",
        "yyyyMMdd HHmmss",
        "yyyyMMdd|HHmmss",
        "yyyyMMdd;HHmmss",
        "ddMMyyyy-HHmmss",
        "ddMMyyyy HHmmss",
        "ddMMyyyy|HHmmss",
        "ddMMyyyy;HHmmss",
        "[yyyy,M,d]",
        "[yyyy,M,d,H,m,s,SSS]",
        "[yyyy, M, d]",
        "[yyyy, M, d, H, m, s, SSS]",
        "u",
    ])
});

fn compiled(pictures: &[&'static str]) -> Vec<(&'static str, &'static str, Picture)> {
    let languages = |picture: &'static str| {
        let has_names = picture.contains("MMM") || picture.contains("EEE");
        let is_portuguese = picture.contains("'de'");
        let fits = move |names: &&'static str| {
            if is_portuguese { names.eq_ignore_ascii_case(" pt") } else { has_names || names.is_empty() }
        };
        Names::SUFFIXES.into_iter().filter(fits).map(move |names| (picture, names))
    };
    let compile = |(picture, names)| Some((picture, names, Picture::parse(&format!("{picture}{names}"))?));
    pictures.iter().flat_map(|picture| languages(picture)).filter_map(compile).collect()
}

/// Which of `pictures` `text` may begin with, with the ends of their names, and how long that beginning is.
fn beginnings<'a>(
    pictures: &'static Pictures,
    text: &'a str,
) -> impl Iterator<Item = (&'static str, &'static str, usize)> + use<'a> {
    pictures.iter().filter_map(|(picture, names, says)| {
        let (_, rest) = says.read(text)?;
        Some((*picture, *names, text.len() - rest.len()))
    })
}

/// The dates that `text` may begin with, after a day of the week or not.
fn dates(text: &str) -> Vec<Form> {
    let form = |picture: String, names, length| Form { picture, names, length, offset: None };
    let mut found: Vec<Form> =
        beginnings(&DATES, text).map(|(date, names, length)| form(date.to_owned(), names, length)).collect();
    for (day, names, length) in beginnings(&DAYS, text) {
        let dates = beginnings(&DATES, &text[length..]);
        let dates = dates.filter(|(date, own, _)| !date.contains("MMM") || *own == names);
        found.extend(dates.map(|(date, _, own)| form(format!("{day}{date}"), names, length + own)));
    }
    found
}

/// The pictures that `text` may begin with, the longest first.
pub(super) fn forms(text: &str) -> Vec<Form> {
    /// As a text has it, and as a picture does.
    const BETWEEN: [(&str, &str); 6] =
        [("T", "T"), (" ", " "), (", ", ", "), (" às ", " às "), (" - ", " - "), (" at ", " 'at' ")];
    let mut forms = Vec::new();
    if text.starts_with(char::is_alphabetic) && !Names::may_begin(text) {
        return forms;
    }
    for (picture, names, length) in beginnings(&WHOLE, text) {
        forms.push(match picture {
            "u" => counted(text),
            _ if picture.starts_with('[') => listed(text, picture),
            _ => {
                let offset = picture.ends_with('Z').then_some(UtcOffset::UTC);
                Form { picture: picture.to_owned(), names, length, offset }
            }
        });
    }
    for date in dates(text) {
        let own = between(&text[date.length..]);
        let usual = BETWEEN.map(|(between, drawn)| (between, drawn.to_owned()));
        for (between, drawn) in usual.into_iter().chain(own) {
            let Some(rest) = text[date.length..].strip_prefix(between) else { continue };
            forms.extend(clocks(rest).into_iter().map(|clock| Form {
                picture: format!("{}{drawn}{}", date.picture, clock.picture),
                names: date.names,
                length: date.length + between.len() + clock.length,
                ..clock
            }));
        }
        forms.push(date);
    }
    // Two numbers may be anything, and with full stops between them a version or an address.
    let has = |clock: &Form, letters| clock.picture.contains(letters);
    let is_plain = |clock: &Form| (has(clock, "ss") || has(clock, "'h'")) && !clock.picture.starts_with("HH.");
    forms.extend(clocks(text).into_iter().filter(is_plain));
    // What goes on as a number or a word is something else.
    forms.retain(|form| !text[form.length..].starts_with(|letter: char| letter.is_alphanumeric()));
    forms.sort_by_key(|form| Reverse(form.length));
    forms
}

/// The seconds since 1970 that `text` begins with, and their fraction, with a point before it or not.
fn counted(text: &str) -> Form {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    let (sign, fraction) = if whole == SECONDS && fraction > 0 { (".", fraction) } else { ("", whole - SECONDS) };
    let picture = format!("u{sign}{}", "S".repeat(fraction));
    Form { length: SECONDS + sign.len() + fraction, picture, names: "", offset: Some(UtcOffset::UTC) }
}

/// The list of numbers that `text` begins with, which are written like `picture`.
fn listed(text: &str, picture: &str) -> Form {
    let length = text.find(']').map_or(text.len(), |end| end + 1);
    let between = if picture.contains(", ") { ", " } else { "," };
    let numbers: Vec<&str> = text[1..length - 1].split(between).collect();
    // The zeros at its end tell to how many digits the server counts.
    let digits =
        numbers.get(6).map_or(3, |fraction| 9 - (fraction.len() - fraction.trim_end_matches('0').len()) / 3 * 3);
    let numbers =
        if numbers.len() == 3 { "yyyy M d".to_owned() } else { format!("yyyy M d H m s {}", "S".repeat(digits)) };
    Form { picture: format!("[{}]", numbers.replace(' ', between)), names: "", length, offset: None }
}

/// The times of the day with which `text` may begin, the longest first.
fn clocks(text: &str) -> Vec<Form> {
    beginnings(&CLOCKS, text).map(|(clock, _, length)| with_offset(text, clock, length)).collect()
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
    if picture.starts_with("HH") && picture.contains("ss") && [" AM", " PM"].iter().any(|half| rest.starts_with(half)) {
        return Form {
            picture: format!("{} a", picture.replace("HH", "hh")),
            names: "",
            length: length + 3,
            offset: None,
        };
    }
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
    Form { picture, names: "", length, offset }
}

/// Whether `text` begins as `picture` is written: digits for its letters.
fn looks_like(text: &str, picture: &str) -> bool {
    let fits =
        |(sign, letter): (u8, u8)| if letter.is_ascii_alphabetic() { sign.is_ascii_digit() } else { sign == letter };
    text.len() >= picture.len() && text.bytes().zip(picture.bytes()).all(fits)
}
