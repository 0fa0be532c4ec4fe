//! The forms of times that are known: as which pictures the beginning of a text may be read.

use std::cmp::Reverse;
use std::sync::LazyLock;

use time::UtcOffset;

use super::between::{between, digits};
use super::clocks::clock;
use super::dates::dates;
use super::form::Form;
use super::names::Names;
use super::picture::Picture;

/// How many digits the seconds since 1970 have.
const SECONDS: usize = 10;

/// As C and Java write times, with the year at the end; and as numbers.
static WHOLE: LazyLock<Vec<(&'static str, &'static str, Picture)>> = LazyLock::new(|| {
    const NAMED: [&str; 4] = [
        "EEE MMM dd HH:mm:ss 'BRT' yyyy",
        "EEE MMM dd HH:mm:ss 'GMT' yyyy",
        "EEE MMM dd HH:mm:ss 'UTC' yyyy",
        "EEE MMM dd HH:mm:ss yyyy",
    ];
    const OF_NUMBERS: [&str; 5] =
        ["[yyyy,M,d]", "[yyyy,M,d,H,m,s,SSS]", "[yyyy, M, d]", "[yyyy, M, d, H, m, s, SSS]", "u"];
    let named = NAMED.into_iter().flat_map(|picture| Names::SUFFIXES.map(|names| (picture, names)));
    let all = named.chain(OF_NUMBERS.map(|picture| (picture, "")));
    all.filter_map(|(picture, names)| Some((picture, names, Picture::parse(&format!("{picture}{names}"))?))).collect()
});

/// The pictures that `text` may begin with, the longest first.
pub(super) fn forms(text: &str) -> Vec<Form> {
    if text.starts_with(char::is_alphabetic) && !Names::may_begin(text) {
        return Vec::new();
    }
    let mut forms: Vec<Form> = { WHOLE.iter() }
        .filter_map(|(picture, names, says)| {
            let length = text.len() - says.read(text)?.1.len();
            Some(match *picture {
                "u" => counted(text),
                _ if picture.starts_with('[') => listed(text, picture),
                _ => Form { picture: (*picture).to_owned(), names, length, offset: None },
            })
        })
        .collect();
    for date in dates(text) {
        let after = between(&text[date.length..]);
        forms.extend(after.and_then(|(between, drawn)| {
            let start = date.length + between.len();
            let clock = clock(&text[start..], Some(between))?;
            let picture = format!("{}{drawn}{}", date.picture, clock.picture);
            Some(Form { picture, names: date.names, length: start + clock.length, ..clock })
        }));
        if !date.is_compact {
            forms.push(Form { picture: date.picture, names: date.names, length: date.length, offset: None });
        }
    }
    // Two numbers may be anything, and with full stops between them a version or an address.
    let has = |clock: &Form, letters: &[&str]| letters.iter().any(|letters| clock.picture.contains(letters));
    let is_padded = |clock: &Form| has(clock, &["HH", "hh", "a"]);
    let is_plain = |clock: &Form| is_padded(clock) && (has(clock, &[":ss"]) || has(clock, &["'h", "'H"]));
    forms.extend(clock(text, None).filter(is_plain));
    // What goes on as a number or a word is something else.
    let goes_on = |rest: &str| {
        let after_stop = rest.strip_prefix('.').is_some_and(|after| digits(after) > 0);
        after_stop || rest.starts_with(|letter: char| letter.is_alphanumeric())
    };
    forms.retain(|form| !goes_on(&text[form.length..]));
    forms.sort_by_key(|form| Reverse(form.length));
    forms
}

/// The seconds since 1970 that `text` begins with, and their fraction, with a point before it or not.
fn counted(text: &str) -> Form {
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
