//! What a state file describes, read and changed as a whole.

use super::audit::Edit;
use super::engine::{Store, Transaction};
use super::error::Result;
use super::provisioning::{
    GRANTS, Grant, MOTIVOS, Motivo, NIVEIS, PERFIS, Perfil, RELEASES, Release, USUARIOS, Usuario, nivel_of,
};
use crate::domain::access::Nivel;

/// All rows of the access model, and the motivos.
pub struct Provisioned {
    pub niveis: Vec<Nivel>,
    pub releases: Vec<Release>,
    pub perfis: Vec<Perfil>,
    pub grants: Vec<Grant>,
    pub usuarios: Vec<Usuario>,
    pub motivos: Vec<Motivo>,
}

impl Store {
    /// Everything, as it is at one moment.
    pub async fn provisioned(&self) -> Result<Provisioned> {
        self.begin_snapshot().await?.provisioned().await
    }
}

impl Edit {
    /// Everything. Nobody else changes it after [`Edit::hold_access_model`].
    pub async fn provisioned(&mut self) -> Result<Provisioned> {
        self.0.provisioned().await
    }

    /// Puts a nível below another one, or at the top.
    pub async fn set_superior(&mut self, nivel_id: i64, superior_id: Option<i64>) -> Result<()> {
        let update = "UPDATE nivel SET superior_id = $2 WHERE id = $1";
        self.execute(update, &[nivel_id.into(), superior_id.into()]).await.map(drop)
    }

    /// Moves a perfil to a nível, or makes it a root one.
    pub async fn set_nivel(&mut self, perfil_id: i64, nivel_id: Option<i64>) -> Result<()> {
        let update = "UPDATE perfil SET nivel_id = $2 WHERE id = $1";
        self.execute(update, &[perfil_id.into(), nivel_id.into()]).await.map(drop)
    }

    /// Deletes a perfil that no user is on, with what it holds.
    pub async fn delete_perfil(&mut self, perfil_id: i64) -> Result<()> {
        self.execute("DELETE FROM concessao WHERE perfil_id = $1", &[perfil_id.into()]).await?;
        self.execute("DELETE FROM perfil WHERE id = $1", &[perfil_id.into()]).await.map(drop)
    }

    /// Deletes a nível that no perfil is on and that no other one is below, with what is released to it.
    pub async fn delete_nivel(&mut self, nivel_id: i64) -> Result<()> {
        self.execute("DELETE FROM liberacao WHERE nivel_id = $1", &[nivel_id.into()]).await?;
        self.execute("DELETE FROM nivel WHERE id = $1", &[nivel_id.into()]).await.map(drop)
    }
}

impl Transaction {
    async fn provisioned(&mut self) -> Result<Provisioned> {
        Ok(Provisioned {
            niveis: self.rows(NIVEIS, &[]).await?.into_iter().map(nivel_of).collect(),
            releases: self.rows(RELEASES, &[]).await?,
            perfis: self.rows(PERFIS, &[]).await?,
            grants: self.rows(GRANTS, &[]).await?,
            usuarios: self.rows(USUARIOS, &[]).await?,
            motivos: self.rows(MOTIVOS, &[]).await?,
        })
    }
}
