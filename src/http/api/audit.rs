//! The audit log: one event of the target `audit` for each login, each status change and each read that is denied,
//! under the span that has the request's id. It is written when the attempt ends, so that a client that hangs
//! up or a deadline that passes leaves its line too.
//!
//! What clients sent is cut to its limit. It goes to the log as text values, which the log quotes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::domain::access::{Permissao, Required};
use crate::domain::atendimento::Status;
use crate::domain::text::{LOGIN_MAX, NOME_MAX, PROTOCOLO_MAX, first};
use crate::http::answer::catalogue::{ApiError, AuditedUser};
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::misspelt::Misspelt;
use crate::http::request::query;
use crate::http::state::SharedState;
use crate::service::changes::{ChangeError, Done, Simulation};
use crate::service::login::{Absence, LoginError};
use crate::telemetry::AUDIT;

/// An attempt that was answered 503 at its deadline, or cut off at a stop, before it ended.
const ABANDONED: &str = "abandoned";
const OK: &str = "ok";
/// A change that was tried out and would succeed.
const SIMULATED: &str = "simulated";

pub struct LoginAudit {
    client: IpAddr,
    login: String,
    usuario_id: Option<i64>,
    outcome: &'static str,
    reason: Option<&'static str>,
    limits: Option<String>,
}

impl LoginAudit {
    pub fn begin(client: ClientAddress) -> Self {
        let (usuario_id, reason, limits) = (None, None, None);
        Self { client: client.0, login: String::new(), usuario_id, outcome: ABANDONED, reason, limits }
    }

    pub fn login(&mut self, login: &str) {
        first(login, LOGIN_MAX).clone_into(&mut self.login);
    }

    pub fn usuario(&mut self, usuario_id: i64) {
        self.usuario_id = Some(usuario_id);
    }

    /// Why it was refused: more than the answer says.
    pub fn refused(&mut self, error: &LoginError) {
        self.reason = match error {
            LoginError::UsuarioNotFound(absence) | LoginError::UsuarioHidden(absence) => Some(match absence {
                Absence::Unknown => "unknown",
                Absence::Deactivated => "deactivated",
            }),
            LoginError::SenhaWrong => Some("wrong_password"),
            _ => None,
        };
        if let LoginError::Throttled(throttled) = error {
            let names: Vec<&str> = throttled.exhausted.iter().map(|limit| limit.name).collect();
            self.limits = Some(names.join(","));
        }
    }

    pub fn end<T>(mut self, answer: &Result<T, ApiError>) {
        self.outcome = outcome(answer, OK);
    }
}

impl Drop for LoginAudit {
    fn drop(&mut self) {
        tracing::info!(
            target: AUDIT,
            from = %self.client,
            login = self.login.as_str(),
            usuario_id = self.usuario_id,
            outcome = self.outcome,
            reason = self.reason,
            limit = self.limits.as_deref(),
            "login"
        );
    }
}

pub struct ChangeAudit {
    client: IpAddr,
    user: Option<AuditedUser>,
    protocolo: String,
    status: String,
    /// As asked for; `None` once it is known that the change records none.
    motivo: Option<String>,
    de: Option<Status>,
    ignored: Option<String>,
    success: &'static str,
    outcome: &'static str,
}

impl ChangeAudit {
    pub fn begin(client: ClientAddress) -> Self {
        Self {
            client: client.0,
            user: None,
            protocolo: String::new(),
            status: String::new(),
            motivo: None,
            de: None,
            ignored: None,
            success: OK,
            outcome: ABANDONED,
        }
    }

    pub fn caller<P>(&mut self, caller: &Caller<P>) {
        self.user = Some(AuditedUser { usuario_id: caller.usuario_id, login: Some(Arc::clone(&caller.login)) });
    }

    /// The user, where no token names it.
    pub fn user(&mut self, usuario_id: i64, login: &Arc<str>) {
        self.user = Some(AuditedUser { usuario_id, login: Some(Arc::clone(login)) });
    }

    pub fn change(&mut self, protocolo: &str, status: &str) {
        first(protocolo, PROTOCOLO_MAX).clone_into(&mut self.protocolo);
        first(status, NOME_MAX).clone_into(&mut self.status);
    }

    /// The motivo that is asked for, as sent.
    pub fn motivo(&mut self, motivo: &str) {
        self.motivo = Some(first(motivo, NOME_MAX).to_owned());
    }

