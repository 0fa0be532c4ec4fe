//! Dates: as which pictures the beginning of a text may be one, whatever signs stand between its numbers.

use super::between::{digits, drawn};
use super::names::Names;

/// In which order day, month and year may stand: the most usual one first.
const ORDERS: [&str; 3] = ["dMy", "Mdy", "yMd"];
/// Dates without signs, by how many digits they have: they are none alone, as numbers are written so.
const COMPACT: [(usize, &str); 6] =
    [(8, "yyyyMMdd"), (8, "ddMMyyyy"), (8, "MMddyyyy"), (7, "yyyyDDD"), (6, "yyMMdd"), (6, "ddMMyy")];
/// Weeks of ISO 8601, and how they look with a 9 for each digit.
const WEEKS: [(&str, &str); 4] =
    [("9999-W99-9", "YYYY-Www-e"), ("9999-W99", "YYYY-Www"), ("9999W999", "YYYYWwwe"), ("9999W99", "YYYYWww")];
/// The signs that may stand between numbers and names.
const SIGNS: &str = "-/._, ~|\u{a0}\u{2011}\u{2013}";
/// What stands between a year and the day of it.
const OF_YEAR: [&str; 4] = ["-", "/", ".", "_"];
const SIGNS_MAX: usize = 6;

/// A date with which a text may begin.
pub(super) struct Date {
    pub(super) picture: String,
    /// How the picture ends if it has names: their language and case.
    pub(super) names: &'static str,
    pub(super) length: usize,
    /// Whether it is one only before a time of the day.
    pub(super) is_compact: bool,
}

pub(super) fn dates(text: &str) -> Vec<Date> {
    let date = |picture: String, length| Date { picture, names: "", length, is_compact: false };
    let compact = COMPACT.into_iter().filter(|(length, _)| *length == digits(text));
    let compact = compact.map(|(length, picture)| Date { is_compact: true, ..date(picture.to_owned(), length) });
    let looks = |shape: &str| {
        let fits = |(sign, shown): (u8, u8)| if shown == b'9' { sign.is_ascii_digit() } else { sign == shown };
        text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let weeks = WEEKS.into_iter().filter(|(shape, _)| looks(shape));
    let weeks = weeks.map(|(shape, picture)| date(picture.to_owned(), shape.len()));
    let mut found: Vec<Date> = compact.chain(weeks).collect();
    for names in Names::SUFFIXES {
        let dates = in_language(text, Names::of(names).1).into_iter();
        let is_of_it = |picture: &str| names.is_empty() || picture.contains("MMM") || picture.contains("EEE");
        let dates = dates.filter(|(picture, _)| is_of_it(picture));
        found.extend(dates.map(|(picture, length)| Date { names, ..date(picture, length) }));
    }
    found
}

/// A number or the name of a month.
struct Field<'a> {
    /// What stands before it.
    before: &'a str,
    /// How a picture writes the name; none for a number.
    name: Option<&'static str>,
    length: usize,
}

/// The pictures as which `text` may begin with a date whose names are of one language, and how long each is.
fn in_language(text: &str, names: Names) -> Vec<(String, usize)> {
    let day = day(text, names).unwrap_or_default();
    let fields = fields(&text[day.len()..], names);
    let length =
        |count: usize| day.len() + fields[..count].iter().map(|own| own.before.len() + own.length).sum::<usize>();
    let of_day = match names.begins(text, false) {
        Some((letters, own)) if !day.is_empty() => format!("{letters}{}", &day[own..]),
        _ => String::new(),
    };
    let whole = |picture: String, count| (of_day.clone() + &picture, length(count));
    let is_day_of_year = fields.len() > 1 && fields[0].length == 4 && fields[1].length == 3 && fields[1].name.is_none();
    if is_day_of_year && OF_YEAR.contains(&fields[1].before) {
        return vec![whole(format!("yyyy{}DDD", fields[1].before), 2)];
    }
    let Ok(all) = <&[Field<'_>; 3]>::try_from(&fields[..]) else { return Vec::new() };
    ORDERS.into_iter().filter_map(|order| Some(whole(picture(all, order)?, 3))).collect()
}

/// What `text` has before a date: a day of the week and the signs after it.
fn day(text: &str, names: Names) -> Option<&str> {
    let (_, name) = names.begins(text, false)?;
    let length = text.len() - text[name..].trim_start_matches(['.', ',', ' ']).len();
    text[name..length].contains(' ').then_some(&text[..length])
}

/// The numbers and names with which `text` begins, up to three.
fn fields<'a>(text: &'a str, names: Names) -> Vec<Field<'a>> {
    let (mut fields, mut rest) = (Vec::<Field<'a>>::new(), text);
    while fields.len() < 3 {
        let (before, after) = rest.split_at(if fields.is_empty() { 0 } else { separator(rest, names) });
        let number = Some((None, digits(after))).filter(|(_, digits)| *digits > 0);
        let name = || names.begins(after, true).map(|(name, length)| (Some(name), length));
        let Some((name, length)) = number.or_else(name) else { break };
        // A name may stand right beside a number.
        if before.is_empty() && fields.last().is_some_and(|last| last.name.is_none() && name.is_none()) {
            break;
        }
        fields.push(Field { before, name, length });
        rest = &after[length..];
    }
    fields
}

/// How long the signs are with which `text` begins, also with a `de` among them.
fn separator(text: &str, names: Names) -> usize {
    let signs = |text: &str| text.len() - text.trim_start_matches(|letter| SIGNS.contains(letter)).len();
    let first = signs(text);
    let after = names.joint().and_then(|joint| text[first..].strip_prefix(joint)).filter(|_| first > 0);
    let all = match after.map(|after| (after, signs(after))) {
        Some((after, second)) if second > 0 => text.len() - after.len() + second,
        _ => first,
    };
    if text[..all].chars().count() <= SIGNS_MAX { all } else { 0 }
}

/// `fields` as a picture, if they may stand in this `order`.
fn picture(fields: &[Field<'_>; 3], order: &str) -> Option<String> {
    let of = |kind: char| order.find(kind).map(|at| &fields[at]);
    let (day, month, year) = (of('d')?, of('M')?, of('y')?);
    let is_short = year.length == 2;
    let is_of_numbers = month.name.is_none();
    if day.name.is_some() || year.name.is_some() || day.length > 2 || is_of_numbers && month.length > 2 {
        return None;
    }
    if !is_short && year.length != 4 || is_of_numbers && (fields[1].before != fields[2].before) {
        return None;
    }
    // Numbers with commas are a list, and short ones with blanks may be anything.
    let before = fields[1].before;
    if is_of_numbers && (before.contains(',') || is_short && before.trim().is_empty()) {
        return None;
    }
    // Where the month has no zero before it, the day has none.
    let is_padded = day.length == 2 && (month.name.is_some() || month.length == 2);
    let letters = |kind: char| match kind {
        'd' => {
            if is_padded {
                "dd"
            } else {
                "d"
            }
        }
        'M' => month.name.unwrap_or(if is_padded { "MM" } else { "M" }),
        _ => {
            if is_short {
                "yy"
            } else {
                "yyyy"
            }
        }
    };
    Some(order.chars().zip(fields).map(|(kind, field)| drawn(field.before) + letters(kind)).collect())
}
