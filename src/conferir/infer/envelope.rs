//! What the members of a server's errors mean, by their places.

use std::collections::BTreeMap;

use serde_json::Value;

use super::known::Known;
use super::seen::Observation;
use super::times::time_gap;
use crate::conferir::client::Received;
use crate::conferir::spans::{Span, spans};
use crate::dialect::{Escapes, Template, reason};

pub(super) struct Envelope {
    gaps: BTreeMap<String, &'static str>,
    text: Option<String>,
    /// How the errors write what is not ASCII. None where none of them shows it.
    pub(super) escapes: Option<Escapes>,
}

impl Envelope {
    pub(super) fn of(errors: &[Observation]) -> Self {
        let parsed: Vec<(&Observation, Vec<Span>)> = errors
            .iter()
            .map(|seen| (seen, spans(&seen.received.body)))
            .filter(|(_, spans)| !spans.is_empty())
            .collect();
        let mut places = BTreeMap::<&str, Vec<(&Observation, &Value)>>::new();
        for (seen, spans) in &parsed {
            spans.iter().for_each(|span| places.entry(&span.pointer).or_default().push((seen, &span.value)));
        }
        let mut gaps = BTreeMap::new();
        for (place, values) in &places {
            if let Some(gap) = gap(values) {
                gaps.insert((*place).to_owned(), gap);
            }
        }
        let text = places
            .iter()
            .filter(|(place, _)| !gaps.contains_key(**place))
            .max_by_key(|(_, values)| telling(values))
            .filter(|(_, values)| telling(values) > 0)
            .map(|(place, _)| (*place).to_owned());
        Self { gaps, text, escapes: escapes(errors) }
    }

    /// Whether the errors have the reason of their status code in `place`.
    pub(super) fn is_reason(&self, place: &str) -> bool {
        self.gaps.get(place) == Some(&"<razao>")
    }

    /// The text of `seen`, and its body with gaps in the places of what varies.
    pub(super) fn error(&self, seen: &Observation, usual: Option<&str>) -> (String, String) {
        let known = [(seen.path.as_str(), "<caminho>"), (seen.method, "<metodo>")];
        let known = Known::new(self.escapes.unwrap_or_default(), known);
        let found = usual.and_then(|usual| in_usual(usual, seen, &known));
        found.unwrap_or_else(|| self.body(&seen.received, &seen.text, &known, |place, _| self.gaps.get(place).copied()))
    }

    /// The same of an answer that the contract gives with `text`: `gap` says what varies in a place.
    pub(super) fn body(
        &self,
        received: &Received,
        text: &str,
        known: &Known,
        gap: impl Fn(&str, &Value) -> Option<&'static str>,
    ) -> (String, String) {
        let body = &received.body;
        let escapes = self.escapes.unwrap_or_default();
        let spans = spans(body);
        if spans.is_empty() {
            return of_plain(body, text, escapes, known);
        }
        let own = spans.iter().find(|span| span.value.as_str() == Some(text)).map(|span| &span.pointer);
        let is_there = |place: &&String| spans.iter().any(|span| span.pointer == **place && span.value.is_string());
        let place = own.or(self.text.as_ref().filter(is_there));
        let mut said = text.to_owned();
        let template = with_gaps(body, &spans, known, |span, raw| {
            if Some(&span.pointer) == place && !known.is_in(raw) {
                span.value.as_str().unwrap_or_default().clone_into(&mut said);
                // Escaped otherwise than the rest, it stays as it is.
                let is_text = quoted(&escapes.written(&said)) == raw && !said.contains("{}");
                return is_text.then(|| quoted("<texto>"));
            }
            let gap = gap(&span.pointer, &span.value)?;
            Some(if span.value.is_string() { quoted(gap) } else { gap.to_owned() })
        });
        (said, template)
    }
}

/// `body` with what `gap` makes of each value and its bytes, where it makes something, and with gaps for what is `known`.
pub(super) fn with_gaps(
    body: &str,
    spans: &[Span],
    known: &Known,
    mut gap: impl FnMut(&Span, &str) -> Option<String>,
) -> String {
    let (mut template, mut at) = (String::new(), 0);
    for span in spans {
        let raw = &body[span.range.clone()];
        template.push_str(&Template::literal(&body[at..span.range.start]));
        template.push_str(&gap(span, raw).unwrap_or_else(|| known.with_gaps(raw)));
        at = span.range.end;
    }
    template + &Template::literal(&body[at..])
}

