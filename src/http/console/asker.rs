//! Who asks for a page, as far as that has been found out, and what they lack for it: errors are shown to them in the
//! frame of all pages.

use std::sync::{Arc, OnceLock};

use axum::http::request::Parts;

use super::again::Sent;
use super::view::Person;
use crate::domain::access::{AccessRights, Permissao};
use crate::domain::hierarchy::is_root_administrator;
use crate::service::provisioning::CreationKey;

/// What a page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Permissao(Permissao),
    RootAdministrator,
}

impl Need {
    pub fn is_met(self, rights: &AccessRights) -> bool {
        match self {
            Self::Permissao(permissao) => rights.allows(permissao),
            Self::RootAdministrator => is_root_administrator(rights),
        }
    }

    /// The permission that the log names where somebody is refused.
    pub fn permissao(self) -> Permissao {
        match self {
            Self::Permissao(permissao) => permissao,
            Self::RootAdministrator => Permissao::AdministrarUsuarios,
        }
    }
}

/// What somebody lacks for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    RootAdministrator,
    /// The perfil does not hold it; nor is it released to the nível, unless it `is_released`.
    Grant {
        permissao: Permissao,
        is_released: bool,
    },
    /// The perfil holds it, and it is not released to the nível.
    Release(Permissao),
}

impl Lack {
    pub fn of(need: Need, rights: &AccessRights) -> Self {
        let Need::Permissao(permissao) = need else { return Self::RootAdministrator };
        let has = |names: &[String]| names.iter().any(|name| name == permissao.nome());
        if has(&rights.granted) {
            Self::Release(permissao)
        } else {
            Self::Grant { permissao, is_released: rights.is_root() || has(&rights.released) }
        }
    }
}

/// What is known of who asks.
#[derive(Clone, Default)]
pub struct Asker(Arc<Found>);

#[derive(Default)]
struct Found {
    person: OnceLock<Person>,
    lacks: OnceLock<Lack>,
    sent: OnceLock<Sent>,
    key: OnceLock<CreationKey>,
}

impl Asker {
    /// The one that the layer around all pages has given to a request.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get().cloned().unwrap_or_default()
    }

    pub fn person(&self) -> Option<Person> {
        self.0.person.get().cloned()
    }

    pub fn is(&self, person: &Person) {
        self.0.person.get_or_init(|| person.clone());
    }

    /// What the person lacks, where that is why they were refused.
    pub fn lacks(&self) -> Option<Lack> {
        self.0.lacks.get().copied()
    }

    pub fn lack(&self, lack: Lack) {
        self.0.lacks.get_or_init(|| lack);
    }

    /// The form that the person has sent.
    pub fn sent(&self) -> Option<Sent> {
        self.0.sent.get().cloned()
    }

    pub fn has_sent(&self, sent: Sent) {
        self.0.sent.get_or_init(|| sent);
    }

    /// What makes once what the form is for that came.
    pub fn key(&self) -> Option<&CreationKey> {
        self.0.key.get()
    }

    pub fn has_key(&self, key: CreationKey) {
        self.0.key.get_or_init(|| key);
    }
}
