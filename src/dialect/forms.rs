//! A dialect that is understood: the form of each answer, and where the token is.

use std::collections::BTreeMap;

use super::charset::{Charset, charset_of, label_in};
use super::escapes::{Entities, Escapes};
use super::facts::Facts;
use super::file::HeaderCase;
use super::runs::Meant;
use super::source::Complaint;
use super::status::StatusTables;
use super::template::Template;
use super::writing::Writing;
use crate::domain::rules::Rules;
use crate::domain::text::nearest;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The body of the contract's errors.
pub const ERROR_BODY: &str = r#"{"message":"<texto>"}"#;
/// The body of the contract's login.
pub const LOGIN_BODY: &str = r#"{"accessToken":"<token>","tokenType":"Bearer","expiresIn":<validade>}"#;
/// The contract's `Content-Type`.
pub const CONTENT_TYPE: &str = "application/json";

/// A dialect, checked and ready to answer in.
#[derive(Clone, Debug)]
pub struct Dialect {
    pub(super) content_type: HeaderValue,
    pub(super) charset: Option<Charset>,
    /// With 401; `None` for none.
    pub(super) www_authenticate: Option<HeaderValue>,
    pub(super) escapes: Escapes,
    pub(super) entities: Entities,
    pub header_case: HeaderCase,
    /// More headers; `None` for one that is left out.
    pub(super) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(super) status: StatusTables,
    pub(super) error: Form,
    pub(super) success: Form,
    pub(super) login: Form,
    pub(super) errors: BTreeMap<String, Form>,
    pub(super) token_headers: Vec<TokenHeader>,
    pub rules: Rules,
    /// The cases that `conferir` does not ask, and groups of them.
    pub not_asked: Vec<NotAsked>,
    /// Whether a user may log in without the permission to change statuses.
    pub logs_in_without_permission: bool,
    /// The contract's bodies.
    pub(super) message: Template,
    pub(super) token: Template,
}

/// A case that `conferir` does not ask, or a group of them, and its line in the file.
#[derive(Clone, Debug)]
pub struct NotAsked {
    pub name: String,
    line: Option<usize>,
}

impl NotAsked {
    pub(super) fn new(name: &str, line: Option<usize>) -> Self {
        Self { name: name.to_owned(), line }
    }
}

/// An answer as far as it is not the contract's.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) code: Option<u16>,
    pub(super) text: Option<String>,
    pub(super) body: Option<Template>,
    pub(super) content_type: Option<HeaderValue>,
    pub(super) charset: Option<Charset>,
    /// Empty for none.
    pub(super) challenge: Option<HeaderValue>,
}

impl Form {
    /// The charset that it says, in so many words or in its `Content-Type`.
    fn said_charset(&self) -> Option<Charset> {
        let of_type = || label_in(self.content_type.as_ref()?.to_str().ok()?).and_then(Charset::named);
        self.charset.or_else(of_type)
    }
}

/// The form of an answer: what the contract and the dialect make of it together.
#[derive(Clone, Copy, Debug)]
pub struct AnswerForm<'a> {
    pub code: u16,
    /// With a `{}` for each value.
    pub text: &'a str,
    pub body: &'a Template,
    /// Empty for none.
    pub content_type: &'a HeaderValue,
    /// How texts are written into the body.
    pub writing: Writing,
    /// Its `WWW-Authenticate`, if it has one.
    pub challenge: Option<&'a HeaderValue>,
}

impl AnswerForm<'_> {
    /// The body of an answer that says `facts`.
    pub fn filled(&self, facts: &Facts<'_>) -> String {
        self.body.filled(self.writing, facts)
    }

    /// Whether `body` says `facts` as this writes them.
    pub fn fits(&self, facts: &Facts<'_>, body: &str) -> bool {
        self.body.fits(self.writing, facts, body)
    }

    /// Where `body`, which doesn't, is another one: after how many bytes, and what should stand there.
    pub fn misfit(&self, facts: &Facts<'_>, body: &str) -> Option<(usize, Meant)> {
        self.body.misfit(self.writing, facts, body)
    }
}

/// A header that may carry the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHeader {
    pub name: HeaderName,
    /// The word before the token, in any case; `None` for the token alone.
    pub scheme: Option<String>,
}

/// Headers that say something else, of the connection or the body.
const NO_TOKEN: [&str; 17] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl TokenHeader {
    /// `Name: Scheme`, or `Name` for the token alone; or what is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, scheme) = text.split_once(':').unwrap_or((text, ""));
        let scheme = Some(scheme.trim()).filter(|scheme| !scheme.is_empty()).map(str::to_owned);
        let is_word = scheme.as_deref().is_none_or(|scheme| scheme.bytes().all(|byte| byte.is_ascii_graphic()));
        match name.trim().parse::<HeaderName>() {
            Ok(name) if NO_TOKEN.contains(&name.as_str()) => {
                Err(format!("has '{text}', which can't carry a token: it says something else of a request"))
            }
            Ok(name) if is_word => Ok(Self { name, scheme }),
            _ => Err(format!("has '{text}', which is no header")),
        }
    }

    /// What the header says to carry `token`.
    pub fn value(&self, token: &str) -> String {
        self.scheme.as_ref().map_or_else(|| token.to_owned(), |scheme| format!("{scheme} {token}"))
    }

    /// The header with `token`, as a request has it.
    pub fn carrying(&self, token: &str) -> String {
        format!("{}: {}", self.name, self.value(token))
    }
}