    /// What was sent in another spelling, and is not part of the change.
    pub fn ignored(&mut self, misspelt: &Misspelt) {
        self.ignored = misspelt.names();
    }

    /// Nothing will be written: a success is none.
    pub fn simulated(&mut self) {
        self.success = SIMULATED;
    }

    /// What became of it: the status before, and whether the motivo is recorded.
    pub fn done<T: Reported>(&mut self, outcome: &Result<T, ChangeError>) {
        let (de, is_recorded) = match outcome {
            Ok(done) => done.report(),
            Err(ChangeError::Denied { de, .. }) => (*de, true),
            Err(_) => (None, true),
        };
        self.de = de;
        self.motivo = self.motivo.take().filter(|_| is_recorded);
    }

    /// Another change that the same user asks for in the same request.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            client: self.client,
            user: self.user.clone(),
            protocolo: String::new(),
            status: String::new(),
            motivo: None,
            de: None,
            ignored: None,
            success: self.success,
            outcome: self.outcome,
        }
    }

    pub fn end<T>(mut self, answer: &Result<T, ApiError>) {
        self.outcome = outcome(answer, self.success);
        if let Some(user) = answer.as_ref().err().and_then(ApiError::user) {
            self.user = Some(user.clone());
        }
    }
}

impl Drop for ChangeAudit {
    fn drop(&mut self) {
        tracing::info!(
            target: AUDIT,
            from = %self.client,
            usuario_id = self.user.as_ref().map(|user| user.usuario_id),
            login = self.user.as_ref().and_then(|user| user.login.as_deref()),
            protocolo = self.protocolo.as_str(),
            de = self.de.map(Status::nome),
            status = self.status.as_str(),
            motivo = self.motivo.as_deref(),
            ignored = self.ignored.as_deref(),
            outcome = self.outcome,
            "status change"
        );
    }
}

/// What a success says of a change.
pub trait Reported {
    /// The status before, where it is known, and whether the motivo asked for is recorded.
    fn report(&self) -> (Option<Status>, bool);
}

impl Reported for Done {
    fn report(&self) -> (Option<Status>, bool) {
        match self {
            Self::Made { de, with_motivo } => (Some(*de), *with_motivo),
            Self::Replayed => (None, true),
        }
    }
}

impl Reported for Simulation {
    fn report(&self) -> (Option<Status>, bool) {
        match self {
            Self::Make { de, motivo, .. } => (Some(*de), motivo.is_some()),
            Self::Replay => (None, true),
        }
    }
}

/// A [`Caller`] who reads: when it is denied, that leaves a line. What changes something leaves its line in any case.
pub struct AuditedCaller<P>(pub Caller<P>);

impl<P: Required> FromRequestParts<SharedState> for AuditedCaller<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedState) -> Result<Self, ApiError> {
        match Caller::<P>::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Self(caller)),
            Err(error) => {
                let Ok(client) = ClientAddress::from_request_parts(parts, app).await;
                denied_read(client, P::PERMISSAO, &query::protocolo_as_sent(parts).await, &error);
                Err(error)
            }
        }
    }
}

/// Writes the line of a read that needs `permissao` and that `error` denies; of no other failure.
fn denied_read(client: ClientAddress, permissao: Permissao, protocolo: &str, error: &ApiError) {
    if !is_denial(error) {
        return;
    }
    let user = error.user();
    tracing::info!(
        target: AUDIT,
        from = %client.0,
        usuario_id = user.map(|user| user.usuario_id),
        login = user.and_then(|user| user.login.as_deref()),
        permissao = permissao.nome(),
        protocolo = first(protocolo, PROTOCOLO_MAX),
        outcome = error.code(),
        "read"
    );
}

/// Writes the line of administration that needs `permissao` and that `error` denies; of no other failure.
pub fn denied_administration(client: ClientAddress, usuario_id: Option<i64>, permissao: Permissao, error: &ApiError) {
    if !is_denial(error) {
        return;
    }
    let user = error.user();
    tracing::info!(
        target: AUDIT,
        from = %client.0,
        usuario_id = user.map(|user| user.usuario_id).or(usuario_id),
        login = user.and_then(|user| user.login.as_deref()),
        permissao = permissao.nome(),
        outcome = error.code(),
        reason = error.row().name,
        "administration"
    );
}

fn is_denial(error: &ApiError) -> bool {
    matches!(error.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn outcome<T>(answer: &Result<T, ApiError>, success: &'static str) -> &'static str {
    match answer {
        Ok(_) => success,
        Err(error) => error.code(),
    }
}
