//! What a file describes, and what a server has, in the same form: by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::access::Permissao;
use crate::domain::text::{Name, NameKey};

#[derive(Clone, Debug, Default)]
pub struct State {
    pub(super) niveis: BTreeMap<NameKey, NivelState>,
    pub(super) perfis: BTreeMap<NameKey, PerfilState>,
    pub(super) usuarios: BTreeMap<NameKey, UsuarioState>,
    pub(super) motivos: BTreeMap<NameKey, MotivoState>,
}

impl State {
    /// Whether `permissao` is released to the nível.
    pub(super) fn releases(&self, nivel: &Name, permissao: Permissao) -> bool {
        self.niveis.get(&nivel.key).is_some_and(|nivel| nivel.permissoes.contains(&permissao))
    }

    /// Whether those on `perfil` may do what `permissao` says.
    pub(super) fn allows(&self, perfil: &Name, permissao: Permissao) -> bool {
        let Some(PerfilState { nivel, permissoes, .. }) = self.perfis.get(&perfil.key) else { return false };
        permissoes.contains(&permissao) && nivel.as_ref().is_none_or(|nivel| self.releases(nivel, permissao))
    }
}

#[derive(Clone, Debug)]
pub(super) struct NivelState {
    pub nome: Name,
    /// The nível above; `None` at the top.
    pub superior: Option<Name>,
    /// Those released to it.
    pub permissoes: BTreeSet<Permissao>,
}

#[derive(Clone, Debug)]
pub(super) struct PerfilState {
    pub nome: Name,
    /// `None` for a root perfil.
    pub nivel: Option<Name>,
    /// Those that it holds.
    pub permissoes: BTreeSet<Permissao>,
    /// Those among them that do not count, because their release was withdrawn after the grant.
    pub recolhidas: BTreeSet<Permissao>,
}

#[derive(Clone, Debug)]
pub(super) struct UsuarioState {
    pub login: Name,
    pub perfil: Name,
    /// `None` where a file does not say.
    pub ativo: Option<bool>,
}

#[derive(Clone, Debug)]
pub(super) struct MotivoState {
    pub nome: Name,
    /// `None` where a file does not say.
    pub ativo: Option<bool>,
}

/// The `niveis`, each after the one above it. Those in a circle are left out, and those below one.
pub(super) fn top_down(niveis: &BTreeMap<NameKey, NivelState>) -> Vec<&NivelState> {
    let mut below: HashMap<Option<&NameKey>, Vec<&NivelState>> = HashMap::new();
    for nivel in niveis.values() {
        let superior = nivel.superior.as_ref().map(|superior| &superior.key);
        below.entry(superior.filter(|key| niveis.contains_key(key))).or_default().push(nivel);
    }
    let mut ordered = below.remove(&None).unwrap_or_default();
    let mut reached = 0;
    while let Some(nivel) = ordered.get(reached) {
        let next = below.remove(&Some(&nivel.nome.key)).unwrap_or_default();
        ordered.extend(next);
        reached += 1;
    }
    ordered
}

/// Whether both name the same thing, or nothing.
pub(super) fn same(one: Option<&Name>, other: Option<&Name>) -> bool {
    one.map(|name| &name.key) == other.map(|name| &name.key)
}
