//! The access model as a whole, at once or until the end of an edit.

use super::audit::Edit;
use super::engine::Store;
use super::error::Result;
use super::provisioning::{GRANTS, Grant, NIVEIS, PERFIS, Perfil, RELEASES, Release, nivel_of};
use crate::domain::access::Nivel;

/// Who may do what: níveis by id, perfis by name, and how many active users each perfil has that has any.
pub struct AccessModel {
    pub niveis: Vec<Nivel>,
    pub perfis: Vec<Perfil>,
    pub releases: Vec<Release>,
    pub grants: Vec<Grant>,
    /// The row id of each perfil, and their number.
    pub active_users: Vec<(i64, i64)>,
}

const ACTIVE_USERS: &str = "SELECT perfil_id, count(*) FROM usuario WHERE ativo GROUP BY perfil_id";

impl Store {
    /// The access model. Each part is read for itself.
    pub async fn access_model(&self) -> Result<AccessModel> {
        Ok(AccessModel {
            niveis: self.niveis().await?,
            perfis: self.perfis().await?,
            releases: self.releases().await?,
            grants: self.grants().await?,
            active_users: self.command_rows(ACTIVE_USERS, &[]).await?,
        })
    }
}

impl Edit {
    /// The access model. After [`Edit::hold_access_model`] it stays so until the end.
    pub async fn access_model(&mut self) -> Result<AccessModel> {
        Ok(AccessModel {
            niveis: self.0.rows(NIVEIS, &[]).await?.into_iter().map(nivel_of).collect(),
            perfis: self.0.rows(PERFIS, &[]).await?,
            releases: self.0.rows(RELEASES, &[]).await?,
            grants: self.0.rows(GRANTS, &[]).await?,
            active_users: self.0.rows(ACTIVE_USERS, &[]).await?,
        })
    }
}
