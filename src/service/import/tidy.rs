//! Text from files: without what spreadsheets and copying leave around it, and as messages repeat it.

use std::borrow::Cow;

use crate::domain::text::excerpt;

/// Longest part of a value that a message repeats, in characters.
const SHOWN_MAX: usize = 40;
/// Most names that a message lists.
const LISTED_MAX: usize = 10;

/// `text` for a message: in quotes, printable, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", excerpt(text, SHOWN_MAX))
}

/// Those of `names` that are not blank, for a message.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<String> = names.map(tidy).filter(|name| !name.is_empty()).map(|name| quoted(&name)).collect();
    let more = shown.len().saturating_sub(LISTED_MAX);
    if more > 0 {
        shown.truncate(LISTED_MAX);
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// `found`, or a word for none, for a message.
pub(super) fn or_nothing(found: String) -> String {
    if found.is_empty() { "nothing".to_owned() } else { found }
}

/// `text` as its writer meant it: without what cannot be seen, what marks it as text, and blanks but single ones
/// between words.
pub(super) fn tidy(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let inside = unmarked(seen.trim());
    let words: Vec<&str> = inside.split_whitespace().collect();
    Cow::Owned(words.join(" "))
}

/// `text` without what cannot be seen and what marks it as text. Blanks between words stay as they are.
pub(super) fn bare(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    Cow::Owned(unmarked(seen.trim()))
}

/// Whether nothing that can be seen is in `text`.
pub(super) fn is_empty(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_unseen(c))
}

/// Spaces without width, joiners, marks of direction, variation and byte order.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// What is inside `="…"`, quotes, or after the apostrophe with which spreadsheets mark text. Quotes that stand between
/// others of their kind are a part of the text; in `="…"`, doubled ones stand for one.
fn unmarked(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(inside) = in_quotes(&text).or_else(|| in_apostrophes(&text)) {
        text = inside.trim().to_string();
    }
    text
}

fn in_quotes(text: &str) -> Option<String> {
    let text = text.strip_prefix('=').map_or(text, str::trim_start);
    let between = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(inside) = between('“', '”') {
        return (!inside.contains(['“', '”'])).then(|| inside.to_owned());
    }
    let parts: Vec<&str> = between('"', '"')?.split("\"\"").collect();
    (!parts.iter().any(|part| part.contains('"'))).then(|| parts.join("\""))
}

fn in_apostrophes(text: &str) -> Option<String> {
    const MARKS: [char; 3] = ['\'', '‘', '’'];
    let rest = text.strip_prefix(MARKS)?;
    let inside = rest.strip_suffix(MARKS).unwrap_or(rest);
    (!inside.contains(MARKS)).then(|| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_marks_text_is_taken_off() {
        for (text, inside) in [
            ("=\"1\"", "1"),
            ("= \" 1 \"", "1"),
            ("'1", "1"),
            ("'1'", "1"),
            ("\u{200b}'\u{feff}=\"1\"", "1"),
            ("\"1\"", "1"),
            ("“1”", "1"),
            ("1\u{fe0f}", "1"),
            ("=\"a\"\"b\"", "a\"b"),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("\"A\"-\"B\"", "\"A\"-\"B\""),
            ("“A” e “B”", "“A” e “B”"),
            ("'A' ou 'B'", "'A' ou 'B'"),
            ("\"", "\""),
            ("a\"b", "a\"b"),
            ("D'or", "D'or"),
            ("=A1", "=A1"),
            ("a  b", "a  b"),
        ] {
            assert_eq!(bare(text), inside, "{text:?}");
        }
        assert_eq!(tidy("\u{a0}em\u{a0} \n atendimento\u{200b}"), "em atendimento");
        assert!(is_empty("\u{a0}\u{200b} \t") && !is_empty("\u{a0}."));
    }

    #[test]
    fn messages_repeat_little_and_nothing_that_steers() {
        assert_eq!(quoted("a\n\u{1b}[2J"), "'a\\n\\u{1b}[2J'");
        assert_eq!(quoted(&"é".repeat(41)), format!("'{}…'", "é".repeat(40)));
        let names: Vec<String> = (0..12).map(|number| format!(" n{number}")).collect();
        let listed = list(names.iter().map(String::as_str).chain([" "]));
        assert!(listed.starts_with("'n0', 'n1'") && listed.ends_with("'n9', and 2 more"), "{listed}");
    }
}
