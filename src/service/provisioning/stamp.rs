//! How something is, so that a page can say what it has seen.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::access::AccessRights;

/// Another one as soon as what it is of has changed. It tells nothing of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// That of a user, who may get another perfil or senha, be activated or deactivated, or lose its tokens.
    pub fn of(rights: &AccessRights) -> Self {
        let AccessRights { perfil_id, ativo, generation, .. } = rights;
        Self::of_text(&format!("{perfil_id} {ativo} {generation}"))
    }

    /// That of what would follow from a change.
    pub fn of_effects(effects: &impl fmt::Debug) -> Self {
        Self::of_text(&format!("{effects:?}"))
    }

    fn of_text(text: &str) -> Self {
        let hash = digest(&SHA256, text.as_bytes());
        Self(hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl From<&str> for Stamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
