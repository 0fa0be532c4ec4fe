//! Every status code and message of an error, once. The texts are the contract's, byte for byte.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::http::header::{ACCEPT_ENCODING, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::etag;
use super::json;
use crate::auth::password::PasswordError;
use crate::auth::token::Rejection;
use crate::clock::rfc3339_seconds;
use crate::domain::atendimento::{Denial, Status};
use crate::http::memory::Full;
use crate::json::JsonError;
use crate::service::changes::ChangeError;
use crate::service::login::LoginError;
use crate::service::throttle::Throttled;
use crate::store::StoreError;

/// A user, as the audit log names it.
#[derive(Clone, Debug)]
pub struct Who {
    /// Row id.
    pub usuario_id: i64,
    /// The login as registered; `None` where there is no such user.
    pub login: Option<Arc<str>>,
}

impl Who {
    /// For an error that nobody met.
    pub const NOBODY: Self = Self { usuario_id: 0, login: None };
}

/// An answer that is not a success.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// HTTP/1.1 with no `Host`, or with several. What is less than that, hyper refuses by itself.
    Malformed,
    /// The body is not a JSON object.
    Body(JsonError),
    /// The body did not arrive whole.
    BodyCut,
    /// The body did not arrive in time.
    BodySlow,
    /// The body is over the limit.
    BodyTooLarge,
    /// The body is in a charset that we do not know.
    Charset,
    /// The body is compressed.
    ContentCoding,
    /// No such route.
    NotFound,
    /// The route has other methods.
    MethodNotAllowed,
    /// A field is missing or blank.
    Required(&'static str),
    /// The login is missing; Citrus has a text of its own for it.
    LoginRequired,
    /// The senha is missing; Citrus has a text of its own for it.
    SenhaRequired,
    /// A field has a value that it can't have.
    Invalid(&'static str),
    /// The protocolo is a number that is no protocolo.
    InexactProtocolo,
    /// Too many logins failed.
    Throttled(Throttled),
    /// The login was refused.
    UsuarioNaoEncontrado,
    /// The same in hardened mode: answered like a wrong senha.
    UsuarioOculto,
    /// The login was refused.
    SenhaInvalida,
    /// The token could not be made.
    TokenFailed,
    /// No token came with the request.
    TokenMissing,
    /// The token was refused.
    Token(Rejection),
    /// The token was withdrawn.
    TokenRevoked(Who),
    /// The user lacks the permission.
    AccessDenied(Who),
    /// The rules refuse the change.
    Denied(Denial),
    /// A request of the same idempotency key is being answered.
    InProgress,
    /// Our fault; whoever found it has logged it.
    Internal,
    /// The database is away, or there is too much to do.
    Unavailable,
}

const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";

impl ApiError {
    /// The status code of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed
            | Self::Body(_)
            | Self::BodyCut
            | Self::Required(_)
            | Self::LoginRequired
            | Self::SenhaRequired
            | Self::Invalid(_)
            | Self::InexactProtocolo
            | Self::Denied(Denial::MotivoObrigatorio) => StatusCode::BAD_REQUEST,
            Self::UsuarioOculto | Self::SenhaInvalida | Self::TokenMissing | Self::Token(_) | Self::TokenRevoked(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::AccessDenied(_) => StatusCode::FORBIDDEN,
            Self::NotFound
            | Self::UsuarioNaoEncontrado
            | Self::Denied(
                Denial::AtendimentoNaoEncontrado | Denial::StatusNaoEncontrado | Denial::MotivoNaoEncontrado,
            ) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InProgress => StatusCode::CONFLICT,
            Self::Denied(Denial::StatusDiferente(_) | Denial::RevisaoDiferente(_)) => StatusCode::PRECONDITION_FAILED,
            Self::Denied(Denial::ChaveReutilizada) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::BodySlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Charset | Self::ContentCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TokenFailed | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The text of the answer.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Malformed => "Requisição HTTP malformada",
            Self::Body(error) => return format!("Corpo da requisição inválido: {error}").into(),
            Self::BodyCut => "Corpo da requisição inválido: incompleto",
            Self::BodySlow => "Tempo esgotado à espera do corpo da requisição",
            Self::BodyTooLarge => "Corpo da requisição muito grande",
            Self::Charset => "Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252",
            Self::ContentCoding => "Content-Encoding não suportado; envie o corpo sem compressão",
            Self::NotFound => "Recurso não encontrado",
            Self::MethodNotAllowed => "Método não permitido",
            Self::Required(field) => return format!("{field} – esse campo é obrigatório").into(),
            Self::LoginRequired => "Este campo é obrigatório – login",
            Self::SenhaRequired => "Este campo é obrigatório senha",
            Self::Invalid(field) => return format!("{field} – valor inválido").into(),
            Self::InexactProtocolo => "protocolo – valor inválido, envie como texto",
            Self::Throttled(_) => "Muitas tentativas, tente novamente mais tarde",
            Self::UsuarioNaoEncontrado => "Usuário não encontrado",
            Self::UsuarioOculto | Self::SenhaInvalida => "Senha inválida",
            Self::TokenFailed => "Houve um problema para gerar um token",
            Self::TokenMissing => "Token is missing",
            Self::Token(rejection) => return rejection_message(rejection),
            Self::TokenRevoked(_) => "Token revogado",
            Self::AccessDenied(_) => "Acess denied",
            Self::Denied(Denial::AtendimentoNaoEncontrado) => "Atendimento não encontrado",
            Self::Denied(Denial::StatusNaoEncontrado) => "Status não encontrado",
            Self::Denied(Denial::MotivoObrigatorio) => "motivoStatus – esse campo é obrigatório",
            Self::Denied(Denial::MotivoNaoEncontrado) => "Motivo não encontrado",
            Self::Denied(Denial::StatusDiferente(_)) => "Status atual diferente do esperado",
            Self::Denied(Denial::RevisaoDiferente(_)) => "Atendimento alterado desde a leitura",
            Self::Denied(Denial::ChaveReutilizada) => "Idempotency-Key já usada com outra requisição",
            Self::InProgress => "Requisição com esta Idempotency-Key em andamento",
            Self::Internal => "Erro interno",
            Self::Unavailable => "Serviço indisponível",
        }
        .into()
    }
}

