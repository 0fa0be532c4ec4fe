//! Níveis and perfis, and what is released to them and granted.

use std::collections::HashSet;

use serde_json::json;

use super::error::created;
use super::guarded::GuardedEdit;
use super::{Kind, Provisioning, ProvisioningError, Result};
use crate::domain::access::{Nivel, Permissao, below};
use crate::domain::audit::{Action, Entry};
use crate::domain::hierarchy::{DEPTH_MAX, depth};
use crate::domain::text::Name;
use crate::service::audit::named;
use crate::store::Perfil;

impl Provisioning {
    /// Registers a nível, below `superior` or at the top; its row id.
    pub async fn create_nivel(&self, nome: &Name, superior: Option<&Name>) -> Result<i64> {
        require_nome(nome)?;
        let edit = self.begin_once(Permissao::AdministrarNiveis).await?;
        let (mut edit, superior) = self.nivel_or_root(edit, superior).await?;
        if let Some(superior) = &superior
            && depth(&edit.niveis().await?, superior.id) >= DEPTH_MAX
        {
            return Err(ProvisioningError::TooDeep(nome.texto.clone()));
        }
        let inserted = edit.insert_nivel(nome, superior.as_ref().map(|nivel| nivel.id)).await;
        let id = created(Kind::Nivel, nome, inserted)?;
        let after = json!({"superior": superior.map(|nivel| nivel.nome)});
        self.commit_once(edit, named(Action::CreateNivel, &nome.texto, None, Some(after)), id).await?;
        Ok(id)
    }