/// The text of `seen`, and the `usual` body, where its body is that around another text.
fn in_usual(usual: &str, seen: &Observation, known: &Known) -> Option<(String, String)> {
    let (before, after) =
        usual.split_once("<texto>").filter(|(before, after)| !before.contains('<') && !after.contains('<'))?;
    let is_plain = spans(&seen.received.body).is_empty();
    let text = seen.received.body.strip_prefix(before)?.strip_suffix(after)?;
    (is_plain && !text.is_empty() && !known.is_in(text)).then(|| (text.to_owned(), usual.to_owned()))
}

/// The text and the body of an answer that is no JSON.
fn of_plain(body: &str, text: &str, escapes: Escapes, known: &Known) -> (String, String) {
    let trimmed = body.trim();
    match body.split_once(&escapes.written(text)) {
        Some((before, after)) => {
            (text.to_owned(), format!("{}<texto>{}", known.with_gaps(before), known.with_gaps(after)))
        }
        // All of it is the text, unless it is a page, or tells what was asked.
        None if !body.contains('<') && !trimmed.is_empty() && !known.is_in(body) => {
            let (before, after) = body.split_once(trimmed).unwrap_or(("", ""));
            (trimmed.to_owned(), format!("{before}<texto>{after}"))
        }
        None => (text.to_owned(), known.with_gaps(body)),
    }
}

/// What varies in `values`, which all answers have in one place.
fn gap(values: &[(&Observation, &Value)]) -> Option<&'static str> {
    let all = |is: &dyn Fn(&Observation, &Value) -> bool| values.iter().all(|(seen, value)| is(seen, value));
    let is_code = |seen: &Observation, value: &Value| {
        let code = seen.received.code;
        value.as_u64() == Some(u64::from(code)) || value.as_str() == Some(&code.to_string())
    };
    if all(&is_code) {
        return Some("<codigo>");
    }
    if all(&|seen, value| value.as_str() == Some(reason(seen.received.code))) {
        return Some("<razao>");
    }
    if all(&|seen, value| value.as_str() == Some(&seen.path)) {
        return Some("<caminho>");
    }
    let time = time_gap(values.first()?.1)?;
    all(&|_, value| time_gap(value) == Some(time)).then_some(time)
}

/// How probable it is that `values`, which stand in one place, are the texts of their answers.
fn telling(values: &[(&Observation, &Value)]) -> usize {
    let texts: Vec<_> = values.iter().filter_map(|(seen, value)| Some((seen.text.as_ref(), value.as_str()?))).collect();
    let of_contract = texts.iter().filter(|(text, value)| text == value).count();
    let mut different: Vec<_> = texts.iter().map(|(_, value)| value).collect();
    different.sort();
    different.dedup();
    if different.len() < 2 { of_contract * 100 } else { of_contract * 100 + different.len() }
}

fn escapes(errors: &[Observation]) -> Option<Escapes> {
    let shows = |text: &str| !text.is_ascii() || text.contains('/');
    let texts: Vec<(Value, &str)> = errors
        .iter()
        .flat_map(|seen| {
            spans(&seen.received.body).into_iter().map(|span| (span.value, &seen.received.body[span.range]))
        })
        .filter(|(value, _)| value.as_str().is_some_and(shows))
        .collect();
    if !errors.is_empty() && errors.iter().all(|seen| spans(&seen.received.body).is_empty()) {
        return Some(Escapes::Nenhum);
    }
    let all = [Escapes::Json, Escapes::Ascii, Escapes::AsciiEBarras, Escapes::Dotnet];
    let written = |escapes: Escapes| {
        texts
            .iter()
            .filter(|(value, raw)| value.as_str().is_some_and(|text| quoted(&escapes.written(text)) == *raw))
            .count()
    };
    // The first of those that fit best: the simplest.
    (!texts.is_empty()).then(|| all.into_iter().rev().max_by_key(|escapes| written(*escapes)).unwrap_or_default())
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