/// What a file calls the error `name`, about `field` if that is told apart.
pub fn answer_key(name: &str, field: Option<&str>) -> String {
    field.map_or_else(|| name.to_owned(), |field| format!("{name}_{field}"))
}

impl Dialect {
    /// The form of the error `name`, about `field` if it names one. The contract says `code` and `text`.
    pub fn error<'a>(&'a self, name: &str, field: Option<&str>, code: u16, text: &'a str) -> AnswerForm<'a> {
        let of_field = field.and_then(|_| self.errors.get(&answer_key(name, field)));
        let forms = of_field.into_iter().chain(self.errors.get(name)).chain([&self.error]);
        self.form(forms, &self.message, code, text)
    }

    /// Whether an error may have the status code of a success.
    pub fn refuses_with_success(&self) -> bool {
        self.errors.values().filter_map(|form| form.code).any(|code| (200..300).contains(&code))
    }

    /// The form of the success of a change, which the contract answers with `text`.
    pub fn success<'a>(&'a self, text: &'a str) -> AnswerForm<'a> {
        self.form([&self.success].into_iter(), &self.message, 200, text)
    }

    /// The form of the success of a login.
    pub fn login(&self) -> AnswerForm<'_> {
        self.form([&self.login].into_iter(), &self.token, 200, "")
    }

    /// The first of `forms` that says something about each part, or else the contract.
    fn form<'a>(
        &'a self,
        forms: impl Iterator<Item = &'a Form> + Clone,
        body: &'a Template,
        code: u16,
        text: &'a str,
    ) -> AnswerForm<'a> {
        let body = forms.clone().find_map(|form| form.body.as_ref()).unwrap_or(body);
        let content_type = forms.clone().find_map(|form| form.content_type.as_ref()).unwrap_or(&self.content_type);
        let kind = String::from_utf8_lossy(content_type.as_bytes());
        let code = forms.clone().find_map(|form| form.code).unwrap_or(code);
        let challenge = forms.clone().find_map(|form| form.challenge.as_ref());
        let usual = || self.www_authenticate.as_ref().filter(|_| code == 401);
        // That of the place which says most about this answer.
        let own = forms.clone().find_map(Form::said_charset);
        let charset = own.or(self.charset).or_else(|| charset_of(&kind)).unwrap_or(Charset::UTF_8);
        AnswerForm {
            code,
            text: forms.clone().find_map(|form| form.text.as_deref()).unwrap_or(text),
            body,
            content_type,
            writing: Writing::of((self.escapes, self.entities), &kind, body.beginning()).in_charset(charset),
            challenge: challenge.map_or_else(usual, |own| Some(own).filter(|own| !own.is_empty())),
        }
    }

    /// What goes with 401, if anything.
    pub fn challenge(&self) -> Option<&HeaderValue> {
        self.www_authenticate.as_ref()
    }

    /// Gives an answer with this `challenge` the headers of the dialect, in the place of the contract's.
    pub fn add_headers(&self, headers: &mut HeaderMap, challenge: Option<&HeaderValue>) {
        headers.remove(WWW_AUTHENTICATE);
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        for (name, value) in &self.headers {
            match value {
                Some(value) => _ = headers.insert(name, value.clone()),
                None => _ = headers.remove(name),
            }
        }
    }

    /// What is wrong with the cases that it names, a complaint a line, if `known` are all that there are.
    pub fn unknown_cases<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
        let is_known = |not_asked: &&NotAsked| known.clone().any(|name| name == not_asked.name);
        let complaint = |NotAsked { name, line }: &NotAsked| {
            let meant =
                nearest(name, known.clone()).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            let text = format!("[conferir] pular has '{name}', which is no case of the kit and no group{meant}");
            Complaint { line: *line, text }.to_string()
        };
        let unknown: Vec<String> = self.not_asked.iter().filter(|name| !is_known(name)).map(complaint).collect();
        (!unknown.is_empty()).then(|| unknown.join("\n"))
    }

    /// The headers that may carry the token, in the order in which they are looked at.
    pub fn token_headers(&self) -> &[TokenHeader] {
        &self.token_headers
    }

    /// Whether `value` of the header `name` begins with a scheme that is looked for there.
    fn has_scheme(&self, name: &HeaderName, value: &[u8]) -> bool {
        let schemes =
            self.token_headers.iter().filter(|header| header.name == *name).filter_map(|header| header.scheme.as_ref());
        { schemes }.any(|scheme| after_scheme(value, scheme.as_bytes()).is_some())
    }

    /// The token that `headers` carry: of the first header that has one. Empty for none.
    pub fn token_in<'a>(&self, headers: &'a HeaderMap) -> &'a [u8] {
        let tokens = self.token_headers.iter().filter_map(|header| {
            let value = headers.get(&header.name)?.as_bytes().trim_ascii();
            match &header.scheme {
                Some(scheme) => after_scheme(value, scheme.as_bytes()),
                None => Some(value).filter(|value| !self.has_scheme(&header.name, value)),
            }
        });
        { tokens }.find(|token| !token.is_empty()).unwrap_or_default()
    }
}

