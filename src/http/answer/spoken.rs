//! Answers in the dialect in force.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::ext::ReasonPhrase;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::MADE;
use super::catalogue::ApiError;
use crate::dialect::{AnswerForm, Asked, Dialect, Facts, LoggedIn, Mention};
use crate::domain::atendimento::{Denial, Status};
use crate::domain::rules::{Rules, SameStatus, UnneededMotivo};

/// The routes that a Citrus has, too.
pub const CITRUS_PATHS: [&str; 2] = ["/api/usuario/login", "/api/atendimentos/status"];

/// A success that a dialect words otherwise. It leaves its handler as the contract has it, and as this beside it.
#[derive(Clone)]
pub enum Success {
    Made {
        protocolo: String,
        /// The status after it.
        status: &'static str,
        /// The one before, where it is known; empty else.
        anterior: &'static str,
        /// As the request named it.
        motivo: String,
        /// The login of who made it.
        usuario: String,
    },
    LoggedIn {
        token: String,
        /// In seconds.
        expires_in: i64,
        login: String,
    },
}

/// What a request names, for the documents.
pub fn example() -> Asked {
    let [protocolo, motivo, login] = ["20221104000001", "Duplicado", "user.api"].map(str::to_owned);
    Asked { protocolo, status: Status::Finalizado.nome().to_owned(), motivo, usuario: login.clone(), login }
}

/// `error`, and what was `asked`, if a dialect may tell that.
pub fn told(error: ApiError, asked: Option<Asked>) -> Response {
    let mut response = error.into_response();
    if let Some(asked) = asked {
        response.extensions_mut().insert(asked);
    }
    response
}

/// What was asked for, where `response` knows it.
pub fn asked_for(response: &Response) -> Option<Asked> {
    let of_success = || response.extensions().get::<Success>().map(Success::asked);
    response.extensions().get::<Asked>().cloned().or_else(of_success)
}

/// `response`, with what a dialect words otherwise.
pub fn beside(mut response: Response, success: Option<Success>) -> Response {
    if let Some(success) = success {
        response.extensions_mut().insert(success);
    }
    response
}

impl Success {
    /// A login, for the documents.
    pub fn example() -> Self {
        Self::LoggedIn {
            token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln".to_owned(),
            expires_in: 3600,
            login: "user.api".to_owned(),
        }
    }

    /// A change that was made, for the documents.
    pub fn example_of_a_change() -> Self {
        let Asked { protocolo, motivo, usuario, .. } = example();
        Self::Made { protocolo, status: Status::Finalizado.nome(), anterior: Status::Aberto.nome(), motivo, usuario }
    }

    fn asked(&self) -> Asked {
        match self.clone() {
            Self::Made { protocolo, status, motivo, usuario, .. } => {
                Asked { protocolo, status: status.to_owned(), motivo, usuario, ..Asked::default() }
            }
            Self::LoggedIn { login, .. } => Asked { login, ..Asked::default() },
        }
    }

    /// The same, of a change from `anterior`.
    #[must_use]
    pub fn from_status(mut self, de: Status) -> Self {
        if let Self::Made { anterior, .. } = &mut self {
            *anterior = de.nome();
        }
        self
    }
}

/// What an answer in a dialect has as `WWW-Authenticate`.
pub struct Challenge(pub Option<HeaderValue>);

impl Speaker {
    /// For the documents: of requests to `path`, at a time that stands for any.
    pub fn example(dialect: Arc<Dialect>, path: &str) -> Self {
        let path = path.replace("{protocolo}", "20221104000001");
        Self { dialect, method: Method::POST, path, now: datetime!(2026-11-28 12:00 UTC), id: Uuid::max() }
    }
}

/// The dialect in force, and what of a request it may tell.
pub struct Speaker {
    pub dialect: Arc<Dialect>,
    pub method: Method,
    /// The path of the request, as sent.
    pub path: String,
    pub now: OffsetDateTime,
    /// What the ids of the answer are made of.
    pub id: Uuid,
}

