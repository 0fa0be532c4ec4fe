//! From the answers of a Citrus to the dialect that it speaks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::answers::AnswerName;
use super::client::Received;
use super::spans::{Span, spans};
use super::values::find_token;
use crate::dialect::{AnswerFile, CONTENT_TYPE, DialectFile, ERROR_BODY, Escapes, LOGIN_BODY, reason};

/// An answer of the server, and the case that showed it.
pub struct Observation {
    pub case: &'static str,
    pub name: AnswerName,
    /// What the contract says.
    pub code: u16,
    pub text: Cow<'static, str>,
    /// The path that was asked.
    pub path: String,
    pub received: Received,
}

/// The success of a login, and what was sent and found in it.
pub struct LoginObservation {
    pub token: String,
    pub login: String,
    /// When it was asked, and how long the token lives, both in seconds.
    pub now: i64,
    pub life: Option<i64>,
    pub received: Received,
}

/// Headers that belong to a connection or an answer, and say nothing of a dialect.
pub const PASSING: [&str; 18] = [
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "retry-after",
    "set-cookie",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "allow",
];
/// What every answer of ours carries.
const OURS: [(&str, &str); 3] =
    [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("x-request-id", "")];
/// The contract's text of a change that was made.
const MADE: &str = "Atendimento atualizado com sucesso";

/// What `errors`, the `success` of a change and that of a `login` say, where it is not the contract.
pub fn infer(errors: &[Observation], success: Option<&Received>, login: Option<&LoginObservation>) -> DialectFile {
    let received = || login.map(|login| &login.received);
    let all = || errors.iter().map(|seen| &seen.received).chain(success).chain(received());
    let envelope = Envelope::of(errors);
    let content_type = most_frequent(all().map(content_type));
    let mut file = DialectFile {
        content_type: content_type.clone().filter(|found| found != CONTENT_TYPE),
        escapes: envelope.escapes.filter(|escapes| *escapes != Escapes::Json),
        www_authenticate: challenge(errors),
        cabecalhos: headers(&all().collect::<Vec<_>>()),
        ..DialectFile::default()
    };
    let bodies: Vec<(String, String)> = errors.iter().map(|seen| envelope.body(seen)).collect();
    let usual = most_frequent(bodies.iter().map(|(_, body)| body.clone())).unwrap_or_else(|| ERROR_BODY.to_owned());
    file.erro.corpo = Some(usual.clone()).filter(|body| body != ERROR_BODY);
    for (seen, (text, body)) in errors.iter().zip(bodies) {
        let (text, body) = in_usual(&usual, seen).unwrap_or((text, body));
        let texto = Some(text).filter(|text| *text != seen.text && body.contains("<texto>"));
        let answer =
            AnswerFile { texto, ..differing(&seen.received, seen.code, body, &usual, content_type.as_deref()) };
        if answer != AnswerFile::default() {
            file.respostas.insert(seen.name.key(), answer);
        }
    }
    if let Some(received) = success {
        let (text, body) = envelope.body_of(received, MADE);
        let texto = Some(text).filter(|text| text != MADE && body.contains("<texto>"));
        file.sucesso = AnswerFile { texto, ..differing(received, 200, body, ERROR_BODY, content_type.as_deref()) };
    }
    if let Some(login) = login {
        let body = login_body(login, envelope.escapes.unwrap_or_default());
        file.login = differing(&login.received, 200, body, LOGIN_BODY, content_type.as_deref());
    }
    file
}

/// Where `received`, which has this `body` with gaps, is another answer than one of the `code`, the `usual` body and the usual
/// `content_type`.
fn differing(received: &Received, code: u16, body: String, usual: &str, content_type: Option<&str>) -> AnswerFile {
    AnswerFile {
        codigo: Some(received.code).filter(|own| *own != code),
        texto: None,
        corpo: Some(body).filter(|body| body != usual),
        content_type: Some(self::content_type(received)).filter(|own| Some(own.as_str()) != content_type),
    }
}

