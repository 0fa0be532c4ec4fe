//! What of an exchange may be written down. What isn't known to be harmless is replaced, so that nothing has to be
//! guessed to be a secret.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

use super::exchange::Exchange;
use super::message::Head;
use super::observe::{Observation, Route};
use crate::domain::atendimento::Status;

/// What may be written although it tells of people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disclosure {
    pub comments: bool,
    pub logins: bool,
}

/// Headers whose values tell nothing of anybody.
const HEADERS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "keep-alive",
    "pragma",
    "retry-after",
    "server",
    "transfer-encoding",
    "upgrade",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
];

/// Segments of paths that are no values.
const SEGMENTS: [&str; 14] = [
    "api",
    "usuario",
    "login",
    "atendimentos",
    "atendimento",
    "status",
    "lote",
    "historico",
    "transicoes",
    "motivos",
    "health",
    "docs",
    "v1",
    "v2",
];

/// Members of requests, in the spelling of the vendor's page.
const MEMBERS: [&str; 8] =
    ["login", "senha", "protocolo", "status", "motivoStatus", "comentario", "visivelCliente", "statusAtual"];

/// `exchange` as a line of a recording, with what was observed.
pub fn line(exchange: &Exchange, observation: &Observation, disclosure: Disclosure) -> Value {
    let secrets = Secrets::of(exchange, disclosure);
    json!({
        "quando": exchange.request.at.format(&Rfc3339).unwrap_or_default(),
        "metodo": word(&exchange.request.head.method),
        "caminho": target(&exchange.request.head.target),
        "cabecalhos": headers(&exchange.request.head),
        "corpo": request_body(exchange, disclosure),
        "codigo": exchange.answer.status,
        "cabecalhosDaResposta": headers(&exchange.answer),
        "resposta": answer_body(exchange, observation.route, &secrets),
        "milissegundos": exchange.took.as_millis() as u64,
        "rota": observation.route.word(),
        "caso": observation.case,
        "diferencas": observation.differences,
        "recusa": observation.refusal.as_deref(),
    })
}

/// A method, or a stand-in for what is none.
fn word(method: &str) -> &str {
    if method.len() <= 20 && method.bytes().all(|byte| byte.is_ascii_uppercase()) { method } else { "<método>" }
}

/// The names of all headers, and the values of those that are harmless.
fn headers(head: &Head) -> Vec<Value> {
    let shown = |(name, value): &(String, Vec<u8>)| {
        let known = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
        let text = std::str::from_utf8(value).ok().filter(|text| known && text.len() <= 200);
        json!([
            header_name(name),
            text.map_or_else(|| stand_in(name, value), |text| tokens_replaced(text).into_owned())
        ])
    };
    head.headers.iter().map(shown).collect()
}

fn header_name(name: &str) -> &str {
    if name.len() <= 64 { name } else { "<cabeçalho>" }
}