impl ApiError {
    /// The present status, where it is not the one that the client expects.
    pub fn present_status(&self) -> Option<Status> {
        match self {
            Self::Denied(Denial::StatusDiferente(atual)) => Some(*atual),
            Self::Denied(Denial::RevisaoDiferente(atual)) => Some(atual.status),
            _ => None,
        }
    }

    /// Whether the connection can't be used again: where the next request begins is in doubt, or not waited for.
    fn ends_connection(&self) -> bool {
        matches!(self, Self::Malformed | Self::BodySlow | Self::BodyTooLarge)
    }

    /// A word for the audit log, and for programs; see `docs/ERRORS.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_http",
            Self::Body(_)
            | Self::BodyCut
            | Self::BodySlow
            | Self::BodyTooLarge
            | Self::Charset
            | Self::ContentCoding => "invalid_body",
            Self::Required(_)
            | Self::LoginRequired
            | Self::SenhaRequired
            | Self::Invalid(_)
            | Self::InexactProtocolo => "invalid_field",
            Self::NotFound | Self::MethodNotAllowed => "no_route",
            Self::Throttled(_) => "throttled",
            Self::UsuarioNaoEncontrado | Self::UsuarioOculto => "unknown_user",
            Self::SenhaInvalida => "wrong_password",
            Self::TokenMissing => "no_token",
            Self::Token(Rejection::Expired { .. }) => "expired_token",
            Self::Token(_) => "untrusted_token",
            Self::TokenRevoked(_) => "revoked_token",
            Self::AccessDenied(_) => "access_denied",
            Self::Denied(Denial::AtendimentoNaoEncontrado) => "unknown_atendimento",
            Self::Denied(Denial::StatusNaoEncontrado) => "unknown_status",
            Self::Denied(Denial::MotivoObrigatorio) => "motivo_required",
            Self::Denied(Denial::MotivoNaoEncontrado) => "unknown_motivo",
            Self::Denied(Denial::StatusDiferente(_)) => "other_status",
            Self::Denied(Denial::RevisaoDiferente(_)) => "other_revision",
            Self::Denied(Denial::ChaveReutilizada) => "reused_key",
            Self::InProgress => "in_progress",
            Self::TokenFailed | Self::Internal => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The texts of jjwt 0.11, which stands behind Citrus.
fn rejection_message(rejection: &Rejection) -> Cow<'static, str> {
    match rejection {
        Rejection::Periods(found) => {
            format!("JWT strings must contain exactly 2 period characters. Found: {found}").into()
        }
        Rejection::Unsigned => "Unsigned Claims JWTs are not supported.".into(),
        Rejection::Untrusted => UNTRUSTED.into(),
        Rejection::Expired { at, now } => format!(
            "JWT expired at {}. Current time: {}, a difference of {} milliseconds.  Allowed clock skew: 0 milliseconds.",
            rfc3339_seconds(*at),
            rfc3339_seconds(*now),
            (*now - *at).whole_milliseconds()
        )
        .into(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = match self.present_status() {
            Some(atual) => json::mismatch(status, &self.message(), atual),
            None => json::message(status, &self.message()),
        };
        if let Self::Denied(Denial::RevisaoDiferente(atual)) = &self {
            response = etag::tagged(response, atual.revisao);
        }
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::CONFLICT => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        if matches!(self, Self::ContentCoding) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if self.ends_connection() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Self::Throttled(throttled) = &self {
            limit_headers(headers, throttled);
        }
        // For who wants it told otherwise, see `problem`.
        response.extensions_mut().insert(self);
        response
    }
}

/// `Retry-After`, and the fields of the IETF's draft-ietf-httpapi-ratelimit-headers: the limits in
/// force, and those that are exhausted.
fn limit_headers(headers: &mut HeaderMap, throttled: &Throttled) {
    let seconds = throttled.exhausted.iter().map(|(_, seconds)| *seconds).max().unwrap_or_default();
    let policies =
        throttled.policies.iter().map(|(name, limit)| format!("\"{name}\";q={};w={}", limit.quota, limit.window));
    let exhausted = throttled.exhausted.iter().map(|(name, seconds)| format!("\"{name}\";r=0;t={seconds}"));
    let list = |items: Vec<String>| HeaderValue::try_from(items.join(", ")).expect("names and numbers are ASCII");
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    headers.insert(HeaderName::from_static("ratelimit-policy"), list(policies.collect()));
    headers.insert(HeaderName::from_static("ratelimit"), list(exhausted.collect()));
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        log(&error);
        if error.is_transient() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<Full> for ApiError {
    fn from(full: Full) -> Self {
        tracing::warn!("{full}");
        Self::Unavailable
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Denied { denial, .. } => Self::Denied(denial),
            ChangeError::InProgress => Self::InProgress,
            ChangeError::Unavailable => Self::Unavailable,
            ChangeError::Failed => Self::Internal,
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Throttled(throttled) => Self::Throttled(throttled),
            LoginError::UsuarioNaoEncontrado(_) => Self::UsuarioNaoEncontrado,
            LoginError::UsuarioOculto(_) => Self::UsuarioOculto,
            LoginError::SenhaInvalida => Self::SenhaInvalida,
            LoginError::Store(error) => error.into(),
            LoginError::Password(PasswordError::Busy) => Self::Unavailable,
            LoginError::Password(error) => {
                log(&error);
                Self::Internal
            }
            LoginError::Token(error) => {
                log(&error);
                Self::TokenFailed
            }
        }
    }
}

/// A failure is logged here, once; the request's span says which request it was.
fn log(error: &dyn fmt::Display) {
    tracing::error!(%error, "request failed");
}
