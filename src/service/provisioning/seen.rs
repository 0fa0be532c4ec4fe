//! What an actor sees of the access model. Reads hold nothing up: what they show may change meanwhile.

use futures_util::TryStreamExt;

use super::guarded::Authority;
use super::{Provisioning, ProvisioningError, Result};
use crate::domain::access::{Nivel, Permissao};
use crate::domain::hierarchy::Administrator;
use crate::store::{AuditEntry, AuditQuery, Grant, Motivo, Perfil, Release, Usuario};

/// How many audit entries are looked at for one page.
const AUDIT_WINDOW: u32 = 5_000;

/// A nível, as an actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenNivel {
    pub id: i64,
    pub nome: String,
    /// The nível above, if the actor sees it.
    pub superior: Option<String>,
    /// The permissions that are released to it and that the actor sees.
    pub permissoes: Vec<String>,
}

/// A perfil, as an actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPerfil {
    pub id: i64,
    pub nome: String,
    /// Its nível; `None` for a root perfil.
    pub nivel: Option<String>,
    /// The permissions that it holds and that the actor sees.
    pub permissoes: Vec<String>,
}

impl Provisioning {
    /// The permissions that the actor sees.
    pub async fn seen_permissoes(&self) -> Result<Vec<Permissao>> {
        let authority = self.read(Permissao::AdministrarPermissoes).await?;
        Ok(Permissao::ALL.iter().copied().filter(|permissao| authority.sees_permissao(permissao.nome())).collect())
    }

    pub async fn seen_niveis(&self) -> Result<Vec<SeenNivel>> {
        let authority = self.read(Permissao::AdministrarNiveis).await?;
        let (niveis, releases) = (self.seen(&authority).await?, self.store.releases().await?);
        let released = |id| releases.iter().filter(move |release: &&Release| release.nivel_id == id);
        let seen = |nivel: &Nivel| SeenNivel {
            id: nivel.id,
            nome: nivel.nome.clone(),
            superior: nome_of(&niveis, nivel.superior_id),
            permissoes: authority.seen_of(released(nivel.id).map(|release| &release.permissao)),
        };
        Ok(niveis.iter().map(seen).collect())
    }

    pub async fn seen_perfis(&self) -> Result<Vec<SeenPerfil>> {
        let authority = self.read(Permissao::AdministrarPerfis).await?;
        let (niveis, grants) = (self.seen(&authority).await?, self.store.grants().await?);
        let granted = |id| grants.iter().filter(move |grant: &&Grant| grant.perfil_id == id);
        let seen = |perfil: Perfil| SeenPerfil {
            id: perfil.id,
            nivel: nome_of(&niveis, perfil.nivel_id),
            permissoes: authority.seen_of(granted(perfil.id).map(|grant| &grant.permissao)),
            nome: perfil.nome,
        };
        let perfis = self.store.perfis().await?.into_iter();
        Ok(perfis.filter(|perfil| authority.sees(perfil.nivel_id)).map(seen).collect())
    }

    /// By login.
    pub async fn seen_usuarios(&self) -> Result<Vec<Usuario>> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        let usuarios = self.store.usuarios().await?.into_iter();
        Ok(usuarios.filter(|usuario| authority.sees(usuario.nivel_id)).collect())
    }

    /// All motivos, by name.
    pub async fn seen_motivos(&self) -> Result<Vec<Motivo>> {
        self.read(Permissao::AdministrarMotivos).await?;
        Ok(self.store.motivos().await?)
    }

    /// The audit entries that the actor sees, newest first, and the id before which to go on; `None` at the end. Root
    /// sees all entries, others those of users and about users whom they see. A page may have fewer entries than
    /// `limit`, even none, although there are more: only so many are looked at.
    pub async fn seen_audit(&self, asked: AuditQuery, limit: usize) -> Result<(Vec<AuditEntry>, Option<i64>)> {
        let authority = self.read(Permissao::ConsultarAuditoria).await?;
        let seen: Option<Vec<i64>> = if authority.sees(None) {
            None
        } else {
            let usuarios = self.store.usuarios().await?.into_iter();
            Some(usuarios.filter(|usuario| authority.sees(usuario.nivel_id)).map(|usuario| usuario.id).collect())
        };
        let is_seen = |entry: &AuditEntry| {
            let among = |id: Option<i64>| id.is_some_and(|id| seen.as_ref().is_none_or(|ids| ids.contains(&id)));
            seen.is_none() || among(entry.usuario_id) || among(entry.autor_id)
        };
        let mut entries = self.store.list_audit(&AuditQuery { limit: Some(AUDIT_WINDOW), ..asked });
        let (mut page, mut looked_at) = (Vec::new(), 0);
        while let Some(entry) = entries.try_next().await? {
            looked_at += 1;
            let id = entry.id;
            if is_seen(&entry) {
                page.push(entry);
            }
            if page.len() == limit || looked_at == AUDIT_WINDOW {
                return Ok((page, Some(id)));
            }
        }
        Ok((page, None))
    }

    /// What the actor may do, unless it is a user without the permission that it `needs`.
    pub(super) async fn read(&self, needs: Permissao) -> Result<Authority> {
        let Some(id) = self.actor.usuario_id() else { return Ok(Authority::Everything) };
        let rights = self.store.access(id).await?.ok_or(ProvisioningError::NotAllowed(id))?;
        Authority::of(Administrator::new(id, rights, &self.store.niveis().await?), needs)
    }

    async fn seen(&self, authority: &Authority) -> Result<Vec<Nivel>> {
        let niveis = self.store.niveis().await?.into_iter();
        Ok(niveis.filter(|nivel| authority.sees(Some(nivel.id))).collect())
    }
}

fn nome_of(niveis: &[Nivel], id: Option<i64>) -> Option<String> {
    niveis.iter().find(|nivel| Some(nivel.id) == id).map(|nivel| nivel.nome.clone())
}
