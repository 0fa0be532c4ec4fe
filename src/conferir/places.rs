//! Where in a body its values stand, whether it is JSON, a page or plain text.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use super::spans::{Span, spans};
use super::views::views;

/// The values in `text`: those of its JSON, else the texts and attributes of its elements, else its fields.
pub(super) fn places(text: &str) -> Vec<Span> {
    let found = spans(text);
    if !found.is_empty() {
        return found;
    }
    let mut places = Places { text, found, seen: HashMap::new() };
    match text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<') {
        true => places.of_page(),
        false => places.of_fields(),
    }
    places.found
}

/// The places of the values in `text`.
pub fn pointers(text: &str) -> Vec<String> {
    places(text).into_iter().map(|span| span.pointer).collect()
}

/// The values in `text`, with their places.
pub fn values(text: &str) -> Vec<(String, Value)> {
    places(text).into_iter().map(|span| (span.pointer, span.value)).collect()
}

struct Places<'a> {
    text: &'a str,
    found: Vec<Span>,
    /// How often each place came.
    seen: HashMap<String, usize>,
}

impl Places<'_> {
    fn add(&mut self, place: &str, range: Range<usize>) {
        let raw = &self.text[range.clone()];
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return;
        }
        let start = range.start + (raw.len() - raw.trim_start().len());
        let count = self.seen.entry(place.to_owned()).or_default();
        let pointer = if *count == 0 { place.to_owned() } else { format!("{place}/{count}") };
        *count += 1;
        let range = start..start + trimmed.len();
        self.found.push(Span { pointer, range, value: value_of(trimmed), is_quoted: false });
    }

    /// Elements by their path, such as `/r/nome`; attributes below theirs.
    fn of_page(&mut self) {
        let text = self.text;
        let mut open: Vec<&str> = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find('<').map(|found| at + found) {
            self.add(&path(&open), at..start);
            let rest = &text[start..];
            let (begin, end) = match rest {
                _ if rest.starts_with("<!--") => ("<!--", "-->"),
                _ if rest.starts_with("<![CDATA[") => ("<![CDATA[", "]]>"),
                _ => ("<", ">"),
            };
            let inner = start + begin.len();
            let close = text[inner..].find(end).map_or(text.len(), |found| inner + found);
            at = (close + end.len()).min(text.len());
            let tag = &text[inner..close];
            if begin != "<" || tag.starts_with('?') && !tag.starts_with("?xml ") {
                self.add(&path(&open), inner..close);
            } else if let Some(name) = tag.strip_prefix('/') {
                let depth = open.iter().rposition(|own| *own == name.trim());
                open.truncate(depth.unwrap_or(open.len()));
            } else if !tag.starts_with(['!', '?']) {
                let name = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
                open.push(name);
                self.of_attributes(&path(&open), inner + name.len()..close);
                if tag.ends_with('/') || is_void(name) {
                    open.pop();
                }
            }
        }
        self.add(&path(&open), at..text.len());
    }

    fn of_attributes(&mut self, element: &str, range: Range<usize>) {
        let mut at = range.start;
        while let Some((before, after)) = self.text[at..range.end].split_once('=') {
            let name = before.split_whitespace().next_back().unwrap_or_default().to_owned();
            let start = at + before.len() + 1 + (after.len() - after.trim_start().len());
            let value = &self.text[start..range.end];
            let quote = value.chars().next().filter(|sign| ['"', '\''].contains(sign));
            let inner = start + quote.map_or(0, char::len_utf8);
            let end = |sign: char| quote.map_or(sign.is_whitespace(), |quote| quote == sign);
            let length = self.text[inner..range.end].find(end).unwrap_or(range.end - inner);
            self.add(&format!("{element}/{name}"), inner..inner + length);
            at = (inner + length + quote.map_or(0, char::len_utf8)).min(range.end);
        }
    }

    /// `name=value`, `name: value` or a value alone, between the signs that usually part them.
    fn of_fields(&mut self) {
        let mut at = 0;
        for field in self.text.split(['|', ';', ',', '&', '\t', '\r', '\n']) {
            let is_name = |name: &str| {
                let name = name.trim();
                !name.is_empty() && name.chars().all(|letter| letter.is_alphabetic() || "_- ".contains(letter))
            };
            let named = field.split_once(['=', ':']).filter(|(name, _)| is_name(name));
            let (name, start) = named.map_or(("", at), |(name, _)| (name.trim(), at + name.len() + 1));
            self.add(&format!("/{name}"), start..at + field.len());
            at += field.len() + 1;
        }
    }
}

fn path(open: &[&str]) -> String {
    open.iter().map(|name| format!("/{name}")).collect()
}

/// Elements of HTML that nothing closes.
fn is_void(name: &str) -> bool {
    ["br", "hr", "img", "input", "link", "meta"].contains(&name.to_ascii_lowercase().as_str())
}

fn value_of(raw: &str) -> Value {
    match (raw, raw.parse::<u64>()) {
        ("true" | "false", _) => Value::Bool(raw == "true"),
        (_, Ok(number)) if number.to_string() == raw => Value::from(number),
        _ => Value::from(views(raw).into_iter().next().unwrap_or_else(|| raw.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, &str)> {
        places(text).into_iter().map(|span| (span.pointer, &text[span.range])).collect()
    }

    fn expected(places: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        places.iter().map(|(pointer, raw)| ((*pointer).to_owned(), *raw)).collect()
    }

    #[test]
    fn the_values_of_a_page_are_found() {
        let text = "<?xml version=\"1.0\"?>\r\n<r a='1' b = \"x y\"><nome> Ana &amp; Bia </nome><br/><p>1<br>2</p><p>3</p>\
                    <!-- de Ana --><![CDATA[ <Ana> ]]><?php Ana ?></r>\n";
        let places = expected(&[
            ("/r/a", "1"),
            ("/r/b", "x y"),
            ("/r/nome", "Ana &amp; Bia"),
            ("/r/p", "1"),
            ("/r/p/1", "2"),
            ("/r/p/2", "3"),
            ("/r", "de Ana"),
            ("/r/1", "<Ana>"),
            ("/r/2", "?php Ana ?"),
        ]);
        assert_eq!(found(text), places);
        assert_eq!(super::places(text)[2].value, "Ana & Bia");
        for broken in ["<", "<a", "<a b", "<a b=", "<a b='", "</", "<!--", "a</a></b>", "<a =1 é=2>"] {
            found(broken);
        }
    }

    #[test]
    fn the_fields_of_a_text_are_found() {
        let places = expected(&[("/", "OK"), ("/nome", "Ana"), ("/CPF", "000.000.000-00"), ("//1", "a b")]);
        assert_eq!(found("OK|nome=Ana\r\nCPF: 000.000.000-00;;a b\n"), places);
        assert_eq!(found("{\"a\":\"x\"}"), expected(&[("/a", "\"x\"")]));
        assert_eq!(found(""), []);
    }
}
