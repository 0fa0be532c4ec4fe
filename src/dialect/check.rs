//! From the file to the dialect: everything that is wrong with it, each with its place.

mod answers;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use axum::http::header::DATE;
use axum::http::{HeaderName, HeaderValue};

use super::charset::{Charset, label_in};
use super::escapes::Entities;
use super::file::{DialectFile, HeaderCase, Verdict};
use super::forms::{CONTENT_TYPE, Dialect, ERROR_BODY, Form, LOGIN_BODY, NotAsked, TokenHeader};
use super::gap::Kind;
use super::source::{Complaint, Lines, Source, place};
use super::status::StatusTables;
use super::template::Template;
use crate::domain::rules::{SameStatus, UnneededMotivo};
use crate::domain::text::nearest;

/// Most bytes of a file.
pub const FILE_MAX: usize = 256 * 1024;

/// Most complaints that are told.
const COMPLAINTS_MAX: usize = 100;

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

/// The errors that the contract can answer, by name, and how many values the text of each has.
pub type Known = BTreeMap<String, usize>;

/// Everything that is wrong with a file, one complaint a line.
#[derive(Debug)]
pub struct DialectError(BTreeSet<Complaint>);

impl fmt::Display for DialectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.0.iter().take(COMPLAINTS_MAX).map(ToString::to_string).collect();
        if let Some(more) = self.0.len().checked_sub(COMPLAINTS_MAX).filter(|more| *more > 0) {
            lines.push(format!("and {more} more"));
        }
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for DialectError {}

impl DialectError {
    /// Each begins with its place, such as `[erro] corpo`.
    pub fn complaints(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|complaint| complaint.text.as_str())
    }
}

impl Dialect {
    /// The contract, as a dialect.
    pub fn contract() -> Self {
        Self::of(&DialectFile::default(), &Known::new()).expect("an empty file says nothing wrong")
    }

    /// Understands the TOML of a file. `known` are the errors that it may speak of.
    pub fn parse(text: &str, known: &Known) -> Result<Self, DialectError> {
        if text.len() > FILE_MAX {
            let text = format!("it is longer than {FILE_MAX} bytes");
            return Err(DialectError(BTreeSet::from([Complaint { line: None, text }])));
        }
        let Source { file, lines, complaints } = Source::read(text).map_err(DialectError)?;
        Check { file: &file, lines, complaints, status: StatusTables::new() }.dialect(known)
    }

    /// What `file` says.
    pub fn of(file: &DialectFile, known: &Known) -> Result<Self, DialectError> {
        Check { file, lines: Lines::default(), complaints: BTreeSet::new(), status: StatusTables::new() }.dialect(known)
    }
}

const JSON: HeaderValue = HeaderValue::from_static(CONTENT_TYPE);

/// What an answer may say of itself.
struct Parts {
    code: bool,
    /// How many values its text has, if it may have another one.
    text: Option<usize>,
    /// Which success it is; none for an error.
    kind: Option<Kind>,
}

struct Check<'a> {
    file: &'a DialectFile,
    lines: Lines,
    complaints: BTreeSet<Complaint>,
    status: StatusTables,
}

