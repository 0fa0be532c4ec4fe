//! Whether an answer is the one that the contract gives.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;
use uuid::Uuid;

use super::answers::{AnswerName, error_name, error_of};
use super::case::{Case, ExpectedAnswer, Header, Mark};
use super::client::Received;
use super::difference;
use super::jwt::find_jwt;
use super::token::find_token;
use crate::dialect::{AnswerForm, Asked, Dialect, Facts, LoggedIn, Mention};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that `docs/CONTRACT.md` says, to the byte.
    Contract,
    /// What the vendor's page says: texts, and status codes where it gives them. It names no envelope.
    Documented,
}

/// The dialect in which an answer is expected, and what was asked.
pub(super) struct Spoken<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) path: String,
    pub(super) asked: Asked,
}

/// The expected answer in words: status, headers, body.
pub(super) fn expected(case: &Case, scope: Scope, spoken: Option<&Spoken<'_>>) -> String {
    if scope == Scope::Documented {
        let code = if case.code_mark == Mark::Doc { case.code.to_string() } else { "(any status)".to_owned() };
        return match case.answer {
            ExpectedAnswer::Message(text) | ExpectedAnswer::Mismatch(text, _) => {
                format!("{code}, a body with the text {text}")
            }
            ExpectedAnswer::Token => format!("{code}, a body with a token"),
        };
    }
    let form = spoken.and_then(|spoken| form(case, spoken.dialect));
    let mut lines = vec![form.map_or(case.code, |form| form.code).to_string()];
    lines.extend(headers(case, spoken).into_iter().map(|(name, rule)| match rule {
        Rule::Is(value) => format!("{name}: {value}"),
        Rule::IsNot(value) => format!("{name}: (not {value})"),
        Rule::There => format!("{name}: (any)"),
        Rule::Absent => format!("{name}: (none)"),
    }));
    let own = spoken.zip(form).map(|(spoken, form)| worded(case, spoken, &form, None).0);
    lines.push(own.unwrap_or_else(|| body(case)));
    lines.join("\n")
}

/// What is wrong with `received`; empty if nothing is.
pub(super) fn faults(case: &Case, scope: Scope, spoken: Option<&Spoken<'_>>, received: &Received) -> Vec<String> {
    let mut faults = Vec::new();
    let form = spoken.and_then(|spoken| form(case, spoken.dialect));
    let code = form.map_or(case.code, |form| form.code);
    if received.code != code && (scope == Scope::Contract || case.code_mark == Mark::Doc) {
        faults.push(format!("status {} instead of {code}", received.code));
    }
    if scope == Scope::Contract {
        for (name, rule) in headers(case, spoken) {
            let value = received.header(&name);
            let fault = match (rule, value) {
                (Rule::Absent, None) => None,
                (Rule::Absent, Some(_)) => Some("not expected".to_owned()),
                (_, None) => Some("missing".to_owned()),
                (Rule::Is(expected), Some(value)) => difference::first(&expected, &value),
                (Rule::IsNot(refused), Some(value)) => (value == refused).then(|| "the request's value".to_owned()),
                (Rule::There, Some(value)) => value.is_empty().then(|| "empty".to_owned()),
            };
            faults.extend(fault.map(|fault| format!("header {name}: {fault}")));
        }
    }
    let (wording, fits) = match spoken.zip(form) {
        Some((spoken, form)) => worded(case, spoken, &form, Some(&received.body)),
        None => (body(case), body_fits(case, scope, &received.body)),
    };
    if !fits {
        // A token and a time are no fixed characters.
        let fixed = scope == Scope::Contract && form.is_none() && !matches!(case.answer, ExpectedAnswer::Token);
        let place = difference::first(&wording, &received.body).filter(|_| fixed);
        faults.push(place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}")));
    }
    faults
}