/// What comes after `scheme` in `value`; `None` where that is another one's.
pub fn after_scheme<'a>(value: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (word, rest) = value.split_at_checked(scheme.len())?;
    let is_scheme = word.eq_ignore_ascii_case(scheme) && rest.first().is_none_or(u8::is_ascii_whitespace);
    is_scheme.then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Known;

    fn dialect(text: &str) -> Dialect {
        let known = ["wrong_senha", "required", "required_status"].map(|name| (name.to_owned(), 1));
        Dialect::parse(text, &Known::from(known)).unwrap()
    }

    #[test]
    fn an_empty_file_is_the_contract() {
        let dialect = dialect("");
        let form = dialect.error("wrong_senha", None, 401, "Senha inválida");
        assert_eq!(
            (form.code, form.text, form.content_type.as_bytes()),
            (401, "Senha inválida", &b"application/json"[..])
        );
        assert_eq!(*form.body, Template::parse(ERROR_BODY).unwrap());
        assert_eq!(*dialect.success("x").body, Template::parse(ERROR_BODY).unwrap());
        assert_eq!(*dialect.login().body, Template::parse(LOGIN_BODY).unwrap());
        let mut headers = HeaderMap::new();
        dialect.add_headers(&mut headers, form.challenge);
        assert_eq!(headers[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(dialect.rules, Rules::default());
        assert!(dialect.logs_in_without_permission);
    }

    #[test]
    fn what_is_said_of_a_field_goes_before_what_is_said_of_the_error_and_of_all() {
        let dialect = dialect(
            "[erro]\ncorpo = '<texto>!'\ncontent_type = 'text/plain'\n\
             [respostas.required]\ncodigo = 422\ntexto = 'falta {}'\n[respostas.required_status]\ncodigo = 418\n",
        );
        let form = dialect.error("required", Some("status"), 400, "{} – falta");
        assert_eq!((form.code, form.text, form.content_type.as_bytes()), (418, "falta {}", &b"text/plain"[..]));
        assert_eq!(dialect.error("required", Some("protocolo"), 400, "").code, 422);
        assert_eq!(dialect.error("wrong_senha", None, 401, "a").code, 401);
        assert_eq!(dialect.success("").content_type, "application/json");
    }

    #[test]
    fn the_token_is_that_of_the_first_header_that_has_one() {
        let asked = |dialect: &Dialect, headers: &[(&'static str, &'static str)]| {
            let headers: HeaderMap =
                headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            String::from_utf8(dialect.token_in(&headers).to_vec()).unwrap()
        };
        let own = dialect("[token]\ncabecalhos = ['x-access-token', 'Authorization: JWT', 'token']");
        assert_eq!(asked(&own, &[("authorization", "jwt  a"), ("x-access-token", " ")]), "a");
        assert_eq!(asked(&own, &[("authorization", "JWT a"), ("x-access-token", "b")]), "b");
        assert_eq!(asked(&own, &[("authorization", "Bearer a")]), "");
        assert_eq!(asked(&own, &[("authorization", "JWTa"), ("token", "c")]), "c");
        let contract = dialect("");
        for value in ["Bearer a", "bearer\ta ", "a"] {
            assert_eq!(asked(&contract, &[("authorization", value)]), "a");
        }
        assert_eq!(asked(&contract, &[("authorization", "Bearer")]), "");
        assert_eq!(asked(&contract, &[]), "");
    }

    #[test]
    fn an_answer_has_a_challenge_of_its_own() {
        let own = dialect(
            "www_authenticate = 'Basic'\n[respostas.wrong_senha]\nwww_authenticate = ''\n[respostas.required]\nwww_authenticate = 'X'",
        );
        let challenge = |name, code| own.error(name, None, code, "").challenge.map(HeaderValue::as_bytes);
        assert_eq!(challenge("wrong_senha", 401), None);
        assert_eq!(challenge("required", 400), Some(&b"X"[..]));
        assert_eq!(challenge("other", 401), Some(&b"Basic"[..]));
        assert_eq!(challenge("other", 404), None);
        assert_eq!(own.success("").challenge, None);
    }

    #[test]
    fn headers_are_added_replaced_and_left_out() {
        let dialect = dialect("www_authenticate = ''\n[cabecalhos]\nServer = 'x'\ncache-control = ''");
        let mut headers: HeaderMap = [("cache-control", "no-store"), ("www-authenticate", "Bearer"), ("server", "y")]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        dialect.add_headers(&mut headers, dialect.error("wrong_senha", None, 401, "").challenge);
        assert_eq!(
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect::<Vec<_>>(),
            [("server", "x")]
        );
    }
}
