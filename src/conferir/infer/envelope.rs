//! What the members of a server's errors mean, by their places.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use time::OffsetDateTime;

use super::known::Known;
use super::moving::{Place, around, moves, moving, pieces_of, text_of, value_at, written};
use super::plain::{frame, ids, in_usual, joined_ids, of_plain, plain_pieces, with_ids};
use super::seen::Observation;
use super::statuses::Statuses;
use crate::conferir::client::Received;
use crate::conferir::personal::Personal;
use crate::conferir::spans::{Span, rewritten, spans};
use crate::dialect::{Entities, Escapes, Piece, Random, Template, Writing, reason, strip};

pub(super) struct Envelope {
    /// What fills a place, without quotes.
    gaps: BTreeMap<String, String>,
    /// The place of the text, and what stands around that there.
    text: Option<String>,
    around: (Vec<Piece>, Vec<Piece>),
    /// Places in which each error has something else that does not move, such as a code of its own.
    own: BTreeSet<String>,
    /// What stood in a place twice when the same was asked twice: it moves in no answer.
    constant: BTreeSet<(String, String)>,
    /// How the errors write what is not ASCII. None where none of them shows it.
    pub(super) escapes: Option<Escapes>,
    entities: Entities,
    /// What of the users stands in no dialect.
    personal: Personal,
    statuses: Statuses,
    /// The ids of errors that are no JSON, in their order, and whether those tell their status codes.
    ids: Vec<Random>,
    tells_code: bool,
    tells_reason: bool,
}

impl Envelope {
    pub(super) fn of(errors: &[Observation], personal: Personal, statuses: Statuses) -> Self {
        let parsed: Vec<(&Observation, Vec<Span>)> = errors
            .iter()
            .map(|seen| (seen, spans(&seen.received.body)))
            .filter(|(_, spans)| !spans.is_empty())
            .collect();
        let mut places = BTreeMap::<&str, Vec<(&Observation, &Span)>>::new();
        for (seen, spans) in &parsed {
            spans.iter().for_each(|span| places.entry(&span.pointer).or_default().push((seen, span)));
        }
        let (escapes, entities) = (escapes(errors), entities(errors));
        let mut gaps = BTreeMap::new();
        for (place, values) in &places {
            if let Some(gap) = gap(values, escapes.unwrap_or_default()) {
                gaps.insert((*place).to_owned(), gap);
            }
        }
        let text = places
            .iter()
            .filter(|(place, _)| !gaps.contains_key(**place))
            .max_by_key(|(_, values)| telling(values))
            .filter(|(_, values)| telling(values) > 0)
            .map(|(place, _)| (*place).to_owned());
        let around = text.as_deref().map(|place| around(&texts_with_pieces(&places[place]))).unwrap_or_default();
        let repeats_text = |seen: &Observation, span: &Span| {
            let said = text.as_deref().and_then(|place| value_at(&seen.received, place));
            said.as_ref() == Some(&span.value)
        };
        let is_own = |(place, values): &(&&str, &Vec<(&Observation, &Span)>)| {
            let values: Vec<&Span> =
                values.iter().filter(|(seen, span)| !repeats_text(seen, span)).map(|(_, span)| *span).collect();
            !gaps.contains_key(**place) && text.as_deref() != Some(**place) && is_another_for_most(&values)
        };
        let own = places.iter().filter(is_own).map(|(place, _)| (*place).to_owned()).collect();
        let stays = |seen: &Observation, span: &Span| {
            seen.again.as_ref().and_then(|again| value_at(again, &span.pointer)).as_ref() == Some(&span.value)
        };
        let constant = places
            .values()
            .flatten()
            .filter(|(seen, span)| stays(seen, span))
            .filter_map(|(_, span)| Some((span.pointer.clone(), text_of(&span.value)?)))
            .collect();
        let plain: Vec<&Observation> = errors.iter().filter(|seen| spans(&seen.received.body).is_empty()).collect();
        let all_tell = |what: fn(u16) -> String| {
            let tells = |seen: &&Observation| seen.received.body.contains(&what(seen.received.code));
            plain.len() > 1 && plain.iter().all(tells)
        };
        let (tells_code, tells_reason) = (all_tell(|code| code.to_string()), all_tell(|code| reason(code).to_owned()));
        let ids =
            plain.iter().filter(|seen| seen.again.is_some()).map(|seen| ids(&plain_pieces(seen))).reduce(joined_ids);
        Self {
            gaps,
            text,
            around,
            own,
            escapes,
            entities,
            constant,
            personal,
            statuses,
            ids: ids.unwrap_or_default(),
            tells_code,
            tells_reason,
        }
    }