/// The text of `seen`, and the `usual` body, where its body is that around another text.
fn in_usual(usual: &str, seen: &Observation) -> Option<(String, String)> {
    let (before, after) =
        usual.split_once("<texto>").filter(|(before, after)| !before.contains('<') && !after.contains('<'))?;
    let is_plain = spans(&seen.received.body).is_empty();
    let text = seen.received.body.strip_prefix(before)?.strip_suffix(after)?;
    is_plain.then(|| (text.to_owned(), usual.to_owned()))
}

/// Empty answers may have none; so may careless ones, and then it is the contract's.
fn content_type(received: &Received) -> String {
    received.header("content-type").filter(|found| found.contains('/')).unwrap_or_else(|| CONTENT_TYPE.to_owned())
}

fn most_frequent(values: impl Iterator<Item = String>) -> Option<String> {
    let mut counts = BTreeMap::<String, (usize, usize)>::new();
    for (at, value) in values.enumerate() {
        counts.entry(value).or_insert((0, usize::MAX - at)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, rank)| *rank).map(|(value, _)| value)
}

/// The challenge of 401, if that is not the contract's; empty for none.
fn challenge(errors: &[Observation]) -> Option<String> {
    let refused = errors.iter().filter(|seen| seen.received.code == 401);
    let found = most_frequent(refused.map(|seen| seen.received.header("www-authenticate").unwrap_or_default()))?;
    Some(found).filter(|found| found != "Bearer")
}

/// The headers that all answers have alike, and ours that none of them has.
fn headers(all: &[&Received]) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, ours) in OURS {
        let values: Vec<_> = all.iter().map(|received| received.header(name)).collect();
        match most_frequent(values.iter().map(|value| value.clone().unwrap_or_default())) {
            Some(value) if value.is_empty() => _ = headers.insert(name.to_owned(), value),
            // One of its own for each answer, as ours is.
            Some(value) if name != "x-request-id" && value != ours => _ = headers.insert(name.to_owned(), value),
            _ => {}
        }
    }
    let names = all.first().into_iter().flat_map(|received| received.headers.keys());
    for name in names.filter(|name| !PASSING.contains(&name.as_str()) && OURS.iter().all(|(ours, _)| ours != name)) {
        let value = all[0].header(name.as_str());
        if value.as_ref().is_some_and(|value| !value.is_empty())
            && all.iter().all(|received| received.header(name.as_str()) == value)
        {
            headers.insert(name.as_str().to_owned(), value.unwrap_or_default());
        }
    }
    headers
}

/// What the members of a server's errors mean, by their places.
struct Envelope {
    gaps: BTreeMap<String, &'static str>,
    text: Option<String>,
    escapes: Option<Escapes>,
}

