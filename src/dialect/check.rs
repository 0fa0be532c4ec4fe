//! From the file to the dialect: everything that is wrong with it, each with its place.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::{HeaderName, HeaderValue};

use super::file::{AnswerFile, DialectFile, HeaderCase, Verdict};
use super::forms::{CONTENT_TYPE, Dialect, ERROR_BODY, Form, LOGIN_BODY, TokenHeader};
use super::template::{Escapes, Facts, Gap, LoggedIn, Template};
use crate::domain::rules::{SameStatus, UnneededMotivo};
use crate::domain::text::nearest;

/// Most bytes of a file.
const FILE_MAX: usize = 256 * 1024;

/// Headers that tell of the connection or the length, or have a key of their own.
const RESERVED: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// An error that the contract can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// As `[respostas.NAME]` has it.
    pub name: &'static str,
    /// How many values its text has.
    pub parameters: usize,
}

/// Everything that is wrong with a file, one complaint a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct DialectError(Vec<String>);

impl Dialect {
    /// The contract, as a dialect.
    pub fn contract() -> Self {
        Self::of(&DialectFile::default(), &[]).expect("an empty file says nothing wrong")
    }

    /// Understands the TOML of a file. `known` are the errors that it may speak of.
    pub fn parse(text: &str, known: &[Known]) -> Result<Self, DialectError> {
        if text.len() > FILE_MAX {
            return Err(DialectError(vec![format!("it is longer than {FILE_MAX} bytes")]));
        }
        let file = toml::from_str(text).map_err(|error| DialectError(vec![explained(&error)]))?;
        Self::of(&file, known)
    }

    /// What `file` says.
    pub fn of(file: &DialectFile, known: &[Known]) -> Result<Self, DialectError> {
        let mut check = Check { file, complaints: Vec::new() };
        let dialect = Self {
            content_type: check.content_type("", file.content_type.as_deref()).unwrap_or(JSON),
            www_authenticate: match file.www_authenticate.as_deref() {
                None => Some(HeaderValue::from_static("Bearer")),
                Some("") => None,
                Some(text) => check.value("www_authenticate", text),
            },
            escapes: file.escapes.unwrap_or_default(),
            header_case: file.nomes_de_cabecalhos.unwrap_or(HeaderCase::Minusculas),
            headers: check.headers(),
            error: check.form("[erro]", &file.erro, Parts { code: false, text: None, login: false }),
            success: check.form("[sucesso]", &file.sucesso, Parts { code: true, text: Some(0), login: false }),
            login: check.form("[login]", &file.login, Parts { code: true, text: None, login: true }),
            errors: check.errors(known),
            token_headers: check.token_headers(),
            rules: file.regras.rules(),
            logs_in_without_permission: file.regras.login_sem_permissao != Some(Verdict::Recusado),
            message: Template::parse(ERROR_BODY).expect("the contract's body is well-formed"),
            token: Template::parse(LOGIN_BODY).expect("the contract's body is well-formed"),
        };
        if check.complaints.is_empty() { Ok(dialect) } else { Err(DialectError(check.complaints)) }
    }
}

const JSON: HeaderValue = HeaderValue::from_static(CONTENT_TYPE);

/// What an answer may say of itself.
struct Parts {
    code: bool,
    /// How many values its text has, if it may have another one.
    text: Option<usize>,
    /// Whether it is the success of a login.
    login: bool,
}

struct Check<'a> {
    file: &'a DialectFile,
    complaints: Vec<String>,
}

