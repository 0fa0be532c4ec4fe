//! What an answer says.

use std::fmt;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

/// What an answer says, for the gaps of its body.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub texto: &'a str,
    pub codigo: u16,
    /// The method of the request.
    pub metodo: &'a str,
    /// Its path.
    pub caminho: &'a str,
    pub now: OffsetDateTime,
    pub login: Option<LoggedIn<'a>>,
    /// What the request named, where that is known.
    pub named: Option<Mention<'a>>,
    /// What its ids are made of: another one for each answer.
    pub id: Uuid,
}

/// What a request named, for the answer that tells it; empty where it named nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mention<'a> {
    pub protocolo: &'a str,
    /// The status that was asked for, and that the atendimento has if the change was made.
    pub status: &'a str,
    /// The one that it had before, where that is known.
    pub anterior: &'a str,
    pub motivo: &'a str,
    pub login: &'a str,
    /// The login of the user whose token it has.
    pub usuario: &'a str,
}

/// What a request named, kept for its answer.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub protocolo: String,
    pub status: String,
    pub motivo: String,
    pub login: String,
    /// The login of the user whose token it has.
    pub usuario: String,
}

/// A value of a request as a text; those of a list with commas between them.
pub fn named_by(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Array(items) => items.iter().map(named_by).collect::<Vec<_>>().join(","),
        Value::Null | Value::Object(_) => String::new(),
    }
}

impl Asked {
    /// The same with a token of the user of `login`.
    #[must_use]
    pub fn by(self, login: &str) -> Self {
        Self { usuario: login.to_owned(), ..self }
    }

    pub fn named(&self) -> Mention<'_> {
        let Self { protocolo, status, motivo, login, usuario } = self;
        Mention { protocolo, status, anterior: "", motivo, login, usuario }
    }
}

/// What the success of a login says.
#[derive(Clone, Copy)]
pub struct LoggedIn<'a> {
    pub token: &'a str,
    /// In seconds.
    pub validade: i64,
    pub login: &'a str,
}

impl fmt::Debug for LoggedIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("validade", &self.validade).finish_non_exhaustive()
    }
}