    /// How texts stand in the body of `received`.
    pub(super) fn writing(&self, received: &Received) -> Writing {
        let kind = received.header("content-type").unwrap_or_default();
        Writing::of((self.escapes.unwrap_or_default(), self.entities), &kind, &received.body)
    }

    /// How the status is written.
    pub(super) fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// What of the users stands in no dialect.
    pub(super) fn people(&self) -> &Personal {
        &self.personal
    }

    /// Whether the errors have the reason of their status code in `place`.
    pub(super) fn is_reason(&self, place: &str) -> bool {
        self.gaps.get(place).is_some_and(|gap| gap == "<razao>")
    }

    /// The places where the errors that were not seen stay empty.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(String::as_str)
    }

    /// The body of `seen` as one for every error: without what is its own.
    pub(super) fn for_all(&self, seen: &Observation) -> String {
        let emptied = |span: &Span| self.own.contains(&span.pointer).then(|| emptied(&span.value)).flatten();
        self.worded(seen, None, emptied).1
    }

    /// What errors that are no JSON have around their texts: `bodies` are theirs, with gaps. None where they share nothing.
    pub(super) fn frame(&self, bodies: &[String]) -> Option<String> {
        frame(bodies.iter().map(String::as_str).filter(|body| !body.is_empty() && spans(body).is_empty()))
    }

    /// The text of `seen`, and its body with gaps in the places of what varies.
    pub(super) fn error(&self, seen: &Observation, usual: Option<&str>) -> (String, String) {
        self.worded(seen, usual, |_| None)
    }

    fn worded(
        &self,
        seen: &Observation,
        usual: Option<&str>,
        instead: impl Fn(&Span) -> Option<String>,
    ) -> (String, String) {
        let (asked, code) = (&seen.asked, seen.received.code.to_string());
        let (writing, capitals) = (self.writing(&seen.received), asked.status.to_uppercase());
        let known = [
            (seen.path.as_str(), "<caminho>"),
            (seen.path.trim_start_matches('/'), "<caminho sem barra>"),
            (seen.method, "<metodo>"),
            (&asked.protocolo, "<protocolo>"),
            (&asked.status, "<status>"),
            (&capitals, "<STATUS>"),
            (&asked.motivo, "<motivo>"),
            (&asked.login, "<login>"),
            (&asked.usuario, "<usuario>"),
            (if self.tells_code { code.as_str() } else { "" }, "<codigo>"),
            (if self.tells_reason { reason(seen.received.code) } else { "" }, "<razao>"),
        ];
        // A word of the contract's text is nobody's name.
        let personal =
            self.personal.telling().filter(|value| !seen.text.contains(value)).map(|value| (value, "<pessoal>"));
        let known = Known::new(writing, known.into_iter().chain(self.statuses.known(&asked.status)).chain(personal));
        let (text, body) = self.body(&seen.received, (&seen.text, seen.now), &known, |span| {
            if span.value.as_str().is_some_and(|value| {
                self.personal.has(value) && ![&*seen.asked.login, &seen.asked.usuario].contains(&value)
            }) {
                return Some("<pessoal>".to_owned());
            }
            let own = || {
                let again = seen.again.as_ref().and_then(|again| value_at(again, &span.pointer));
                let text = text_of(&span.value)?;
                if again.is_none() && self.constant.contains(&(span.pointer.clone(), text.clone())) {
                    return None;
                }
                let found = pieces_of(seen, text, again.as_ref().and_then(text_of))?;
                moves(&found).then(|| written(&found, writing, &known))
            };
            instead(span).or_else(|| self.gaps.get(&span.pointer).cloned()).or_else(own)
        });
        if !spans(&seen.received.body).is_empty() {
            return (text, body);
        }
        let pieces = with_ids(plain_pieces(seen), &self.ids);
        let found = usual.and_then(|usual| in_usual(usual, &pieces, writing, &known));
        found.unwrap_or_else(|| of_plain(&pieces, &seen.text, writing, &known))
    }

    /// The same of an answer that the contract gives with `text`: `gap` says what varies in a place, without its quotes.
    pub(super) fn body(
        &self,
        received: &Received,
        (text, now): (&str, i64),
        known: &Known,
        gap: impl Fn(&Span) -> Option<String>,
    ) -> (String, String) {
        let body = &received.body;
        let writing = self.writing(received);
        let spans = spans(body);
        if spans.is_empty() {
            return of_plain(&[Piece::Same(body.clone())], text, writing, known);
        }
        let own = spans.iter().find(|span| span.value.as_str() == Some(text)).map(|span| &span.pointer);
        let is_there = |place: &&String| spans.iter().any(|span| span.pointer == **place && span.value.is_string());
        let place = own.or(self.text.as_ref().filter(is_there));
        // Some say it in two places.
        let value = spans.iter().find(|span| Some(&span.pointer) == place).map(|span| &span.value);
        let mut said = text.to_owned();
        let template = with_gaps(body, &spans, known, |span, raw| {
            let own = gap(span);
            if Some(&span.value) == value
                && span.value.as_str().is_some_and(|text| text.contains(' ') || Some(&span.pointer) == place)
                && (own.is_none() || moves(&self.around.0) || moves(&self.around.1))
                && let Some(worded) = self.text_in(span, (raw, own.is_none()), (now, writing), known, &mut said)
            {
                return Some(worded);
            }
            Some(if span.value.is_string() { quoted(&own?) } else { own? })
        });
        (said, template)
    }

    /// `<texto>` with what stands around it, where `span` has the text, which is then `said`; or what it tells, where that is no
    /// text for itself. Around one that is always the same, nothing has to stand.
    fn text_in(
        &self,
        span: &Span,
        (raw, is_constant): (&str, bool),
        (now, writing): (i64, Writing),
        known: &Known,
        said: &mut String,
    ) -> Option<String> {
        let text = span.value.as_str().unwrap_or_default();
        let now = OffsetDateTime::from_unix_timestamp(now).ok()?;
        let within = |(before, after): (&'_ [Piece], &'_ [Piece])| {
            let middle = strip(text, before, after, now).filter(|middle| !middle.is_empty())?;
            Some((before.to_vec(), after.to_vec(), middle))
        };
        let alone = || is_constant.then(|| within((&[], &[]))).flatten();
        let (before, after, middle) = within((&self.around.0, &self.around.1)).or_else(alone)?;
        // Escaped otherwise than the rest, it stays as it is.
        if quoted(&writing.written(text)) != raw {
            return None;
        }
        let [begin, end] = [before, after].map(|pieces| written(&pieces, writing, &Known::new(writing, [])));
        let plain = writing.written(&middle);
        if middle.contains("{}") || known.is_in(&plain) {
            return Some(quoted(&format!("{begin}{}{end}", known.with_gaps(&plain))));
        }
        said.clone_from(&middle);
        Some(quoted(&format!("{begin}<texto>{end}")))
    }
}

