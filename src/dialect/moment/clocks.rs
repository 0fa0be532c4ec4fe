//! Times of the day: as which picture the beginning of a text may be one.

use time::UtcOffset;

use super::between::{digits, drawn};
use super::form::{Form, read_offset};

/// What may stand between hours, minutes and seconds.
const SIGNS: [&str; 5] = [":", ".", "-", "_", " "];
/// What stands after hours, minutes and seconds, as far as it is right there.
const HOURS: [&str; 7] = ["h", "hs", "hr", "hrs", "hora", "horas", "hours"];
const MINUTES: [&str; 5] = ["m", "min", "mins", "minutos", "minutes"];
const SECONDS: [&str; 6] = ["s", "seg", "segs", "sec", "segundos", "seconds"];
/// Blanks of more than one kind may stand before `PM`.
const BLANKS: [&str; 4] = [" ", "\u{202f}", "\u{a0}", ""];

/// The time of the day that `text` begins with, with its fraction and its offset; `after` a date, what stands between the two.
pub(super) fn clock(text: &str, after: Option<&str>) -> Option<Form> {
    let (picture, length) = match (digits(text), after) {
        (6, Some(_)) => ("HHmmss".to_owned(), 6),
        (4, Some("T")) => ("HHmm".to_owned(), 4),
        _ => parts(text)?,
    };
    Some(with_offset(text, picture, length))
}

/// Hours, minutes, and seconds if there are any, with signs or units between them.
fn parts(text: &str) -> Option<(String, usize)> {
    let hour = digits(text);
    let rest = text.get(hour..).filter(|_| (1..=2).contains(&hour))?;
    let first = separator(rest, &HOURS).filter(|first| digits(&rest[first.len()..]) == 2)?;
    let mut picture = format!("{}{}mm", "H".repeat(hour), drawn(first));
    let mut length = hour + first.len() + 2;
    let rest = &text[length..];
    let is_of_units = !SIGNS.contains(&first);
    let second = separator(rest, &MINUTES).filter(|second| digits(&rest[second.len()..]) == 2);
    let second = second.filter(|second| *second == first || is_of_units && !SIGNS[1..].contains(second));
    let units = match second {
        Some(second) => {
            picture.push_str(&format!("{}ss", drawn(second)));
            length += second.len() + 2;
            if is_of_units { &SECONDS[..] } else { &HOURS }
        }
        None if first == " " => return None,
        None => {
            if is_of_units {
                &MINUTES[..]
            } else {
                &HOURS
            }
        }
    };
    let unit = word(&text[length..]);
    if is_in(units, unit) {
        picture.push_str(&drawn(unit));
        length += unit.len();
    }
    Some((picture, length))
}

/// What `text` has before its first number, if that is a sign, or one of `units` with blanks around it or not.
fn separator<'a>(text: &'a str, units: &[&str]) -> Option<&'a str> {
    let before = &text[..text.find(|letter: char| letter.is_ascii_digit())?];
    let mut words = before.split_whitespace();
    let is_unit = words.next().is_some_and(|word| is_in(units, word)) && words.all(|word| word == "e");
    (SIGNS.contains(&before) || is_unit && before.len() <= 12).then_some(before)
}

fn word(text: &str) -> &str {
    &text[..text.find(|letter: char| !letter.is_alphabetic()).unwrap_or(text.len())]
}

fn is_in(units: &[&str], word: &str) -> bool {
    units.iter().any(|unit| unit.eq_ignore_ascii_case(word))
}

/// The clock of `picture`, which `text` begins with in so many bytes, with the fraction and the offset that follow it.
fn with_offset(text: &str, mut picture: String, mut length: usize) -> Form {
    if picture.ends_with("ss")
        && let Some(fraction) = text[length..].strip_prefix(['.', ','])
        && (1..=9).contains(&digits(fraction))
    {
        picture.push_str(&text[length..=length]);
        picture.push_str(&"S".repeat(digits(fraction)));
        length += 1 + digits(fraction);
    }
    let rest = &text[length..];
    if let Some((blank, half)) = half_of_day(rest) {
        let letters = if half.starts_with(char::is_uppercase) { "a" } else { "aa" };
        let picture = format!("{}{blank}{letters}", picture.replace('H', "h"));
        return Form { picture, names: "", length: length + blank.len() + half.len(), offset: None };
    }
    let word = [("Z", "Z"), (" GMT", " 'GMT'"), (" UTC", " 'UTC'")];
    let word = word.into_iter().find(|(word, _)| rest.starts_with(word));
    let mut offset = word.map(|_| UtcOffset::UTC);
    if let Some((word, written)) = word {
        picture.push_str(written);
        length += word.len();
    }
    let rest = &text[length..];
    let (blank, rest) = rest.strip_prefix(' ').map_or(("", rest), |rest| (" ", rest));
    let named = [("xxx", "+HH:mm"), ("xx", "+HHmm")].into_iter().find_map(|(letters, shape)| {
        let named = rest.get(..shape.len()).filter(|rest| looks_like(rest, shape));
        Some((letters, shape.len(), named.and_then(read_offset)?))
    });
    // `GMT-0300` is what a browser says.
    if let Some((letters, own, named)) = named.filter(|_| word.is_none_or(|(word, _)| word != "Z" && blank.is_empty()))
    {
        picture.push_str(blank);
        picture.push_str(letters);
        length += blank.len() + own;
        offset = Some(named);
    }
    Form { picture, names: "", length, offset }
}

/// The `PM` that `text` begins with, and the blank before it.
fn half_of_day(text: &str) -> Option<(&'static str, &str)> {
    BLANKS.into_iter().find_map(|blank| {
        let half = text.strip_prefix(blank)?.get(..2).filter(|half| ["AM", "PM", "am", "pm"].contains(half))?;
        Some((blank, half))
    })
}

/// Whether `text` is written like the offset `shape`: digits for its letters, and a sign.
fn looks_like(text: &str, shape: &str) -> bool {
    let fits = |(sign, letter): (u8, u8)| match letter {
        b'+' => b"+-".contains(&sign),
        b':' => sign == b':',
        _ => sign.is_ascii_digit(),
    };
    text.bytes().zip(shape.bytes()).all(fits)
}
