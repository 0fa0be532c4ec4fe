//! Texts in parts.

use super::random::Random;

/// What follows the number of a duration.
const UNITS: [&str; 4] = ["ms", "s", "us", "ns"];

/// Words of letters and digits, each id of the form `uuid` as one, and what stands between them. A number is no word with its unit.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_uuid = |rest: &str| {
            rest.get(..36)
                .is_some_and(|id| Random::of(&[id]).is_some_and(|form| form.length() == Some(36) && id.contains('-')))
                && !rest[36..].starts_with(char::is_alphanumeric)
        };
        let end = match rest.find(|letter: char| !letter.is_alphanumeric()) {
            _ if is_uuid(rest) => 36,
            Some(0) => rest.find(char::is_alphanumeric).unwrap_or(rest.len()),
            Some(end) => number_before_unit(&rest[..end]).unwrap_or(end),
            None => number_before_unit(rest).unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

/// How long the number of a duration is, such as `12ms`.
fn number_before_unit(word: &str) -> Option<usize> {
    let length = word.len() - word.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    (length > 0 && UNITS.contains(&&word[length..])).then_some(length)
}

/// `text` at each sign that `is_between` words; the signs stand alone.
pub(super) fn split(text: &str, is_between: impl Fn(char) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, sign) in text.char_indices().filter(|(_, sign)| is_between(*sign)) {
        let end = at + sign.len_utf8();
        parts.extend([&text[start..at], &text[at..end]]);
        start = end;
    }
    parts.push(&text[start..]);
    parts
}