enum Rule {
    Is(String),
    IsNot(&'static str),
    There,
    Absent,
}

/// The headers of the answer: those of every answer, and the case's own.
fn headers(case: &Case, spoken: Option<&Spoken<'_>>) -> Vec<(String, Rule)> {
    let form = spoken.and_then(|spoken| form(case, spoken.dialect));
    // Of what goes beyond the page, a Citrus knows nothing.
    let own = case.answers_header.filter(|_| spoken.is_none());
    let mut usual = HeaderMap::new();
    let content_type = form.map_or(HeaderValue::from_static("application/json"), |form| form.content_type.clone());
    usual.insert(CONTENT_TYPE, content_type);
    usual.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if case.code == 401 {
        usual.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if own.is_none() {
        usual.insert(X_REQUEST_ID, HeaderValue::from_static(""));
    }
    if let Some((spoken, form)) = spoken.zip(form) {
        spoken.dialect.add_headers(&mut usual, form.challenge);
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let rule = |name: &HeaderName, value: String| match value.is_empty() {
        true if name == CONTENT_TYPE => Rule::Absent,
        true => Rule::There,
        false => Rule::Is(value),
    };
    let mut rules: Vec<_> =
        usual.iter().map(|(name, value)| (name.as_str().to_owned(), rule(name, text(value)))).collect();
    if spoken.is_some() && !usual.contains_key(WWW_AUTHENTICATE) {
        rules.push((WWW_AUTHENTICATE.as_str().to_owned(), Rule::Absent));
    }
    rules.extend(own.map(|own| match own {
        Header::IsNot(name, value) => (name.to_owned(), Rule::IsNot(value)),
        Header::Is(name, value) => (name.to_owned(), Rule::Is(value.to_owned())),
    }));
    rules
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The form that `dialect` gives to the answer of `case`; none where it leaves the contract's.
fn form<'a>(case: &Case, dialect: &'a Dialect) -> Option<AnswerForm<'a>> {
    match case.answer {
        ExpectedAnswer::Token => Some(dialect.login()),
        ExpectedAnswer::Message(text) if case.code == 200 => Some(dialect.success(text)),
        ExpectedAnswer::Message(text) => {
            let AnswerName { name, field } = error_of(case)?;
            Some(dialect.error(name, field, case.code, text))
        }
        ExpectedAnswer::Mismatch(..) => None,
    }
}

/// The body of the answer to `case` in the words of `form`; or whether `received` is it.
fn worded(case: &Case, spoken: &Spoken<'_>, form: &AnswerForm<'_>, received: Option<&str>) -> (String, bool) {
    let token = received.and_then(find_token);
    let text = form.text.replacen("{}", value_in(case), 1);
    let login = Some(LoggedIn { token: token.as_deref().unwrap_or("<token>"), validade: 0, login: "<login>" });
    let named = spoken.asked.named();
    let status = case.to.map_or(named.status, |status| status.nome());
    let facts = Facts {
        texto: &text,
        codigo: form.code,
        metodo: case.method,
        caminho: &spoken.path,
        now: OffsetDateTime::UNIX_EPOCH,
        login,
        named: Some(Mention { status, ..named }),
        id: Uuid::nil(),
    };
    let fits = received.is_some_and(|received| form.fits(&facts, received));
    (form.filled(&facts), fits)
}

/// The value in the contract's text for `case`, where it has one.
fn value_in(case: &Case) -> &'static str {
    let ExpectedAnswer::Message(text) = case.answer else { return "" };
    let field = error_name(text).and_then(|name| name.field);
    field.or_else(|| text.split_once("Found: ").map(|(_, value)| value)).unwrap_or_default()
}

fn body(case: &Case) -> String {
    match case.answer {
        ExpectedAnswer::Message(text) => format!(r#"{{"message":"{text}"}}"#),
        ExpectedAnswer::Mismatch(text, present) => format!(r#"{{"message":"{text}","statusAtual":"{present}"}}"#),
        ExpectedAnswer::Token => r#"{"accessToken":"<token>","tokenType":"Bearer","expiresIn":<seconds>}"#.to_owned(),
    }
}

fn body_fits(case: &Case, scope: Scope, received: &str) -> bool {
    match (scope, case.answer) {
        (Scope::Documented, ExpectedAnswer::Message(text) | ExpectedAnswer::Mismatch(text, _)) => {
            // JSON may write a character as an escape.
            let written = serde_json::from_str::<serde_json::Value>(received).map(|value| value.to_string());
            received.contains(text) || written.is_ok_and(|written| written.contains(text))
        }
        (Scope::Documented, ExpectedAnswer::Token) => find_jwt(received).is_some(),
        (Scope::Contract, ExpectedAnswer::Token) => {
            let seconds = find_jwt(received).and_then(|token| {
                received
                    .strip_prefix(&format!(r#"{{"accessToken":"{token}","tokenType":"Bearer","expiresIn":"#))?
                    .strip_suffix('}')?
                    .parse::<u32>()
                    .ok()
            });
            seconds.is_some_and(|seconds| seconds > 0)
        }
        (Scope::Contract, _) => received == body(case),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::*;

    const WRONG: Case = Case::login("x", "").says(401, "Senha inválida").doc();
    const TOKEN: Case = Case::login("x", "").doc();

    fn received(code: u16, body: &str) -> Received {
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("www-authenticate", "Bearer"),
            ("x-request-id", "1"),
        ];
        let headers: HeaderMap =
            headers.into_iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
        Received { code, headers, body: body.to_owned(), charset: encoding_rs::UTF_8 }
    }

    #[test]
    fn the_contract_is_compared_to_the_byte() {
        let right = r#"{"message":"Senha inválida"}"#;
        assert!(faults(&WRONG, Scope::Contract, None, &received(401, right)).is_empty());
        for (other, place) in [
            (r#"{"message": "Senha inválida"}"#, "character 12: U+0022 expected, U+0020 received"),
            (r#"{"message":"Senha invalida"}"#, "character 22: U+00E1 expected, U+0061 received"),
            ("", "character 1: U+007B expected, the end received"),
        ] {
            let wrong = faults(&WRONG, Scope::Contract, None, &received(401, other));
            assert_eq!(wrong, [format!("body: {place}")], "{other}");
        }
        let mut plain = received(401, right);
        plain.headers.insert("content-type", HeaderValue::from_static("application/jsom"));
        let place = "header content-type: character 16: U+006E expected, U+006D received";
        assert_eq!(faults(&WRONG, Scope::Contract, None, &plain), [place]);
        assert_eq!(faults(&WRONG, Scope::Contract, None, &received(400, right)), ["status 400 instead of 401"]);
        let mut bare = received(401, right);
        bare.headers.clear();
        let missing = ["content-type", "cache-control", "www-authenticate", "x-request-id"];
        let missing = missing.map(|name| format!("header {name}: missing"));
        assert_eq!(faults(&WRONG, Scope::Contract, None, &bare), missing);
    }

    #[test]
    fn of_the_page_only_what_it_says_is_compared() {
        for body in [r#"{"Message":"Senha inválida"}"#, "Senha inválida", r#"{"erro": "Senha inv\u00e1lida"}"#] {
            assert!(faults(&WRONG, Scope::Documented, None, &received(400, body)).is_empty(), "{body}");
        }
        assert_eq!(faults(&WRONG, Scope::Documented, None, &received(401, "{}")), ["body"]);
        let documented = WRONG.doc_code();
        assert_eq!(
            faults(&documented, Scope::Documented, None, &received(400, "Senha inválida")),
            ["status 400 instead of 401"]
        );
        assert!(faults(&TOKEN, Scope::Documented, None, &received(201, "Access token: eyJh.eyJz.x")).is_empty());
    }

    #[test]
    fn a_token_comes_with_its_type_and_seconds() {
        let body = |end: &str| format!(r#"{{"accessToken":"eyJh.eyJz.x","tokenType":"Bearer","expiresIn":{end}"#);
        assert!(faults(&TOKEN, Scope::Contract, None, &received(200, &body("3600}"))).is_empty());
        for end in ["0}", "-1}", "\"1\"}", "1, \"x\": 1}", "1"] {
            assert_eq!(faults(&TOKEN, Scope::Contract, None, &received(200, &body(end))), ["body"], "{end}");
        }
    }
}