/// `body` with what `gap` makes of each value and its bytes, where it makes something, and with gaps for what is `known`.
pub(super) fn with_gaps(
    body: &str,
    spans: &[Span],
    known: &Known,
    mut gap: impl FnMut(&Span, &str) -> Option<String>,
) -> String {
    rewritten(body, spans, Template::literal, |span, raw| gap(span, raw).unwrap_or_else(|| known.with_gaps(raw)))
}

/// What requests name, and the gap for it.
type Echo = (&'static str, fn(&Observation) -> &str);
const ECHOES: [Echo; 4] = [
    ("<protocolo>", |seen| &seen.asked.protocolo),
    ("<status>", |seen| &seen.asked.status),
    ("<login>", |seen| &seen.asked.login),
    ("<usuario>", |seen| &seen.asked.usuario),
];

/// What varies in `values`, which all answers have in one place.
fn gap(values: &[(&Observation, &Span)], escapes: Escapes) -> Option<String> {
    let all = |is: &dyn Fn(&Observation, &Value) -> bool| values.iter().all(|(seen, span)| is(seen, &span.value));
    let is_code = |seen: &Observation, value: &Value| {
        let code = seen.received.code;
        value.as_u64() == Some(u64::from(code)) || value.as_str() == Some(&code.to_string())
    };
    if all(&is_code) {
        return Some("<codigo>".to_owned());
    }
    if all(&|seen, value| value.as_str() == Some(reason(seen.received.code))) {
        return Some("<razao>".to_owned());
    }
    if all(&|seen, value| value.as_str() == Some(&seen.path)) {
        return Some("<caminho>".to_owned());
    }
    if all(&|seen, value| value.as_str() == seen.path.strip_prefix('/')) {
        return Some("<caminho sem barra>".to_owned());
    }
    // What was asked comes back in each.
    for (name, asked) in ECHOES {
        let is_told = values.iter().any(|(seen, _)| !asked(seen).is_empty());
        if is_told && all(&|seen, value| value.as_str() == Some(asked(seen))) {
            return Some(name.to_owned());
        }
    }
    // Of a server that stands below another path.
    let base = |(seen, span): &(&Observation, &Span)| span.value.as_str()?.strip_suffix(&seen.path).map(str::to_owned);
    let base_of_all = values.first().and_then(base);
    if let Some(own) = base_of_all.filter(|own| values.iter().all(|value| base(value).as_ref() == Some(own))) {
        return Some(Template::literal(&escapes.written(&own)) + "<caminho>");
    }
    let places: Option<Vec<Place>> = values.iter().map(|(seen, span)| Place::at(span, seen)).collect();
    let found = moving(&places?)?;
    Some(written(&found, escapes, &Known::new(escapes, [])))
}

/// The texts of `values` of which a part moves.
fn texts_with_pieces(values: &[(&Observation, &Span)]) -> Vec<Vec<Piece>> {
    let asked_again = values.iter().filter(|(seen, _)| seen.again.is_some());
    asked_again.filter_map(|(seen, span)| moving(&[Place::at(span, seen)?])).collect()
}

/// Whether no value is that of more than half of `values`.
fn is_another_for_most(values: &[&Span]) -> bool {
    let mut counts = HashMap::<String, usize>::new();
    values.iter().for_each(|span| *counts.entry(span.value.to_string()).or_default() += 1);
    counts.len() > 1 && counts.values().all(|count| count * 2 <= values.len())
}

/// What stands for a value that is not known.
fn emptied(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => Some(String::new()),
        Value::Number(_) => Some("0".to_owned()),
        _ => None,
    }
}

