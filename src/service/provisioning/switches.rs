//! Permissions turned on and off together, by somebody who has seen how they were.

use super::guarded::Authority;
use super::hierarchy::{require_release, set_grants, set_releases};
use super::{Effect, Provisioning, ProvisioningError, Result};
use crate::domain::access::Permissao;
use crate::domain::audit::Action;
use crate::domain::text::Name;

impl Provisioning {
    /// Makes a perfil hold what is `wanted` of the permissions that the actor sees, all or none; what that does. Fails where
    /// it no longer holds what was `seen`.
    pub async fn switch_grants(&self, perfil: &Name, seen: &[Permissao], wanted: &[Permissao]) -> Result<Vec<Effect>> {
        let edit = self.begin(Permissao::AdministrarPerfis).await?;
        let (mut edit, perfil) = self.perfil(edit, perfil).await?;
        let held = edit.grants_of(perfil.id).await?;
        require_as_seen(edit.authority(), seen, &held)?;
        let (on, off) = turned(seen, wanted);
        if !on.is_empty() {
            edit.authority().require_other_perfil(&perfil)?;
            edit.authority().require_handing_on(on.iter().map(|permissao| permissao.nome()))?;
            require_release(&mut edit, &perfil, &on).await?;
        }
        edit.authority().require_seeing(&off)?;
        let model = edit.model().await?;
        let effects = each(&on, &off, |permissao, is_on| model.grant_effect(&perfil, permissao, is_on));
        self.require_told(&effects)?;
        let mut entries = Vec::new();
        for (permissoes, action) in [(on, Action::Grant), (off, Action::Revoke)] {
            let changed = set_grants(&mut edit, &perfil, &permissoes, action == Action::Grant).await?;
            entries.extend(changed.entry(action, &perfil.nome));
        }
        self.commit(edit, entries).await?;
        Ok(effects)
    }

    /// Makes what is `wanted` released to a nível, of the permissions that the actor sees, all or none; what that does.
    /// Fails where no longer those are released that were `seen`.
    pub async fn switch_releases(&self, nivel: &Name, seen: &[Permissao], wanted: &[Permissao]) -> Result<Vec<Effect>> {
        let edit = self.begin(Permissao::AdministrarPermissoes).await?;
        let (mut edit, nivel) = self.nivel(edit, nivel).await?;
        let released = edit.releases_of(nivel.id).await?;
        require_as_seen(edit.authority(), seen, &released)?;
        let (on, off) = turned(seen, wanted);
        edit.authority().require_governing(&nivel, &[on.as_slice(), &off].concat())?;
        let model = edit.model().await?;
        let effects = each(&on, &off, |permissao, is_on| model.release_effect(&nivel, permissao, is_on));
        self.require_told(&effects)?;
        let mut entries = Vec::new();
        for (permissoes, action) in [(on, Action::Release), (off, Action::Withdraw)] {
            let changed = set_releases(&mut edit, &nivel, &permissoes, action == Action::Release).await?;
            entries.extend(changed.entry(action, &nivel.nome));
        }
        self.commit(edit, entries).await?;
        Ok(effects)
    }
}

/// What turning each of these does: first those off.
fn each(on: &[Permissao], off: &[Permissao], effect: impl Fn(Permissao, bool) -> Effect) -> Vec<Effect> {
    let off = off.iter().map(|permissao| (*permissao, false));
    off.chain(on.iter().map(|permissao| (*permissao, true)))
        .map(|(permissao, is_on)| effect(permissao, is_on))
        .collect()
}

/// Those of `wanted` that were not `seen`, and the other way round.
fn turned(seen: &[Permissao], wanted: &[Permissao]) -> (Vec<Permissao>, Vec<Permissao>) {
    let only = |these: &[Permissao], others: &[Permissao]| -> Vec<Permissao> {
        these.iter().filter(|permissao| !others.contains(permissao)).copied().collect()
    };
    (only(wanted, seen), only(seen, wanted))
}

/// Fails unless those of `present` that the actor sees are the ones that were `seen`.
fn require_as_seen(authority: &Authority, seen: &[Permissao], present: &[String]) -> Result<()> {
    let visible = Permissao::ALL.iter().filter(|permissao| authority.sees_permissao(permissao.nome()));
    let is_same =
        |permissao: &Permissao| seen.contains(permissao) == present.iter().any(|nome| nome == permissao.nome());
    if visible.copied().all(|permissao| is_same(&permissao)) { Ok(()) } else { Err(ProvisioningError::Changed) }
}