impl Check<'_> {
    fn complain(&mut self, complaint: impl fmt::Display) {
        self.complaints.push(complaint.to_string());
    }

    fn value(&mut self, place: &str, text: &str) -> Option<HeaderValue> {
        let value = HeaderValue::from_str(text).ok();
        if value.is_none() {
            self.complain(format_args!("{place} is no value of a header"));
        }
        value
    }

    fn content_type(&mut self, place: &str, text: Option<&str>) -> Option<HeaderValue> {
        let text = text?;
        let value = HeaderValue::from_str(text).ok().filter(|_| text.contains('/'));
        if value.is_none() {
            self.complain(format_args!("{place} content_type has to be a media type, such as text/plain"));
        }
        value
    }

    fn headers(&mut self) -> Vec<(HeaderName, Option<HeaderValue>)> {
        let mut headers: Vec<(HeaderName, Option<HeaderValue>)> = Vec::new();
        for (name, text) in &self.file.cabecalhos {
            let value = if text.is_empty() { None } else { self.value(&format!("[cabecalhos] {name}"), text) };
            match name.parse::<HeaderName>() {
                Ok(parsed) if RESERVED.contains(&parsed.as_str()) => {
                    self.complain(format_args!("[cabecalhos] can't have {name}"));
                }
                Ok(parsed) if headers.iter().any(|(other, _)| *other == parsed) => {
                    self.complain(format_args!("[cabecalhos] names {name} twice"));
                }
                Ok(parsed) => headers.push((parsed, value)),
                Err(_) => self.complain(format_args!("[cabecalhos]: '{name}' is no header")),
            }
        }
        headers
    }

    fn token_headers(&mut self) -> Vec<TokenHeader> {
        let bearer = ["Authorization: Bearer", "Authorization"].map(str::to_owned);
        let written = self.file.token.cabecalhos.as_deref().unwrap_or(&bearer);
        let mut headers: Vec<TokenHeader> = Vec::new();
        for text in written {
            let (name, scheme) = text.split_once(':').unwrap_or((text, ""));
            let scheme = Some(scheme.trim()).filter(|scheme| !scheme.is_empty()).map(str::to_owned);
            let is_word = scheme.as_deref().is_none_or(|scheme| scheme.bytes().all(|byte| byte.is_ascii_graphic()));
            match name.trim().parse() {
                Ok(name) if is_word => {
                    let header = TokenHeader { name, scheme };
                    if headers.contains(&header) {
                        self.complain(format_args!("[token] cabecalhos names {text} twice"));
                    }
                    headers.push(header);
                }
                _ => self.complain(format_args!("[token] cabecalhos: '{text}' is no header")),
            }
        }
        if written.is_empty() {
            self.complain("[token] cabecalhos has to name a header");
        }
        headers
    }

    fn errors(&mut self, known: &[Known]) -> BTreeMap<String, Form> {
        let mut forms = BTreeMap::new();
        for (name, answer) in &self.file.respostas {
            let place = format!("[respostas.{name}]");
            let Some(known) = known.iter().find(|known| known.name == name) else {
                let near = nearest(name, known.iter().map(|known| known.name));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                self.complain(format_args!("{place} is no answer{near}"));
                continue;
            };
            if let Some(rule) = self.rule_against(name) {
                self.complain(format_args!("{place} is never given; it takes {rule} in [regras]"));
            }
            let parts = Parts { code: true, text: Some(known.parameters), login: false };
            forms.insert(name.clone(), self.form(&place, answer, parts));
        }
        forms
    }

    /// The rule without which the error `name` is never given.
    fn rule_against(&self, name: &str) -> Option<&'static str> {
        let rules = self.file.regras.rules();
        match name {
            "same_status" if rules.same_status == SameStatus::Made => Some("mesmo_status = \"recusado\""),
            "motivo_unneeded" if rules.unneeded_motivo != UnneededMotivo::Refused => {
                Some("motivo_desnecessario = \"recusado\"")
            }
            _ => None,
        }
    }

    fn form(&mut self, place: &str, answer: &AnswerFile, may: Parts) -> Form {
        for (key, is_there, is_fine) in
            [("codigo", answer.codigo.is_some(), may.code), ("texto", answer.texto.is_some(), may.text.is_some())]
        {
            if is_there && !is_fine {
                self.complain(format_args!("{place} can't have {key}"));
            }
        }
        if answer.codigo.is_some_and(|code| !(200..=599).contains(&code) || [204, 205, 304].contains(&code)) {
            self.complain(format_args!("{place} codigo has to be 200 to 599, and not one without a body"));
        }
        if let (Some(text), Some(parameters)) = (&answer.texto, may.text) {
            let gaps = text.matches("{}").count();
            if gaps > parameters {
                self.complain(format_args!(
                    "{place} texto has {gaps} of {{}}; the contract's text has {parameters} values"
                ));
            }
        }
        let content_type = self.content_type(place, answer.content_type.as_deref());
        let body = answer.corpo.as_deref().and_then(|text| self.body(place, text, answer, &may));
        Form { code: answer.codigo, text: answer.texto.clone(), body, content_type }
    }

    fn body(&mut self, place: &str, text: &str, answer: &AnswerFile, may: &Parts) -> Option<Template> {
        let body = match Template::parse(text) {
            Ok(body) => body,
            Err(complaint) => {
                self.complain(format_args!("{place} corpo {complaint}"));
                return None;
            }
        };
        match body.gap_of_login() {
            Some(name) if !may.login => {
                self.complain(format_args!("{place} corpo has <{name}>, which only [login] can fill"));
            }
            _ if may.login && !body.has(Gap::Token) => {
                self.complain(format_args!("{place} corpo needs <token>"));
            }
            _ => {}
        }
        if self.is_json(place, answer) && !reads_as_json(&body, self.file.escapes.unwrap_or_default()) {
            self.complain(format_args!(
                "{place} corpo is no JSON, and its content_type says so; correct one of them, or set escapes = \"nenhum\""
            ));
        }
        Some(body)
    }

    /// Whether an answer says that its body is JSON.
    fn is_json(&self, place: &str, answer: &AnswerFile) -> bool {
        let of_errors = self.file.erro.content_type.as_ref().filter(|_| place.starts_with("[respostas."));
        let said = answer.content_type.as_ref().or(of_errors).or(self.file.content_type.as_ref());
        self.file.escapes != Some(Escapes::Nenhum) && said.is_none_or(|said| said.contains("json"))
    }
}

