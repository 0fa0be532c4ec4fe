//! What a file would lead to, where that is refused: foreseen, so that a dry run says so.

use std::collections::HashMap;

use super::error::Fault;
use super::file::StateFile;
use super::state::{PerfilState, State, UsuarioState};
use crate::domain::hierarchy::{DEPTH_MAX, ROOT_ADMINISTRATOR};
use crate::domain::text::{Name, NameKey, cut};
use crate::service::provisioning::ProvisioningError;

/// Complains where `file` would take the last root administrator away. With `remove`, what is not in the file goes.
pub(super) fn require_root_administrator(now: &State, file: &StateFile, remove: bool) -> Option<Fault> {
    let wanted = &file.state;
    let is_at_root_now = |usuario: &UsuarioState| {
        usuario.ativo != Some(false)
            && now.perfis.get(&usuario.perfil.key).is_some_and(|perfil| administers(perfil, None))
    };
    if !now.usuarios.values().any(is_at_root_now) {
        return None;
    }
    let will_administer = |perfil: &Name| match (wanted.perfis.get(&perfil.key), now.perfis.get(&perfil.key)) {
        (Some(wanted), now) => administers(wanted, now.filter(|_| !remove)),
        (None, Some(now)) => !remove && administers(now, None),
        (None, None) => false,
    };
    let of_file = wanted.usuarios.iter().any(|(key, usuario)| {
        let was_active = now.usuarios.get(key).and_then(|usuario| usuario.ativo);
        usuario.ativo.or(was_active) != Some(false) && will_administer(&usuario.perfil)
    });
    let others = || now.usuarios.iter().filter(|(key, _)| !wanted.usuarios.contains_key(*key));
    let stay =
        || !remove && others().any(|(_, usuario)| usuario.ativo != Some(false) && will_administer(&usuario.perfil));
    (!of_file && !stay()).then(|| Fault::at(None, ProvisioningError::LastRootAdministrator))
}

/// Whether a user of `perfil` is a root administrator, who holds what `also` holds, too.
fn administers(perfil: &PerfilState, also: Option<&PerfilState>) -> bool {
    let holds = |permissao| {
        perfil.permissoes.contains(permissao) || also.is_some_and(|also| also.permissoes.contains(permissao))
    };
    perfil.nivel.is_none() && ROOT_ADMINISTRATOR.iter().all(holds)
}

/// Complains of níveis that would have too many above them.
pub(super) fn require_shallow(now: &State, file: &StateFile) -> Vec<Fault> {
    let superiors: HashMap<&NameKey, Option<&NameKey>> = now
        .niveis
        .iter()
        // Those of the file take the places of the others.
        .chain(&file.state.niveis)
        .map(|(key, nivel)| (key, nivel.superior.as_ref().map(|superior| &superior.key)))
        .collect();
    // A file has no circles. One level more than there may be is enough to know.
    let is_deep = |key: &&NameKey| {
        let above = std::iter::successors(Some(*key), |key| superiors.get(*key).copied().flatten());
        above.take(DEPTH_MAX + 1).count() > DEPTH_MAX
    };
    let mut deep: Vec<&NameKey> = superiors.keys().copied().filter(is_deep).collect();
    deep.sort_unstable();
    let fault = |key: &NameKey| {
        let line = file.nivel_lines.get(key).copied();
        Fault::at(line, format_args!("nível '{}': more than {DEPTH_MAX} níveis below each other", cut(key.as_str())))
    };
    deep.into_iter().map(fault).collect()
}
