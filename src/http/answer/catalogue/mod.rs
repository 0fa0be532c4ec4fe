//! The errors that the server answers. Each has its row in `rows.rs`. To add an error, add a variant here and its row
//! there, and name it in the table of the operations (`openapi/errors.rs`).

mod codes;
mod rows;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;

pub use self::rows::Row;
use crate::auth::password::PasswordError;
use crate::auth::token::Rejection;
use crate::clock::rfc3339_seconds;
use crate::dialect::answer_key;
use crate::domain::atendimento::{Denial, Status};
use crate::http::memory::MemoryFull;
use crate::json::JsonError;
use crate::service::changes::ChangeError;
use crate::service::login::LoginError;
use crate::service::provisioning::{Kind, ProvisioningError};
use crate::service::throttle::Throttled;
use crate::store::StoreError;

/// A user, as the audit log names it.
#[derive(Clone, Debug)]
pub struct AuditedUser {
    pub usuario_id: i64,
    /// The login as registered; `None` where there is no such user.
    pub login: Option<Arc<str>>,
}

impl AuditedUser {
    /// For an error that nobody met.
    pub const NOBODY: Self = Self { usuario_id: 0, login: None };
}

/// Why a body has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// What came is no body.
    Malformed,
    /// The connection ended. The client may have closed its sending half alone, and then reads its answer.
    ClientLeft,
}

#[derive(Clone, Debug)]
pub enum ApiError {
    /// HTTP/1.1 with no `Host`, or with several. What is less than that, hyper refuses by itself.
    Malformed,
    Body(JsonError),
    BodyCut(Cut),
    BodySlow,
    BodyTooLarge,
    /// The body is in a charset that we do not know.
    Charset,
    ContentCoding,
    NotFound,
    MethodNotAllowed,
    /// A page of another site sent it.
    ForeignPage,
    Required(&'static str),
    /// The login is missing; Citrus has a text of its own for it.
    LoginRequired,
    /// The senha is missing; Citrus has a text of its own for it.
    SenhaRequired,
    Invalid(&'static str),
    /// The senha is none that may be set.
    SenhaUnfit,
    /// The senha that somebody sets for themselves is the present one.
    SenhaSame,
    /// A fault that no sandbox simulates: where it was named, and those that one does, as the end of a sentence.
    UnknownFault((&'static str, String)),
    /// The protocolo is a number that is no protocolo.
    InexactProtocolo,
    Throttled(Throttled),
    UsuarioNotFound,
    /// The same in hardened mode: answered like a wrong senha.
    UsuarioHidden,
    SenhaWrong,
    TokenFailed,
    TokenMissing,
    Token(Rejection),
    TokenRevoked(AuditedUser),
    AccessDenied(AuditedUser),
    Denied(Denial),
    /// There is none of that id or name, or none that the user sees.
    Missing(Kind),
    UnknownPermissao,
    /// The name is taken.
    Exists(Kind),
    /// Not released to the perfil's nível.
    NotReleased,
    /// More than the hierarchy lets the user do.
    Beyond(Limit),
    LastRootAdministrator,
    /// All protocolos of the day are taken.
    DayIsFull,
    Anonymised,
    /// A request of the same idempotency key is being answered.
    InProgress,
    /// Our fault; whoever found it has logged it.
    Internal,
    /// The database is away, or there is too much to do.
    Unavailable,
}

/// What of the hierarchy stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    RootOnly,
    OwnNivel,
    Permissao,
    Oneself,
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        self.row().status
    }

    pub fn message(&self) -> Cow<'static, str> {
        self.fill(self.row().text)
    }

    /// A word for the audit log, and for programs; see `docs/ERRORS.md`.
    pub fn code(&self) -> &'static str {
        self.row().code.word
    }

    /// The error that the client is told: what is hidden from people is hidden from programs.
    pub fn told(&self) -> &Self {
        if matches!(self, Self::UsuarioHidden) { &Self::SenhaWrong } else { self }
    }

    /// One error of each row that clients can tell from the others.
    pub fn told_apart() -> impl Iterator<Item = Self> {
        Self::one_of_each().into_iter().filter(|error| !matches!(error, Self::UsuarioHidden))
    }

    /// What the file of a dialect calls it; the field is told where one row is about many.
    pub fn key(&self) -> String {
        answer_key(self.row().name, self.subject())
    }