/// How probable it is that `values`, which stand in one place, are the texts of their answers.
fn telling(values: &[(&Observation, &Span)]) -> usize {
    let texts: Vec<_> =
        values.iter().filter_map(|(seen, span)| Some((seen.text.as_ref(), span.value.as_str()?))).collect();
    let of_contract = texts.iter().filter(|(text, value)| value.contains(text)).count();
    let mut different: Vec<_> = texts.iter().map(|(_, value)| value).collect();
    different.sort();
    different.dedup();
    // One alone has its text where its only sentence is.
    let is_sentence = || texts.iter().any(|(_, value)| value.trim().contains(' '));
    if different.len() < 2 && !is_sentence() { of_contract * 100 } else { of_contract * 100 + different.len() }
}

/// How the pages among `errors` write quotes: as most of them do.
pub(super) fn entities(errors: &[Observation]) -> Entities {
    let pages: Vec<&str> = { errors.iter().map(|seen| seen.received.body.as_str()) }
        .filter(|body| spans(body).is_empty() && body.contains('<'))
        .collect();
    let usual = |known: &[&'static str]| {
        let count = |entity: &&&'static str| pages.iter().filter(|page| page.contains(**entity)).count();
        known.iter().rev().max_by_key(count).copied()
    };
    let ours = Entities::default();
    Entities {
        quote: usual(&Entities::QUOTES).unwrap_or(ours.quote),
        apostrophe: usual(&Entities::APOSTROPHES).unwrap_or(ours.apostrophe),
    }
}

pub(super) fn escapes(errors: &[Observation]) -> Option<Escapes> {
    let shows = |text: &str| !text.is_ascii() || text.contains('/');
    let texts: Vec<(Value, &str)> = errors
        .iter()
        .flat_map(|seen| {
            spans(&seen.received.body).into_iter().map(|span| (span.value, &seen.received.body[span.range]))
        })
        .filter(|(value, _)| value.as_str().is_some_and(shows))
        .collect();
    if !errors.is_empty() && errors.iter().all(|seen| spans(&seen.received.body).is_empty()) {
        let is_page = |seen: &Observation| {
            let kind = seen.received.header("content-type").unwrap_or_default();
            ["html", "xml"].iter().any(|page| kind.contains(page))
        };
        return Some(if errors.iter().any(is_page) { Escapes::Html } else { Escapes::Nenhum });
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