    /// Releases `permissoes` to a nível, all or none; for each, false when it was released already.
    pub async fn release(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<bool>> {
        let (mut edit, nivel) = self.edit_releases(permissoes, nivel).await?;
        let changed = set_releases(&mut edit, &nivel, permissoes, true).await?;
        self.commit_permissoes(edit, Action::Release, &nivel.nome, changed).await
    }

    /// Takes `permissoes` back from a nível, all or none; for each, false when it was not released. Each nível must be
    /// released separately: with each come those below that still have the permission.
    pub async fn withdraw(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<(bool, Vec<String>)>> {
        let (mut edit, nivel) = self.edit_releases(permissoes, nivel).await?;
        let changed = set_releases(&mut edit, &nivel, permissoes, false).await?;
        let (releases, niveis) = (edit.releases().await?, edit.niveis().await?);
        let changed = self.commit_permissoes(edit, Action::Withdraw, &nivel.nome, changed).await?;
        let below = below(&niveis, nivel.id);
        let still = |permissao: &Permissao| -> Vec<String> {
            let of_it = releases.iter().filter(|release| release.permissao == permissao.nome());
            let released: HashSet<i64> = of_it.map(|release| release.nivel_id).collect();
            below.iter().filter(|nivel| released.contains(&nivel.id)).map(|nivel| nivel.nome.clone()).collect()
        };
        Ok(changed.into_iter().zip(permissoes).map(|(changed, permissao)| (changed, still(permissao))).collect())
    }

    async fn edit_releases(&self, permissoes: &[Permissao], nivel: &Name) -> Result<(GuardedEdit, Nivel)> {
        let edit = self.begin(Permissao::AdministrarPermissoes).await?;
        let (edit, nivel) = self.nivel(edit, nivel).await?;
        edit.authority().require_governing(&nivel, permissoes)?;
        Ok((edit, nivel))
    }

    /// Registers a perfil on a nível, or a root one; its row id.
    pub async fn create_perfil(&self, nome: &Name, nivel: Option<&Name>) -> Result<i64> {
        require_nome(nome)?;
        let edit = self.begin_once(Permissao::AdministrarPerfis).await?;
        let (mut edit, nivel) = self.nivel_or_root(edit, nivel).await?;
        let inserted = edit.insert_perfil(nome, nivel.as_ref().map(|nivel| nivel.id)).await;
        let id = created(Kind::Perfil, nome, inserted)?;
        let after = json!({"root": nivel.is_none(), "nivel": nivel.map(|nivel| nivel.nome)});
        self.commit_once(edit, named(Action::CreatePerfil, &nome.texto, None, Some(after)), id).await?;
        Ok(id)
    }

    /// Grants `permissoes` to a perfil, all or none; for each, false when it holds it already. Refused while one of
    /// them is not released to the perfil's nível [doc: only then can it be granted].
    pub async fn grant(&self, perfil: &Name, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let edit = self.begin(Permissao::AdministrarPerfis).await?;
        let (mut edit, perfil) = self.perfil(edit, perfil).await?;
        edit.authority().require_other_perfil(&perfil)?;
        edit.authority().require_handing_on(permissoes.iter().map(|permissao| permissao.nome()))?;
        require_release(&mut edit, &perfil, permissoes).await?;
        let changed = set_grants(&mut edit, &perfil, permissoes, true).await?;
        self.commit_permissoes(edit, Action::Grant, &perfil.nome, changed).await
    }

    /// Revokes `permissoes` from a perfil, all or none; for each, false when it did not hold it.
    pub async fn revoke(&self, perfil: &Name, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let edit = self.begin(Permissao::AdministrarPerfis).await?;
        let (mut edit, perfil) = self.perfil(edit, perfil).await?;
        edit.authority().require_seeing(permissoes)?;
        let changed = set_grants(&mut edit, &perfil, permissoes, false).await?;
        self.commit_permissoes(edit, Action::Revoke, &perfil.nome, changed).await
    }

    /// Fails where there is no such perfil, before anybody is asked for a password.
    pub async fn require_perfil(&self, nome: &Name) -> Result<()> {
        let edit = self.begin(Permissao::AdministrarUsuarios).await?;
        self.perfil(edit, nome).await.map(drop)
    }

    /// The nível below or on which something is registered; `None` at the top, and for root.
    async fn nivel_or_root(&self, edit: GuardedEdit, nome: Option<&Name>) -> Result<(GuardedEdit, Option<Nivel>)> {
        match nome {
            Some(nome) => self.nivel(edit, nome).await.map(|(edit, nivel)| (edit, Some(nivel))),
            None => edit.authority().require_root().map(|()| (edit, None)),
        }
    }

    /// Commits `edit`, with an entry if the permissions are not the same before and after.
    async fn commit_permissoes(
        &self,
        edit: GuardedEdit,
        action: Action,
        name: &str,
        permissoes: Permissoes,
    ) -> Result<Vec<bool>> {
        self.commit(edit, permissoes.entry(action, name)).await?;
        Ok(permissoes.changed)
    }
}

/// Fails for a name that no nível and no perfil can have.
pub(in crate::service) fn require_nome(nome: &Name) -> Result<()> {
    if nome.key.is_hidden() { Err(ProvisioningError::ReservedName) } else { Ok(()) }
}

/// What a nível or a perfil has, before an edit and since then, and what the edit did to each permission.
pub(super) struct Permissoes {
    before: Vec<String>,
    after: Vec<String>,
    changed: Vec<bool>,
}

impl Permissoes {
    /// The entry that tells of it, if it is not the same as before.
    pub(super) fn entry(&self, action: Action, name: &str) -> Option<Entry> {
        let [before, after] = [&self.before, &self.after].map(|permissoes| Some(json!({"permissoes": permissoes})));
        (self.before != self.after).then(|| named(action, name, before, after))
    }
}

pub(super) async fn set_releases(
    edit: &mut GuardedEdit,
    nivel: &Nivel,
    permissoes: &[Permissao],
    released: bool,
) -> Result<Permissoes> {
    let before = edit.releases_of(nivel.id).await?;
    let changed = edit.set_releases(nivel.id, permissoes, released).await?;
    Ok(Permissoes { before, after: edit.releases_of(nivel.id).await?, changed })
}

pub(super) async fn set_grants(
    edit: &mut GuardedEdit,
    perfil: &Perfil,
    permissoes: &[Permissao],
    granted: bool,
) -> Result<Permissoes> {
    let before = edit.grants_of(perfil.id).await?;
    let changed = edit.set_grants(perfil.id, permissoes, granted).await?;
    Ok(Permissoes { before, after: edit.grants_of(perfil.id).await?, changed })
}

/// Fails while one of `permissoes` is not released to the perfil's nível. Root needs no release.
pub(super) async fn require_release(edit: &mut GuardedEdit, perfil: &Perfil, permissoes: &[Permissao]) -> Result<()> {
    let Some(nivel_id) = perfil.nivel_id else { return Ok(()) };
    let released = edit.releases_of(nivel_id).await?;
    let is_released = |permissao: &Permissao| released.iter().any(|nome| nome == permissao.nome());
    let missing: Vec<Permissao> = permissoes.iter().copied().filter(|permissao| !is_released(permissao)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let nivel = edit.niveis().await?.into_iter().find(|nivel| nivel.id == nivel_id);
    Err(ProvisioningError::NotReleased {
        permissoes: missing,
        nivel: nivel.map(|nivel| nivel.nome).unwrap_or_default(),
    })
}
