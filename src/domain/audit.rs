//! The audit trail: what administrators change, one entry a change.
//!
//! An entry names a user by its row id. Whoever reads entries sees the login that the user has by then, so that an
//! anonymised login stands in none of them, and no entry is ever changed.

use std::str::FromStr;

use super::text::{cut, did_you_mean};

/// Declares the actions: one line each.
macro_rules! actions {
    ($($variant:ident = $name:literal;)+) => {
        /// What was done. The names stay the same in later versions, which may add others.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Action {
            pub const ALL: &[Action] = &[$(Action::$variant),+];

            /// The name in the database, after the command that does it, or the change of a state file.
            pub fn name(self) -> &'static str {
                match self { $(Action::$variant => $name),+ }
            }
        }
    };
}

actions! {
    CreateNivel = "nivel.criar";
    MoveNivel = "nivel.mover";
    DeleteNivel = "nivel.remover";
    Release = "permissao.liberar";
    Withdraw = "permissao.recolher";
    CreatePerfil = "perfil.criar";
    MovePerfil = "perfil.mover";
    DeletePerfil = "perfil.remover";
    Grant = "perfil.conceder";
    Revoke = "perfil.revogar";
    CreateUsuario = "usuario.criar";
    SetSenha = "usuario.senha";
    ActivateUsuario = "usuario.ativar";
    DeactivateUsuario = "usuario.desativar";
    SetPerfil = "usuario.perfil";
    RevokeTokens = "usuario.revogar-tokens";
    AnonymiseUsuario = "usuario.anonimizar";
    CreateMotivo = "motivo.criar";
    ActivateMotivo = "motivo.ativar";
    DeactivateMotivo = "motivo.desativar";
    CreateAtendimento = "atendimento.criar";
    ImportAtendimentos = "atendimento.importar";
    ExportAtendimento = "atendimento.exportar";
    AnonymiseAtendimento = "atendimento.anonimizar";
    PurgeComments = "comentario.expurgar";
    CreateBackup = "backup.criar";
    RestoreBackup = "backup.restaurar";
}

impl Action {
    /// The command to which it belongs, such as `usuario`.
    fn group(self) -> &'static str {
        self.name().split('.').next().unwrap_or_default()
    }
}

/// Which actions are looked for: one, or all of a group such as `usuario`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionFilter(&'static str);

impl ActionFilter {
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// The actions that are meant.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        let wanted = self.0;
        Action::ALL.iter().filter(move |action| [action.name(), action.group()].contains(&wanted)).map(|a| a.name())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no action '{}'{}; there are: {}", cut(.0), did_you_mean(.0, names()), names().join(", "))]
pub struct UnknownAction(String);

fn names() -> [&'static str; Action::ALL.len()] {
    std::array::from_fn(|i| Action::ALL[i].name())
}

impl FromStr for ActionFilter {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || Action::ALL.iter().flat_map(|action| [action.name(), action.group()]);
        let wanted = text.trim();
        let found = known().find(|name| name.eq_ignore_ascii_case(wanted));
        found.map(Self).ok_or_else(|| UnknownAction(text.to_owned()))
    }
}

/// Who changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever runs a command.
    Command {
        /// A user of the operating system.
        name: String,
        /// The host on which the command runs.
        place: String,
    },
    /// A user of ours, who asks over HTTP.
    Usuario {
        id: i64,
        /// That of the token or session, by which a revocation is noticed.
        generation: i64,
        by: Channel,
        /// The address that it asks from.
        place: String,
    },
}

/// By what a user of ours asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Api,
    /// The pages for people.
    Console,
}

impl Actor {
    /// The word for where the change came from.
    pub fn origin(&self) -> &'static str {
        match self {
            Self::Command { .. } => "comando",
            Self::Usuario { by: Channel::Api, .. } => "api",
            Self::Usuario { by: Channel::Console, .. } => "console",
        }
    }

    pub fn place(&self) -> &str {
        match self {
            Self::Command { place, .. } | Self::Usuario { place, .. } => place,
        }
    }

    /// The user of the operating system.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Command { name, .. } => Some(name),
            Self::Usuario { .. } => None,
        }
    }

    /// The row id of a user of ours.
    pub fn usuario_id(&self) -> Option<i64> {
        match self {
            Self::Command { .. } => None,
            Self::Usuario { id, .. } => Some(*id),
        }
    }
}

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A user, by its row id.
    Usuario(i64),
    /// A name, a protocolo, a file.
    Named(String),
}

/// A change, as the trail tells it. No senha and no hash may be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub action: Action,
    pub object: Object,
    /// As it was, as JSON.
    pub before: Option<String>,
    /// As it is since then, as JSON.
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own_in_a_group() {
        for (i, name) in names().into_iter().enumerate() {
            assert!(!names()[..i].contains(&name), "{name} comes twice");
            assert_eq!(name.split('.').count(), 2, "{name}");
        }
    }

    #[test]
    fn a_filter_is_an_action_or_a_group() {
        let of = |text: &str| text.parse::<ActionFilter>().map(|filter| filter.as_str());
        assert_eq!(of("usuario.senha").unwrap(), "usuario.senha");
        assert_eq!(of(" Usuario ").unwrap(), "usuario");
        let actions = |text: &str| text.parse::<ActionFilter>().unwrap().actions().collect::<Vec<_>>();
        assert_eq!(actions("motivo"), ["motivo.criar", "motivo.ativar", "motivo.desativar"]);
        assert_eq!(actions("motivo.ativar"), ["motivo.ativar"]);
        for unknown in ["", "usu", "usuario.", "usuario.%", ".senha"] {
            assert!(of(unknown).is_err(), "{unknown}");
        }
        let message = of("usuario.senhas").unwrap_err().to_string();
        assert!(message.starts_with("there is no action 'usuario.senhas'; did you mean 'usuario.senha'?; there are: "));
    }
}
