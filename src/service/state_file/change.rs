//! One change, and how it is shown.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::access::Permissao;
use crate::domain::text::Name;

/// What is changed. Permissions are those that change, but of what is deleted all that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    CreateNivel { nome: Name, superior: Option<Name> },
    MoveNivel { nome: Name, from: Option<Name>, to: Option<Name> },
    Release { nivel: Name, permissoes: Vec<Permissao> },
    Withdraw { nivel: Name, permissoes: Vec<Permissao> },
    DeleteNivel { nome: Name, superior: Option<Name>, permissoes: Vec<Permissao> },
    CreatePerfil { nome: Name, nivel: Option<Name> },
    MovePerfil { nome: Name, from: Option<Name>, to: Option<Name> },
    Grant { perfil: Name, permissoes: Vec<Permissao> },
    Revoke { perfil: Name, permissoes: Vec<Permissao> },
    DeletePerfil { nome: Name, nivel: Option<Name>, permissoes: Vec<Permissao> },
    CreateUsuario { login: Name, perfil: Name, ativo: bool },
    SetPerfil { login: Name, from: Name, to: Name },
    SetSenha { login: Name },
    SetUsuarioAtivo { login: Name, ativo: bool },
    CreateMotivo { nome: Name, ativo: bool },
    SetMotivoAtivo { nome: Name, ativo: bool },
}

impl Change {
    /// `+` for what is added, `-` for what is taken away, `~` for the rest.
    pub fn sign(&self) -> char {
        match self {
            Self::CreateNivel { .. }
            | Self::Release { .. }
            | Self::CreatePerfil { .. }
            | Self::Grant { .. }
            | Self::CreateUsuario { .. }
            | Self::CreateMotivo { .. } => '+',
            Self::Withdraw { .. }
            | Self::DeleteNivel { .. }
            | Self::Revoke { .. }
            | Self::DeletePerfil { .. }
            | Self::SetUsuarioAtivo { ativo: false, .. }
            | Self::SetMotivoAtivo { ativo: false, .. } => '-',
            Self::MoveNivel { .. }
            | Self::MovePerfil { .. }
            | Self::SetPerfil { .. }
            | Self::SetSenha { .. }
            | Self::SetUsuarioAtivo { .. }
            | Self::SetMotivoAtivo { .. } => '~',
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.sign())?;
        match self {
            Self::CreateNivel { nome, superior } => write!(f, "nível '{}', {}", nome.texto, below(superior.as_ref())),
            Self::MoveNivel { nome, from, to } => {
                write!(f, "nível '{}': {}, was {}", nome.texto, below(to.as_ref()), below(from.as_ref()))
            }
            Self::Release { nivel, permissoes } => write!(f, "nível '{}': {} released", nivel.texto, list(permissoes)),
            Self::Withdraw { nivel, permissoes } => {
                write!(f, "nível '{}': {} taken back", nivel.texto, list(permissoes))
            }
            Self::DeleteNivel { nome, .. } => write!(f, "nível '{}'", nome.texto),
            Self::CreatePerfil { nome, nivel } => write!(f, "perfil '{}', {}", nome.texto, on(nivel.as_ref())),
            Self::MovePerfil { nome, from, to } => {
                write!(f, "perfil '{}': {}, was {}", nome.texto, on(to.as_ref()), on(from.as_ref()))
            }
            Self::Grant { perfil, permissoes } => write!(f, "perfil '{}': {} granted", perfil.texto, list(permissoes)),
            Self::Revoke { perfil, permissoes } => {
                write!(f, "perfil '{}': {} revoked", perfil.texto, list(permissoes))
            }
            Self::DeletePerfil { nome, .. } => write!(f, "perfil '{}'", nome.texto),
            Self::CreateUsuario { login, perfil, ativo } => {
                write!(f, "usuario '{}', on the perfil '{}'{}", login.texto, perfil.texto, unless(*ativo))
            }
            Self::SetPerfil { login, from, to } => {
                write!(f, "usuario '{}': on the perfil '{}', was '{}'", login.texto, to.texto, from.texto)
            }
            Self::SetSenha { login } => write!(f, "usuario '{}': another senha; its tokens are revoked", login.texto),
            Self::SetUsuarioAtivo { login, ativo } => {
                write!(f, "usuario '{}': {}; its tokens are revoked", login.texto, activity(*ativo))
            }
            Self::CreateMotivo { nome, ativo } => write!(f, "motivo '{}'{}", nome.texto, unless(*ativo)),
            Self::SetMotivoAtivo { nome, ativo } => write!(f, "motivo '{}': {}", nome.texto, activity(*ativo)),
        }
    }
}

/// Where a nível is.
fn below(superior: Option<&Name>) -> String {
    superior.map_or_else(|| "at the top".to_owned(), |superior| format!("below '{}'", superior.texto))
}

/// Where a perfil is.
fn on(nivel: Option<&Name>) -> String {
    nivel.map_or_else(|| "root".to_owned(), |nivel| format!("on the nível '{}'", nivel.texto))
}

fn list(permissoes: &[Permissao]) -> String {
    permissoes.iter().map(|permissao| format!("'{permissao}'")).collect::<Vec<_>>().join(", ")
}

fn activity(ativo: bool) -> &'static str {
    if ativo { "active again" } else { "deactivated" }
}

fn unless(ativo: bool) -> &'static str {
    if ativo { "" } else { ", deactivated" }
}

/// Those that `one` has and `other` lacks.
pub(super) fn beyond(one: &BTreeSet<Permissao>, other: &BTreeSet<Permissao>) -> Vec<Permissao> {
    one.difference(other).copied().collect()
}