impl Envelope {
    fn of(errors: &[Observation]) -> Self {
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

    /// The text of `seen`, and its body with gaps in the places of what varies.
    fn body(&self, seen: &Observation) -> (String, String) {
        self.body_of(&seen.received, &seen.text)
    }

    /// The same of an answer that the contract gives with `text`.
    fn body_of(&self, received: &Received, text: &str) -> (String, String) {
        let body = &received.body;
        let escapes = self.escapes.unwrap_or_default();
        let spans = spans(body);
        if spans.is_empty() {
            return of_plain(body, text, escapes);
        }
        let own = spans.iter().find(|span| span.value.as_str() == Some(text)).map(|span| &span.pointer);
        let is_there = |place: &&String| spans.iter().any(|span| span.pointer == **place && span.value.is_string());
        let place = own.or(self.text.as_ref().filter(is_there));
        let mut said = text.to_owned();
        let template = with_gaps(body, &spans, |span, raw| {
            if Some(&span.pointer) == place {
                span.value.as_str().unwrap_or_default().clone_into(&mut said);
                // Escaped otherwise than the rest, it stays as it is.
                let is_text = quoted(&escapes.written(&said)) == raw && !said.contains("{}");
                return is_text.then(|| quoted("<texto>"));
            }
            let gap = self.gaps.get(&span.pointer)?;
            Some(if span.value.is_string() { quoted(gap) } else { (*gap).to_owned() })
        });
        (said, template)
    }
}

/// `body` with what `gap` makes of each value and its bytes, where it makes something.
fn with_gaps(body: &str, spans: &[Span], mut gap: impl FnMut(&Span, &str) -> Option<String>) -> String {
    let (mut template, mut at) = (String::new(), 0);
    for span in spans {
        let raw = &body[span.range.clone()];
        template.push_str(&literal(&body[at..span.range.start]));
        template.push_str(&gap(span, raw).unwrap_or_else(|| literal(raw)));
        at = span.range.end;
    }
    template + &literal(&body[at..])
}

/// The text and the body of an answer that is no JSON.
fn of_plain(body: &str, text: &str, escapes: Escapes) -> (String, String) {
    match body.split_once(&escapes.written(text)) {
        Some((before, after)) => (text.to_owned(), format!("{}<texto>{}", literal(before), literal(after))),
        // All of it is the text, unless it is a page.
        None if !body.contains('<') && !body.trim().is_empty() => {
            let trimmed = body.trim();
            let (before, after) = body.split_once(trimmed).unwrap_or(("", ""));
            (trimmed.to_owned(), format!("{before}<texto>{after}"))
        }
        None => (text.to_owned(), literal(body)),
    }
}

/// What of a success of a login varies.
fn login_body(login: &LoginObservation, escapes: Escapes) -> String {
    let body = &login.received.body;
    let spans = spans(body);
    if spans.is_empty() {
        return literal(body).replace(&login.token, "<token>");
    }
    with_gaps(body, &spans, |span, raw| match &span.value {
        Value::String(text) if text.contains(&login.token) => {
            Some(quoted(&literal(text).replace(&login.token, "<token>")))
        }
        // Another token, such as one to refresh this.
        Value::String(text) if find_token(text).as_ref() == Some(text) => Some(quoted("<token>")),
        Value::String(text) if *text == login.login && quoted(&escapes.written(text)) == raw => Some(quoted("<login>")),
        Value::String(text) => time_gap(text).map(quoted),
        Value::Number(number) => number_gap(number.as_i64(), login).map(str::to_owned),
        _ => None,
    })
}

fn number_gap(number: Option<i64>, login: &LoginObservation) -> Option<&'static str> {
    let number = number?;
    let near = |time: i64, scale: i64| (number - time * scale).abs() <= 120 * scale;
    match login.life {
        Some(life) if number == life => Some("<validade>"),
        Some(life) if number == life * 1000 => Some("<validade ms>"),
        Some(life) if near(login.now + life, 1) => Some("<expira>"),
        _ if near(login.now, 1000) => Some("<milissegundos>"),
        _ => None,
    }
}

/// What varies in `values`, which all answers have in one place.
fn gap(values: &[(&Observation, &Value)]) -> Option<&'static str> {
    let all = |is: &dyn Fn(&Observation, &Value) -> bool| values.iter().all(|(seen, value)| is(seen, value));
    if all(&|seen, value| value.as_u64() == Some(u64::from(seen.received.code))) {
        return Some("<codigo>");
    }
    if all(&|seen, value| value.as_str() == Some(reason(seen.received.code))) {
        return Some("<razao>");
    }
    if all(&|seen, value| value.as_str() == Some(&seen.path)) {
        return Some("<caminho>");
    }
    let first = values.first()?.1;
    let time = first.as_str().and_then(time_gap);
    if time.is_some() && all(&|_, value| value.as_str().and_then(time_gap) == time) {
        return time;
    }
    let is_now =
        |value: &Value| value.as_i64().is_some_and(|number| (1_600_000_000_000..4_000_000_000_000).contains(&number));
    all(&|_, value| is_now(value)).then_some("<milissegundos>")
}

/// The gap that writes times as `text` has one.
fn time_gap(text: &str) -> Option<&'static str> {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    match shape.as_str() {
        "9999-99-99T99:99:99.999Z" => Some("<instante>"),
        "9999-99-99T99:99:99.999+99:99" => Some("<instante spring>"),
        _ => None,
    }
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

/// How `errors` write what is not ASCII. None where none of them shows it.
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

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// `text` as a body writes it, where nothing is a gap.
fn literal(text: &str) -> String {
    crate::dialect::Template::literal(text)
}
