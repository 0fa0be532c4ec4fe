//! How a user is, so that a page can say what it has seen.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::access::AccessRights;

/// Another one as soon as the user has another perfil or senha, is activated or deactivated, or loses its tokens. It
/// tells nothing of any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    pub fn of(rights: &AccessRights) -> Self {
        let AccessRights { perfil_id, ativo, generation, .. } = rights;
        let hash = digest(&SHA256, format!("{perfil_id} {ativo} {generation}").as_bytes());
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