/// What stands for the value of a header: its scheme, if it has a usual one, and its length.
fn stand_in(name: &str, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
    let scheme = scheme
        .filter(|scheme| ["bearer", "basic", "token", "jwt"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    match scheme {
        Some(scheme) if name.eq_ignore_ascii_case("authorization") => format!("{scheme} <{} bytes>", value.len()),
        _ => format!("<{} bytes>", value.len()),
    }
}

/// A target without its values: known segments, and the names of known parameters.
pub fn target(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| if segment.is_empty() || SEGMENTS.contains(&segment) { segment } else { "<segmento>" })
        .collect();
    let parameters = query.map(|query| {
        let shown = query.split('&').map(|parameter| match parameter {
            "simular=true" | "simular=false" => parameter,
            _ => "<parâmetro>",
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    segments.join("/") + &parameters.unwrap_or_default()
}

fn request_body(exchange: &Exchange, disclosure: Disclosure) -> Value {
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
struct Secrets {
    values: Vec<String>,
    /// Whether the request has a body that was not understood, so that anything may be one.
    is_opaque: bool,
}

impl Secrets {
    fn of(exchange: &Exchange, disclosure: Disclosure) -> Self {
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
        Self { values: values.collect(), is_opaque }
    }

    fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.is_opaque || self.values.iter().any(|secret| text.contains(secret))
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

/// The body of an answer as it was written, with a stand-in for each text that may tell of people. Other routes than the two of
/// the contract answer with data: of their bodies only the length is kept.
fn answer_body(exchange: &Exchange, route: Route, secrets: &Secrets) -> Value {
    let length = exchange.body.length;
    let text = exchange.answer_text().filter(|_| route != Route::Other);
    let Some(text) = text.filter(|text| !text.is_empty()) else { return format!("<{length} bytes>").into() };
    let keeps_texts = route == Route::Change || exchange.answer.status >= 400;
    let shown = |text: &str| {
        if is_token(text) {
            return "<token>".to_owned();
        }
        let is_kept = is_time(text) || ["Bearer", "JWT", "bearer"].contains(&text) || keeps_texts && is_harmless(text);
        let is_kept = is_kept || text == exchange.path() && !text.contains('<');
        if is_kept && !secrets.are_in(text) { text.to_owned() } else { "<texto>".to_owned() }
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => json_replaced(&text, shown).into(),
        Err(_) if keeps_texts && text.len() <= 4096 && is_harmless(&text) && !secrets.are_in(&text) => text.into(),
        Err(_) => format!("<{length} bytes>").into(),
    }
}

/// Whether a text from a server can tell of nobody: no address, no long number, nothing that may be a token.
fn is_harmless(text: &str) -> bool {
    let has_long_number = text
        .split(|letter: char| !letter.is_ascii_digit() && !".-/".contains(letter))
        .any(|run| run.bytes().filter(u8::is_ascii_digit).count() >= 5);
    text.len() <= 4096
        && !text.contains('@')
        && !has_long_number
        && !text.split(|letter: char| letter.is_whitespace() || "\"'<>(){}:,;".contains(letter)).any(is_token)
}

/// The first word of `text` that may be a token.
pub fn find_token(text: &str) -> Option<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_+/=~.".contains(letter));
    { words }.find(|word| is_token(word)).map(str::to_owned)
}

/// Whether `text` may be a token: three parts of base64, or a long word with digits in it.
fn is_token(text: &str) -> bool {
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=~".contains(&byte));
    let is_code = text.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let is_jwt = text.len() >= 16 && is_code && text.matches('.').count() == 2 && text.split('.').all(is_word);
    is_jwt || (text.len() >= 20 && is_word(text) && text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether `text` is a time and nothing more.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    (10..=35).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:T. Z+".contains(byte))
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
}

/// `text` with its long words that may be tokens replaced.
fn tokens_replaced(text: &str) -> Cow<'_, str> {
    if text.split([' ', ';', ',', '=', '"']).any(is_token) { "<token>".into() } else { text.into() }
}

/// The JSON `text` with each text that is a value, and each long number, replaced by what `shown` makes of it; all other bytes
/// stay. A member's name that is no word is replaced, too.
fn json_replaced(text: &str, shown: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        out.push_str(&numbers_replaced(&rest[..start]));
        let end = start + 1 + end_of_string(&rest[start + 1..]);
        let literal = &rest[start..end];
        rest = &rest[end..];
        let decoded: String = serde_json::from_str(literal).unwrap_or_default();
        let is_name = rest.trim_start().starts_with(':');
        let kept = match is_name {
            true if decoded.len() <= 40
                && decoded.chars().all(|letter| letter.is_alphabetic() || "_-".contains(letter)) =>
            {
                decoded.clone()
            }
            true => "<nome>".to_owned(),
            false => shown(&decoded),
        };
        // What is kept stays as it was escaped.
        out.push_str(&if kept == decoded { literal.to_owned() } else { format!("\"{kept}\"") });
    }
    out + &numbers_replaced(rest)
}

/// Where the string that `text` begins in ends: after its quote.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 1)
}

/// `text` between strings, without numbers that may name somebody: of nine digits and more, but for times.
fn numbers_replaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            run.push(letter);
            continue;
        }
        let is_time = matches!(run.len(), 10 | 13) && run.starts_with('1');
        out.push_str(if run.len() < 9 || is_time { &run } else { "<número>" });
        run.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_replaced_and_the_form_stays() {
        let text = "{ \"a\" : \"João\", \"b\":[\"x\\\"y\", 12345678901, 1795867205250],\n\"ç\":\"\\u00e9\",\"a b\":1}";
        let shown = |text: &str| if text == "é" { text.to_owned() } else { "<texto>".to_owned() };
        assert_eq!(
            json_replaced(text, shown),
            "{ \"a\" : \"<texto>\", \"b\":[\"<texto>\", <número>, 1795867205250],\n\"ç\":\"\\u00e9\",\"<nome>\":1}"
        );
    }

    #[test]
    fn a_target_keeps_what_it_asks_and_not_of_whom() {
        assert_eq!(
            target("/api/atendimentos/2022/historico?simular=true&cpf=1"),
            "/api/atendimentos/<segmento>/historico?simular=true&<parâmetro>"
        );
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        for token in ["eyJhbGciOi.eyJzdWIiOi.c2ln", "0123456789abcdef0123", "f47ac10b-58cc-4372-a567-0e02b2c3d479"] {
            assert!(is_token(token), "{token}");
            assert!(!is_harmless(&format!("token {token}")), "{token}");
        }
        for text in ["Atendimento", "api.atendimentos.status", "2022110400", "Usuário não encontrado"] {
            assert!(!is_token(text), "{text}");
        }
        for text in ["a@b.br", "CPF 123.456.789-00", "fone 99999-1234"] {
            assert!(!is_harmless(text), "{text}");
        }
        assert!(is_harmless("motivoStatus – esse campo é obrigatório"));
    }
}