fn reads_as_json(body: &Template, escapes: Escapes) -> bool {
    let login = LoggedIn { token: "a.b.c", validade: 1, login: "\"\\" };
    let facts =
        Facts { texto: "\"\\", codigo: 400, caminho: "/", now: time::OffsetDateTime::UNIX_EPOCH, login: Some(login) };
    serde_json::from_str::<serde::de::IgnoredAny>(&body.filled(escapes, &facts)).is_ok()
}

/// `error`, with the word that was probably meant.
fn explained(error: &toml::de::Error) -> String {
    let message = error.message();
    let mut words = message.split('`').skip(1).step_by(2);
    let is_slip = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let meant = words.next().filter(|_| is_slip).and_then(|word| nearest(word, words));
    let meant = meant.map(|meant| format!("did you mean {meant}?")).unwrap_or_default();
    format!("{error}{meant}")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::domain::rules::Rules;

    const KNOWN: &[Known] = &[
        Known { name: "required_status", parameters: 0 },
        Known { name: "required", parameters: 1 },
        Known { name: "wrong_senha", parameters: 0 },
        Known { name: "same_status", parameters: 0 },
    ];

    fn dialect(text: &str) -> Dialect {
        Dialect::parse(text, KNOWN).unwrap()
    }

    /// What `text` is refused for.
    fn complaint(text: &str) -> String {
        Dialect::parse(text, KNOWN).unwrap_err().to_string()
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
        dialect.add_headers(&mut headers, 401);
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
    fn headers_are_added_replaced_and_left_out() {
        let dialect = dialect("www_authenticate = ''\n[cabecalhos]\nServer = 'x'\ncache-control = ''");
        let mut headers: HeaderMap = [("cache-control", "no-store"), ("www-authenticate", "Bearer"), ("server", "y")]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        dialect.add_headers(&mut headers, 401);
        assert_eq!(
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect::<Vec<_>>(),
            [("server", "x")]
        );
    }

    #[test]
    fn each_slip_is_named() {
        for (text, words) in [
            ("contnt_type = 'a/b'", "did you mean content_type?"),
            ("escapes = 'asci'", "did you mean ascii?"),
            ("[regras]\nmesmo_status = 'recusada'", "did you mean recusado?"),
            (
                "[respostas.wrong_senhas]\ncodigo = 400",
                "[respostas.wrong_senhas] is no answer; did you mean wrong_senha?",
            ),
            ("[respostas.nada]\ncodigo = 400", "[respostas.nada] is no answer"),
            ("[respostas.wrong_senha]\ncodigo = 99", "codigo has to be 200 to 599, and not one without a body"),
            ("[erro]\ncodigo = 400", "[erro] can't have codigo"),
            ("[erro]\ntexto = 'x'", "[erro] can't have texto"),
            ("[login]\ntexto = 'x'", "[login] can't have texto"),
            ("[login]\ncorpo = '{}'", "[login] corpo needs <token>"),
            ("[erro]\ncorpo = '{\"m\":\"<token>\"}'", "[erro] corpo has <token>, which only [login] can fill"),
            ("[erro]\ncorpo = '<texto'", "[erro] corpo is no JSON"),
            ("[erro]\ncorpo = '<text>'", "did you mean <texto>?"),
            ("[respostas.wrong_senha]\ntexto = 'a {}'", "texto has 1 of {}; the contract's text has 0 values"),
            ("[respostas.same_status]\ncodigo = 400", "is never given; it takes mesmo_status = \"recusado\""),
            ("[token]\ncabecalhos = []", "[token] cabecalhos has to name a header"),
            ("[token]\ncabecalhos = ['a b']", "[token] cabecalhos: 'a b' is no header"),
            ("[token]\ncabecalhos = ['token', 'Token']", "names Token twice"),
            ("[cabecalhos]\nContent-Length = '1'", "[cabecalhos] can't have Content-Length"),
            ("[cabecalhos]\nx = \"a\\nb\"", "[cabecalhos] x is no value of a header"),
            ("content_type = ''", "content_type has to be a media type"),
        ] {
            assert!(complaint(text).contains(words), "{text}: {}", complaint(text));
        }
    }

    #[test]
    fn all_slips_are_named_at_once() {
        assert_eq!(complaint("content_type = ''\n[login]\ncorpo = '1'").lines().count(), 2);
    }

    #[test]
    fn a_body_may_be_no_json_where_it_says_so() {
        dialect("[erro]\ncorpo = '<texto'\ncontent_type = 'text/plain'");
        dialect("escapes = 'nenhum'\n[erro]\ncorpo = '<texto'");
    }

    #[test]
    fn a_file_reads_as_it_is_written() {
        let text = "escapes = \"ascii-e-barras\"\nnomes_de_cabecalhos = \"iniciais-maiusculas\"\n[regras]\n\
                    motivo_desnecessario = \"conferido\"\n[respostas.wrong_senha]\ncodigo = 400\n";
        let file: DialectFile = toml::from_str(text).unwrap();
        assert_eq!(toml::from_str::<DialectFile>(&toml::to_string(&file).unwrap()).unwrap(), file);
    }
}
