//! What of a request may be written down, and what its answer must not repeat.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::harmless::{HEADERS, MEMBERS, SEGMENTS, is_harmless, only_known_words};
use crate::domain::atendimento::Status;
use crate::espelhar::exchange::Exchange;

/// What may be written although it tells of people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disclosure {
    pub comments: bool,
    pub logins: bool,
}

/// The body, member by member.
pub(super) fn body(exchange: &Exchange, disclosure: Disclosure) -> Value {
    let length = exchange.request.body.length;
    if length == 0 {
        return Value::Null;
    }
    match exchange.request_text().as_deref().map(serde_json::from_str::<Map<String, Value>>) {
        Some(Ok(members)) => members
            .into_iter()
            .enumerate()
            .map(|(at, (name, value))| member(at, &name, &value, disclosure))
            .collect::<Map<_, _>>()
            .into(),
        _ => format!("<{length} bytes>").into(),
    }
}

/// A member of a request, at `at`. One of another name than the known ones keeps neither that nor its value.
fn member(at: usize, name: &str, value: &Value, disclosure: Disclosure) -> (String, Value) {
    let Some(known) = MEMBERS.iter().find(|known| **known == name) else {
        return (format!("<campo {}>", at + 1), kind(value));
    };
    let is_kept = match *known {
        "senha" => false,
        "login" => disclosure.logins,
        "comentario" => disclosure.comments,
        "protocolo" => value.as_str().is_none_or(is_protocolo),
        "status" | "statusAtual" => {
            value.as_str().is_none_or(|text| text.trim().is_empty() || Status::from_nome(text).is_some())
        }
        // A registered name, and often the only trace of a slip.
        "motivoStatus" => value.as_str().is_none_or(is_harmless),
        _ => value.as_str().is_none_or(|text| text.len() <= 5),
    };
    let is_scalar = !value.is_array() && !value.is_object();
    ((*known).to_owned(), if is_kept && is_scalar { value.clone() } else { kind(value) })
}

fn is_protocolo(text: &str) -> bool {
    text.len() <= 20 && text.trim().bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands for a value: its kind and its length.
fn kind(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(_) => "<número>".into(),
        Value::String(text) => format!("<texto de {} caracteres>", text.chars().count()).into(),
        Value::Array(items) => format!("<lista de {}>", items.len()).into(),
        Value::Object(members) => format!("<objeto de {}>", members.len()).into(),
    }
}

/// Values of a request that an answer may repeat.
pub(super) struct Secrets {
    values: Vec<String>,
    /// The login, which the answer to one may have a place for.
    login: Option<String>,
    /// Whether the request has a body that was not understood, so that anything may be one.
    is_opaque: bool,
}

impl Secrets {
    pub(super) fn of(exchange: &Exchange, disclosure: Disclosure) -> Self {
        let parsed = exchange.request_text().and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
        let is_opaque = parsed.is_none() && exchange.request.body.length > 0;
        let members = parsed.unwrap_or_default();
        let is_known = |name: &str| match name {
            "status" | "motivoStatus" | "statusAtual" | "visivelCliente" | "protocolo" => true,
            "login" => disclosure.logins,
            "comentario" => disclosure.comments,
            _ => false,
        };
        let mut values = Vec::new();
        members.iter().filter(|(name, _)| !is_known(name)).for_each(|(_, value)| collect(value, &mut values));
        let query = exchange.request.head.target.split_once('?').map_or("", |(_, query)| query);
        values.extend(form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()));
        values.extend(exchange.path().split('/').filter(|part| !SEGMENTS.contains(part)).map(str::to_owned));
        let headers = exchange
            .request
            .head
            .headers
            .iter()
            .filter(|(name, _)| !HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known)));
        let words = |value: &[u8]| {
            String::from_utf8_lossy(value).split([' ', ';', ',', '=']).map(str::to_owned).collect::<Vec<_>>()
        };
        values.extend(headers.flat_map(|(_, value)| words(value)));
        // Shorter ones are in any text.
        let values = values.iter().map(|text| text.trim().to_lowercase()).filter(|text| text.chars().count() >= 3);
        let login = members.get("login").and_then(Value::as_str).map(str::to_owned);
        Self { values: values.collect(), login, is_opaque }
    }

    pub(super) fn is_login(&self, text: &str) -> bool {
        self.login.as_deref().is_some_and(|login| login.trim() == text)
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        // What is made of words that every server uses tells nothing.
        let may_repeat = self.is_opaque && only_known_words(text) != text;
        let text = text.to_lowercase();
        may_repeat || self.values.iter().any(|secret| text.contains(secret))
    }
}

/// All values in `value`, as texts.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Number(number) => into.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.values().for_each(|member| collect(member, into)),
        Value::Null | Value::Bool(_) => {}
    }
}
