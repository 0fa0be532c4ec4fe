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
use crate::dialect::{AnswerForm, Asked, Dialect, Facts, LoggedIn, Meant, Mention};

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
    let own = spoken.zip(form).map(|(spoken, form)| Worded { case, spoken, form: &form, token: "<token>" }.filled());
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
    let body = &received.body;
    let fault = match spoken.zip(form) {
        Some((spoken, form)) => {
            let token = find_token(body).unwrap_or_else(|| "<token>".to_owned());
            let worded = Worded { case, spoken, form: &form, token: &token };
            (!worded.fits(body)).then(|| worded.misfit(body).map(|misfit| difference::at(misfit, body)))
        }
        None if body_fits(case, scope, body) => None,
        None if scope == Scope::Documented => Some(None),
        None => Some(difference_between(["1", "22"].map(|seconds| contracts_body(case, body, seconds)), body)),
    };
    faults.extend(fault.map(|place| place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}"))));
    faults
}

/// Where `received` differs from what is expected, of which each of `wordings` has other times and the like; none if that is all.
fn difference_between(wordings: [String; 2], received: &str) -> Option<String> {
    let [one, other] = wordings.map(|wording| difference::first(&wording, received));
    one.filter(|place| other.as_ref() == Some(place))
}

/// That of the contract, with the token of `received`.
fn contracts_body(case: &Case, received: &str, seconds: &str) -> String {
    let token = find_jwt(received).unwrap_or_default();
    body(case).replace("<token>", &token).replace("<seconds>", seconds)
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

/// The body of the answer to a case in the words of a form.
struct Worded<'a> {
    case: &'a Case,
    spoken: &'a Spoken<'a>,
    form: &'a AnswerForm<'a>,
    token: &'a str,
}

impl Worded<'_> {
    fn filled(&self) -> String {
        self.with_facts(|facts| self.form.filled(facts))
    }

    fn fits(&self, received: &str) -> bool {
        self.with_facts(|facts| self.form.fits(facts, received))
    }

    fn misfit(&self, received: &str) -> Option<(usize, Meant)> {
        self.with_facts(|facts| self.form.misfit(facts, received))
    }

    fn with_facts<T>(&self, with: impl FnOnce(&Facts<'_>) -> T) -> T {
        let Self { case, spoken, form, token } = self;
        let named = spoken.asked.named();
        let status = case.to.map_or(named.status, |status| status.nome());
        with(&Facts {
            texto: &form.text.replacen("{}", value_in(case), 1),
            codigo: form.code,
            metodo: case.method,
            caminho: &spoken.path,
            now: OffsetDateTime::UNIX_EPOCH,
            login: Some(LoggedIn { token, validade: 0, login: "<login>" }),
            named: Some(Mention { status, ..named }),
            id: Uuid::nil(),
        })
    }
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
    use crate::dialect::Known;

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

    /// The faults of `body`, the success of a login in the dialect whose success has this `form`.
    fn faults_in(form: &str, body: &str) -> Vec<String> {
        let dialect = Dialect::parse(&format!("[login]\ncorpo = '{form}'"), &Known::default()).unwrap();
        let spoken = Spoken { dialect: &dialect, path: "/api/usuario/login".to_owned(), asked: Asked::default() };
        let mut came = received(200, body);
        came.headers.remove("www-authenticate");
        faults(&TOKEN, Scope::Contract, Some(&spoken), &came)
    }

    #[test]
    fn in_a_dialect_the_place_is_named_after_a_time_too() {
        let form = r#"{"sessao":"<token>","em":<segundos>,"ok":true}"#;
        let session = r#"[\"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"]"#;
        let body = |rest: &str| format!(r#"{{"sessao":"{session}","em":{rest}"#);
        assert_eq!(faults_in(form, &body(r#"1795867205,"ok":true}"#)), [""; 0]);
        let place = body(r#"1795867205,"ok":"#).chars().count() + 1;
        let fault = format!("body: character {place}: U+0074 expected, U+0066 received");
        assert_eq!(faults_in(form, &body(r#"1795867205,"ok":false}"#)), [fault]);
        let other = format!(r#"{{"token":"{session}","em":1,"ok":true}}"#);
        assert_eq!(faults_in(form, &other), ["body: character 3: U+0073 expected, U+0074 received"]);
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
