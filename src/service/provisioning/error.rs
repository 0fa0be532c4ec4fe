//! Why nothing was set up.

use std::fmt;

use crate::auth::password::PasswordError;
use crate::domain::access::Permissao;
use crate::domain::hierarchy::DEPTH_MAX;
use crate::domain::senha::SenhaFault;
use crate::domain::text::{HIDDEN, LOGIN_MAX, Name, PROTOCOLO_MAX, PSEUDONYM, cut, did_you_mean, nearest};
use crate::store::StoreError;

/// Which senhas may be set, for those who run commands: `SENHA_MIN` and `SENHA_MAX` in words.
pub const SENHA_RULE: &str = "a senha has at least 8 characters, not only blanks, and at most 1024, of which one with an accent counts twice, and no NUL";

/// What has a name that may be taken or missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nivel,
    Perfil,
    Usuario,
    Motivo,
    Atendimento,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nivel => "nivel",
            Self::Perfil => "perfil",
            Self::Usuario => "usuario",
            Self::Motivo => "motivo",
            Self::Atendimento => "atendimento",
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    #[error("{kind} '{nome}' exists already")]
    Exists { kind: Kind, nome: String },
    /// There is nothing of that name; `near` was probably meant.
    #[error("there is no {kind} '{}'{}", cut(.nome), did_you_mean(.nome, .near.as_deref()))]
    Missing { kind: Kind, nome: String, near: Option<String> },
    #[error("{}", not_released(.permissoes, .nivel))]
    NotReleased { permissoes: Vec<Permissao>, nivel: String },
    #[error("a login has at most {LOGIN_MAX} characters")]
    LongLogin,
    #[error(
        "a login that begins with '{PSEUDONYM}' is that of an anonymised user, and '{HIDDEN}' stands for a hidden one; choose another"
    )]
    ReservedLogin,
    #[error("'{HIDDEN}' stands for a name that somebody may not see; choose another")]
    ReservedName,
    #[error("the usuario '{0}' is anonymised, and stays as it is; register a new one")]
    Anonymised(String),
    #[error("the senha {0}; {SENHA_RULE}")]
    InvalidSenha(SenhaFault),
    #[error("that is the present senha; choose another one")]
    SameSenha,
    #[error(
        "'{}' is not a protocolo: it has {} characters; a protocolo has 1 to {PROTOCOLO_MAX} characters, and none that \
         nobody sees or that was lost",
        cut(.0),
        .0.trim().chars().count()
    )]
    InvalidProtocolo(String),
    /// The user of this row id lacks the permission that it takes.
    #[error("the user lacks the permission that this takes")]
    NotAllowed(i64),
    /// The token or the session of the user of this row id is revoked by now.
    #[error("the token is revoked")]
    Revoked(i64),
    /// It was made already, by a request of the same idempotency key: this id or protocolo.
    #[error("it was made already: {0}")]
    Replayed(String),
    #[error("the idempotency key came with another request")]
    KeyReused,
    /// It is no longer as whoever asks says to have seen it.
    #[error("somebody else has changed it meanwhile")]
    Changed,
    #[error("only a root administrator registers what is at the top of the hierarchy")]
    RootOnly,
    #[error("permissions are released to níveis below one's own, by those above")]
    OwnNivel,
    #[error("these permissions are beyond those of the user who asks: {}", .0.join(", "))]
    Beyond(Vec<String>),
    #[error("nobody gives themselves permissions; another administrator can")]
    Oneself,
    #[error(
        "that takes the last root administrator away: an active user of a root perfil with administrar-perfis and \
         administrar-usuarios; make another one first"
    )]
    LastRootAdministrator,
    #[error("the nível '{}' would be {} níveis deep; there are at most {DEPTH_MAX} below each other", cut(.0), DEPTH_MAX + 1)]
    TooDeep(String),
    /// All numbers of the day are taken.
    #[error("the protocolos of the day {0} are used up: there is none left of six digits")]
    DayIsFull(i64),
    #[error(
        "the perfil '{0}' is there, and is not one of root administrators: a root perfil with administrar-perfis and \
         administrar-usuarios; name another one, which is made"
    )]
    NotAdministrators(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn not_released(permissoes: &[Permissao], nivel: &str) -> String {
    let nomes: Vec<&str> = permissoes.iter().map(|permissao| permissao.nome()).collect();
    let (are, count) = if nomes.len() == 1 { ("is", "the grant") } else { ("are", "these grants") };
    format!("'{}' {are} not released to the nível '{nivel}', so {count} would not count", nomes.join("', '"))
}

/// That there is no `nome`, and which of the `known` was probably meant.
pub(super) fn missing<'a>(kind: Kind, nome: &Name, known: impl Iterator<Item = &'a str>) -> ProvisioningError {
    ProvisioningError::Missing { kind, nome: nome.texto.clone(), near: nearest(&nome.texto, known).map(str::to_owned) }
}

pub(super) fn created<T>(kind: Kind, nome: &Name, outcome: Result<T, StoreError>) -> Result<T, ProvisioningError> {
    outcome.map_err(|error| match error {
        StoreError::AlreadyExists => ProvisioningError::Exists { kind, nome: nome.texto.clone() },
        other => other.into(),
    })
}

impl ProvisioningError {
    /// There is no atendimento of that protocolo.
    pub(in crate::service) fn no_atendimento(protocolo: &str) -> Self {
        Self::Missing { kind: Kind::Atendimento, nome: protocolo.to_owned(), near: None }
    }
}
