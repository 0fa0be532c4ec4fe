//! The audit log: one event of the target `audit` for each login and each status change, under the
//! span that has the request's id. It is written when the attempt ends, so that a client that hangs
//! up or a deadline that passes leaves its line too.
//!
//! What clients sent is cut to its limit. It goes to the log as text values, which the log quotes.

use std::net::IpAddr;

use axum::response::Response;

use super::client::Client;
use super::error::ApiError;
use super::misspelt::Misspelt;
use crate::domain::texto::{LOGIN_MAX, NOME_MAX, PROTOCOLO_MAX};
use crate::telemetry::AUDIT;

/// An attempt that was answered 503 at its deadline, or cut off at a stop, before it ended.
const ABANDONED: &str = "abandoned";
/// A success.
const OK: &str = "ok";
/// A change that was tried out and would succeed.
const SIMULATED: &str = "simulated";

/// A login in the making.
pub struct LoginAudit {
    client: IpAddr,
    login: String,
    usuario_id: Option<i64>,
    outcome: &'static str,
}

impl LoginAudit {
    /// One from `client`.
    pub fn begin(client: Client) -> Self {
        Self { client: client.0, login: String::new(), usuario_id: None, outcome: ABANDONED }
    }

    /// The login as sent.
    pub fn login(&mut self, login: &str) {
        self.login = cut(login, LOGIN_MAX);
    }

    /// The user that it turned out to be.
    pub fn usuario(&mut self, usuario_id: i64) {
        self.usuario_id = Some(usuario_id);
    }

    /// Writes the line.
    pub fn end(mut self, answer: &Result<Response, ApiError>) {
        self.outcome = outcome(answer, OK);
    }
}

impl Drop for LoginAudit {
    fn drop(&mut self) {
        tracing::info!(
            target: AUDIT,
            client = %self.client,
            login = self.login.as_str(),
            usuario_id = self.usuario_id,
            outcome = self.outcome,
            "login"
        );
    }
}

/// A status change in the making.
pub struct ChangeAudit {
    client: IpAddr,
    usuario_id: Option<i64>,
    protocolo: String,
    status: String,
    ignored: Option<String>,
    success: &'static str,
    outcome: &'static str,
}

impl ChangeAudit {
    /// One from `client`.
    pub fn begin(client: Client) -> Self {
        let (protocolo, status) = (String::new(), String::new());
        Self { client: client.0, usuario_id: None, protocolo, status, ignored: None, success: OK, outcome: ABANDONED }
    }

    /// Who asks for it.
    pub fn usuario(&mut self, usuario_id: i64) {
        self.usuario_id = Some(usuario_id);
    }

    /// What is asked for, as sent.
    pub fn change(&mut self, protocolo: &str, status: &str) {
        self.protocolo = cut(protocolo, PROTOCOLO_MAX);
        self.status = cut(status, NOME_MAX);
    }

    /// What was sent in another spelling, and is not part of the change.
    pub fn ignored(&mut self, misspelt: &Misspelt) {
        self.ignored = misspelt.names();
    }

    /// Nothing will be written: a success is none.
    pub fn simulated(&mut self) {
        self.success = SIMULATED;
    }

    /// Another change that the same user asks for in the same request.
    pub fn another(&self) -> Self {
        let (protocolo, status) = (String::new(), String::new());
        Self { protocolo, status, ignored: None, ..*self }
    }

    /// Writes the line.
    pub fn end<T>(mut self, answer: &Result<T, ApiError>) {
        self.outcome = outcome(answer, self.success);
        if let Err(ApiError::TokenRevoked { usuario_id } | ApiError::AccessDenied { usuario_id }) = answer {
            self.usuario_id = Some(*usuario_id);
        }
    }
}

impl Drop for ChangeAudit {
    fn drop(&mut self) {
        tracing::info!(
            target: AUDIT,
            client = %self.client,
            usuario_id = self.usuario_id,
            protocolo = self.protocolo.as_str(),
            status = self.status.as_str(),
            ignored = self.ignored.as_deref(),
            outcome = self.outcome,
            "status change"
        );
    }
}

fn outcome<T>(answer: &Result<T, ApiError>, success: &'static str) -> &'static str {
    match answer {
        Ok(_) => success,
        Err(error) => error.code(),
    }
}

/// The first `max` characters of `text`.
fn cut(text: &str, max: usize) -> String {
    let end = text.char_indices().nth(max).map_or(text.len(), |(at, _)| at);
    text[..end].to_owned()
}