/// An answer in a dialect.
pub struct Spoken {
    pub code: u16,
    /// Empty for none.
    pub content_type: String,
    pub body: String,
    /// The same as it is sent.
    pub bytes: Vec<u8>,
    pub challenge: Challenge,
}

impl Speaker {
    /// `error` in the dialect, about the change `asked` for. None where that has no words for it: a status that is not as
    /// the client expects is our own extension.
    pub fn error(&self, error: &ApiError, asked: Option<&Asked>) -> Option<Spoken> {
        if error.is_ours_alone() {
            return None;
        }
        let error = error.told();
        let row = error.row();
        let form = self.dialect.error(row.name, error.subject(), row.status.as_u16(), row.text);
        let text = error.fill(form.text);
        let named = asked.map(Asked::named);
        Some(self.spoken(form, &text, None, named))
    }

    /// `success` in the dialect.
    pub fn success(&self, success: &Success) -> Spoken {
        match success {
            Success::Made { protocolo, status, anterior, motivo, usuario } => {
                let form = self.dialect.success(MADE);
                let named = Mention { protocolo, status, anterior, motivo, login: "", usuario };
                self.spoken(form, form.text, None, Some(named))
            }
            Success::LoggedIn { token, expires_in, login } => {
                self.spoken(self.dialect.login(), "", Some(LoggedIn { token, validade: *expires_in, login }), None)
            }
        }
    }

    fn spoken(
        &self,
        form: AnswerForm<'_>,
        texto: &str,
        login: Option<LoggedIn<'_>>,
        named: Option<Mention<'_>>,
    ) -> Spoken {
        let (metodo, caminho) = (self.method.as_str(), self.path.as_str());
        let facts = Facts { texto, codigo: form.code, metodo, caminho, now: self.now, login, named, id: self.id };
        let content_type = String::from_utf8_lossy(form.content_type.as_bytes()).into_owned();
        let body = form.filled(&facts);
        let bytes = form.writing.sent(&body);
        Spoken { code: form.code, content_type, body, bytes, challenge: Challenge(form.challenge.cloned()) }
    }

    /// `response` in the dialect, with its challenge, if it is an error or a success that this words.
    pub fn speak(&self, mut response: Response) -> (Response, Option<Challenge>) {
        let asked = response.extensions().get::<Asked>();
        let error = response.extensions().get::<ApiError>().map(|error| self.error(error, asked));
        let success = response.extensions().get::<Success>().map(|success| self.success(success));
        let Some(spoken) = error.flatten().or(success) else { return (response, None) };
        _ = response.extensions_mut().remove::<ApiError>();
        if let Ok(status) = StatusCode::from_u16(spoken.code) {
            *response.status_mut() = status;
            if status.canonical_reason().is_none() {
                response.extensions_mut().insert(ReasonPhrase::from_static(b""));
            }
        }
        set_body_headers(response.headers_mut(), &spoken);
        (response.map(|_| Body::from(spoken.bytes)), Some(spoken.challenge))
    }
}

fn set_body_headers(headers: &mut HeaderMap, spoken: &Spoken) {
    if spoken.content_type.is_empty() {
        headers.remove(CONTENT_TYPE);
    } else if let Ok(value) = spoken.content_type.parse() {
        headers.insert(CONTENT_TYPE, value);
    }
    // The router has set it for the contract's body.
    if let Some(length) = headers.get_mut(CONTENT_LENGTH) {
        *length = spoken.bytes.len().into();
    }
}

impl ApiError {
    /// Whether a server with `rules` gives it: some are a dialect's alone.
    pub fn can_be_given(&self, rules: Rules) -> bool {
        match self {
            Self::Denied(Denial::SameStatus) => rules.same_status == SameStatus::Refused,
            Self::Denied(Denial::MotivoUnneeded) => rules.unneeded_motivo == UnneededMotivo::Refused,
            _ => true,
        }
    }
}
