//! Where the values of a JSON text stand in it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;

/// A value that is no object and no list, or a list that is a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// Its place, such as `/erro/mensagem`.
    pub(super) pointer: String,
    /// Its bytes in the text, quotes included.
    pub(super) range: Range<usize>,
    pub(super) value: Value,
    /// Whether it stands between quotes that belong to the range.
    pub(super) is_quoted: bool,
}

/// The values in `text`, in their order; none if it is no JSON.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    if let Ok(raw) = serde_json::from_str::<&RawValue>(text) {
        collect(text, raw.get(), String::new(), DEPTH_MAX, &mut found);
    }
    found.sort_by_key(|span| span.range.start);
    found
}

/// `text` with what `value` makes of each of its `spans`, and `between` of what is between them.
pub(super) fn rewritten<'a>(
    text: &'a str,
    spans: &[Span],
    between: impl Fn(&'a str) -> String,
    mut value: impl FnMut(&Span, &'a str) -> String,
) -> String {
    let (mut written, mut at) = (String::with_capacity(text.len()), 0);
    for span in spans {
        written.push_str(&between(&text[at..span.range.start]));
        written.push_str(&value(span, &text[span.range.clone()]));
        at = span.range.end;
    }
    written + &between(&text[at..])
}

/// The JSON that `text` holds, if it is a JSON text that does.
pub(super) fn held(text: &str) -> Option<String> {
    let held: String = serde_json::from_str(text).ok()?;
    (held.trim_start().starts_with(['{', '[']) && !spans(&held).is_empty()).then_some(held)
}

/// Deeper values are not looked at.
const DEPTH_MAX: usize = 32;

fn collect(text: &str, raw: &str, pointer: String, depth: usize, found: &mut Vec<Span>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw) {
        members.into_iter().for_each(|(name, raw)| collect(text, raw.get(), format!("{pointer}/{name}"), depth, found));
    } else if is_time(raw) {
        found.push(span(text, raw, pointer, raw.into()));
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) {
        let items = items.into_iter().enumerate();
        items.for_each(|(at, raw)| collect(text, raw.get(), format!("{pointer}/{at}"), depth, found));
    } else if let Ok(value) = serde_json::from_str(raw) {
        found.push(span(text, raw, pointer, value));
    }
}

/// That of `value`, which is written as `raw`, a part of `text`.
fn span(text: &str, raw: &str, pointer: String, value: Value) -> Span {
    let start = raw.as_ptr() as usize - text.as_ptr() as usize;
    Span { pointer, range: start..start + raw.len(), is_quoted: raw.starts_with('"'), value }
}

/// Whether `raw` is a date, with a time or not, as Jackson writes it: `[2026,11,28,14,3,9,123000000]`.
fn is_time(raw: &str) -> bool {
    let Ok(numbers) = serde_json::from_str::<Vec<u32>>(raw) else { return false };
    matches!(numbers[..], [2000..2200, 1..=12, 1..=31] | [2000..2200, 1..=12, 1..=31, 0..24, 0..60, ..])
        && numbers.len() <= 7
}

impl Span {
    /// What stands in its place: `text`, with its quotes.
    pub(super) fn filled_with(&self, text: &str) -> String {
        if self.is_quoted { format!("\"{text}\"") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_found_where_it_stands() {
        let text = " {\"a\" : [ \"x\\u00e9\", 12 ], \"b\":{\"c\":null}} ";
        let found: Vec<_> = spans(text).into_iter().map(|span| (span.pointer, &text[span.range])).collect();
        assert_eq!(
            found,
            [("/a/0", "\"x\\u00e9\""), ("/a/1", "12"), ("/b/c", "null")]
                .map(|(pointer, raw)| (pointer.to_owned(), raw))
        );
        let found: Vec<_> = spans("{\"em\":[2026,11,28,14,3],\"de\":[2026,11]}");
        let found: Vec<_> = found.into_iter().map(|span| (span.pointer, span.value, span.is_quoted)).collect();
        let value = |pointer: &str, value: Value| (pointer.to_owned(), value, false);
        assert_eq!(
            found,
            [value("/em", "[2026,11,28,14,3]".into()), value("/de/0", 2026.into()), value("/de/1", 11.into())]
        );
        assert_eq!(spans("no JSON"), []);
        assert_eq!(spans(&["[".repeat(100), "1".to_owned(), "]".repeat(100)].concat()), []);
    }
}