    /// The field that it is about, where its row is one for many fields.
    pub fn subject(&self) -> Option<&'static str> {
        match self {
            Self::Required(field) | Self::Invalid(field) => Some(field),
            _ => None,
        }
    }

    /// Whether no Citrus has it, whatever its dialect: a difference from what the client read, and administration.
    pub fn is_ours_alone(&self) -> bool {
        matches!(
            self,
            Self::Denied(Denial::StatusDiffers(_) | Denial::RevisionDiffers(_))
                | Self::UnknownFault(_)
                | Self::ForeignPage
                | Self::Missing(_)
                | Self::UnknownPermissao
                | Self::Exists(_)
                | Self::NotReleased
                | Self::Beyond(_)
                | Self::LastRootAdministrator
                | Self::DayIsFull
                | Self::SenhaUnfit
                | Self::SenhaSame
                | Self::Anonymised
        )
    }

    /// Whom it denies something, where it says so.
    pub fn user(&self) -> Option<&AuditedUser> {
        match self {
            Self::TokenRevoked(user) | Self::AccessDenied(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the client hung up while it sent its request.
    pub fn client_left(&self) -> bool {
        matches!(self, Self::BodyCut(Cut::ClientLeft))
    }

    /// The current status, where it is not the one that the client expects.
    pub fn present_status(&self) -> Option<Status> {
        match self {
            Self::Denied(Denial::StatusDiffers(atual)) => Some(*atual),
            Self::Denied(Denial::RevisionDiffers(atual)) => Some(atual.status),
            _ => None,
        }
    }

    /// `text`, with the parameters of the error in the places of `{}`.
    pub fn fill<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut parts = text.split("{}");
        let first = parts.next().unwrap_or_default();
        let rest = parts.zip(self.parameters()).flat_map(|(part, parameter)| [parameter, Cow::Borrowed(part)]);
        rest.fold(first.into(), |filled, part| filled + part)
    }

    /// The values for the `{}` of its texts, in their order.
    fn parameters(&self) -> Vec<Cow<'static, str>> {
        match self {
            Self::Required(name) | Self::Invalid(name) => vec![(*name).into()],
            Self::Body(JsonError::Charset(name) | JsonError::Duplicate(name) | JsonError::Text(name)) => {
                vec![(*name).into()]
            }
            Self::Body(JsonError::Utf8(number)) | Self::Token(Rejection::Periods(number)) => {
                vec![number.to_string().into()]
            }
            Self::Body(JsonError::Syntax { line, column } | JsonError::Incomplete { line, column }) => {
                vec![line.to_string().into(), column.to_string().into()]
            }
            Self::Token(Rejection::Expired { at, now }) => vec![
                rfc3339_seconds(*at).into(),
                rfc3339_seconds(*now).into(),
                (*now - *at).whole_milliseconds().to_string().into(),
            ],
            Self::UnknownFault((name, known)) => vec![(*name).into(), known.clone().into()],
            _ => Vec::new(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        log(&error);
        if error.is_transient() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<MemoryFull> for ApiError {
    fn from(full: MemoryFull) -> Self {
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
            LoginError::UsuarioNotFound(_) => Self::UsuarioNotFound,
            LoginError::UsuarioHidden(_) => Self::UsuarioHidden,
            LoginError::SenhaWrong => Self::SenhaWrong,
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

impl From<ProvisioningError> for ApiError {
    fn from(error: ProvisioningError) -> Self {
        match error {
            ProvisioningError::Exists { kind, .. } => Self::Exists(kind),
            ProvisioningError::Missing { kind: Kind::Atendimento, .. } => Self::Denied(Denial::AtendimentoNotFound),
            ProvisioningError::Missing { kind, .. } => Self::Missing(kind),
            ProvisioningError::NotReleased { .. } => Self::NotReleased,
            ProvisioningError::LongLogin | ProvisioningError::ReservedLogin => Self::Invalid("login"),
            ProvisioningError::Anonymised(_) => Self::Anonymised,
            ProvisioningError::InvalidSenha(_) => Self::SenhaUnfit,
            ProvisioningError::SameSenha => Self::SenhaSame,
            ProvisioningError::ReservedName => Self::Invalid("nome"),
            ProvisioningError::InvalidProtocolo(_) => Self::Invalid("protocolo"),
            ProvisioningError::NotAllowed(usuario_id) => Self::AccessDenied(AuditedUser { usuario_id, login: None }),
            ProvisioningError::Revoked(usuario_id) => Self::TokenRevoked(AuditedUser { usuario_id, login: None }),
            ProvisioningError::KeyReused => Self::Denied(Denial::KeyReused),
            // Whoever knows what was made, or says what they saw, has answered before.
            ProvisioningError::Replayed(_) | ProvisioningError::Changed => Self::InProgress,
            ProvisioningError::RootOnly => Self::Beyond(Limit::RootOnly),
            ProvisioningError::OwnNivel => Self::Beyond(Limit::OwnNivel),
            ProvisioningError::Beyond(_) => Self::Beyond(Limit::Permissao),
            ProvisioningError::Oneself => Self::Beyond(Limit::Oneself),
            ProvisioningError::LastRootAdministrator => Self::LastRootAdministrator,
            ProvisioningError::TooDeep(_) => Self::Invalid("superior"),
            ProvisioningError::DayIsFull(_) => Self::DayIsFull,
            // By a command alone.
            ProvisioningError::NotAdministrators(_) => Self::Exists(Kind::Perfil),
            ProvisioningError::Password(PasswordError::Busy) => Self::Unavailable,
            ProvisioningError::Password(error) => {
                log(&error);
                Self::Internal
            }
            ProvisioningError::Store(StoreError::KeyTaken) => Self::InProgress,
            ProvisioningError::Store(error) => error.into(),
        }
    }
}

/// A failure is logged here, once; the request's span says which request it was.
fn log(error: &dyn fmt::Display) {
    tracing::error!(%error, "request failed");
}