impl Check<'_> {
    fn dialect(mut self, known: &Known) -> Result<Dialect, DialectError> {
        let file = self.file;
        self.status = self.status_tables();
        let dialect = Dialect {
            content_type: self.content_type(&[], file.content_type.as_deref()).unwrap_or(JSON),
            charset: self.charset(&[], file.charset.as_deref(), file.content_type.as_deref()),
            www_authenticate: match file.www_authenticate.as_deref() {
                None => Some(HeaderValue::from_static("Bearer")),
                Some("") => None,
                Some(text) => self.value(&[], "www_authenticate", text),
            },
            escapes: file.escapes.unwrap_or_default(),
            entities: self.entities(),
            header_case: file.nomes_de_cabecalhos.unwrap_or(HeaderCase::Minusculas),
            headers: self.headers(),
            status: self.status.clone(),
            error: self.form(&["erro"], &file.erro, Parts { code: false, text: None, kind: None }),
            success: self.form(
                &["sucesso"],
                &file.sucesso,
                Parts { code: true, text: Some(0), kind: Some(Kind::Change) },
            ),
            login: self.form(&["login"], &file.login, Parts { code: true, text: None, kind: Some(Kind::Login) }),
            errors: self.errors(known),
            token_headers: self.token_headers(),
            rules: file.regras.rules(),
            not_asked: self.not_asked(),
            logs_in_without_permission: file.regras.login_sem_permissao != Some(Verdict::Recusado),
            message: Template::parse(ERROR_BODY).expect("the contract's body is well-formed"),
            token: Template::parse(LOGIN_BODY).expect("the contract's body is well-formed"),
        };
        self.check_json(&dialect);
        if self.complaints.is_empty() { Ok(dialect) } else { Err(DialectError(self.complaints)) }
    }

    /// Complains of `key` in `table`; of the table itself without one.
    fn complain(&mut self, table: &[&str], key: &str, what: impl fmt::Display) {
        let line = self.lines.of(&[table, &[key]].concat());
        self.complaints.insert(Complaint { line, text: format!("{} {what}", place(table, key)) });
    }

    fn value(&mut self, table: &[&str], key: &str, text: &str) -> Option<HeaderValue> {
        let value = HeaderValue::from_str(text).ok();
        if value.is_none() {
            self.complain(table, key, "is no value of a header");
        }
        value
    }

    /// An answer may have none; all of them have one.
    fn content_type(&mut self, table: &[&str], text: Option<&str>) -> Option<HeaderValue> {
        let text = text?;
        let is_none = text.is_empty() && !table.is_empty();
        let value = HeaderValue::from_str(text).ok().filter(|_| is_none || text.contains('/'));
        if value.is_none() {
            self.complain(table, "content_type", "has to be a media type, such as text/plain");
        }
        value
    }

    /// Without a word about it, it is that of the `content_type`, which has to be one in which we can write, too.
    fn charset(&mut self, table: &[&str], label: Option<&str>, content_type: Option<&str>) -> Option<Charset> {
        let charset = label.and_then(Charset::named);
        if label.is_some() && charset.is_none() {
            self.complain(table, "charset", "is none in which we can write, such as UTF-8, ISO-8859-1 or windows-1252");
        }
        let named = content_type.and_then(label_in);
        if label.is_none() && named.is_some_and(|named| Charset::named(named).is_none()) {
            let what = "names a charset in which we can't write; charset says in which one to write instead";
            self.complain(table, "content_type", what);
        }
        charset
    }

    fn headers(&mut self) -> Vec<(HeaderName, Option<HeaderValue>)> {
        const TABLE: &[&str] = &["cabecalhos"];
        let mut headers: Vec<(HeaderName, Option<HeaderValue>)> = Vec::new();
        for (name, text) in &self.file.cabecalhos {
            let value = if text.is_empty() { None } else { self.value(TABLE, name, text) };
            match name.parse::<HeaderName>() {
                Ok(parsed) if parsed == DATE && text.is_empty() => {
                    self.complain(TABLE, name, "can't be left out: each answer has it");
                }
                Ok(parsed) if RESERVED.contains(&parsed.as_str()) => self.complain(TABLE, name, "can't be set here"),
                Ok(parsed) if headers.iter().any(|(other, _)| *other == parsed) => {
                    self.complain(TABLE, name, "is there twice");
                }
                Ok(parsed) => headers.push((parsed, value)),
                Err(_) => self.complain(TABLE, name, "is no name of a header"),
            }
        }
        headers
    }

    fn entities(&mut self) -> Entities {
        let (ours, file) = (Entities::default(), &self.file.entidades);
        let mut known = |key: &str, text: Option<&str>, all: &[&'static str], ours| {
            let found = text.map_or(Some(ours), |text| all.iter().copied().find(|known| *known == text));
            if found.is_none() {
                self.complain(&["entidades"], key, format_args!("has to be one of {}", all.join(", ")));
            }
            found.unwrap_or(ours)
        };
        Entities {
            quote: known("aspas", file.aspas.as_deref(), &Entities::QUOTES, ours.quote),
            apostrophe: known("apostrofo", file.apostrofo.as_deref(), &Entities::APOSTROPHES, ours.apostrophe),
        }
    }

    fn token_headers(&mut self) -> Vec<TokenHeader> {
        let bearer = ["Authorization: Bearer", "Authorization"].map(str::to_owned);
        let written = self.file.token.cabecalhos.as_deref().unwrap_or(&bearer);
        let mut complain = |what: &str| self.complain(&["token"], "cabecalhos", what);
        let mut headers: Vec<TokenHeader> = Vec::new();
        for text in written {
            match TokenHeader::parse(text) {
                Ok(header) => {
                    if headers.contains(&header) {
                        complain(&format!("names {text} twice"));
                    }
                    headers.push(header);
                }
                Err(what) => complain(&what),
            }
        }
        if written.is_empty() {
            complain("has to name a header");
        }
        headers
    }

    fn not_asked(&self) -> Vec<NotAsked> {
        let line = |at: usize| self.lines.of(&["conferir", "pular", &at.to_string()]);
        self.file.conferir.pular.iter().enumerate().map(|(at, name)| NotAsked::new(name, line(at))).collect()
    }

    fn errors(&mut self, known: &Known) -> BTreeMap<String, Form> {
        let mut forms = BTreeMap::new();
        for (name, answer) in &self.file.respostas {
            let table = &["respostas", name];
            let Some(parameters) = known.get(name) else {
                let near = nearest(name, known.keys().map(String::as_str));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                self.complain(table, "", format_args!("is no answer{near}"));
                continue;
            };
            if let Some(rule) = self.rule_against(name) {
                self.complain(table, "", format_args!("is never given; it takes {rule} in [regras]"));
            }
            let parts = Parts { code: true, text: Some(*parameters), kind: None };
            forms.insert(name.clone(), self.form(table, answer, parts));
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
}

#[cfg(test)]
mod tests;
