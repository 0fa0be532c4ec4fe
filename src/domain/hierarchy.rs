//! What an administrator sees, and what it may hand on.
//!
//! Source: the vendor page's "Pré-requisitos": a root administrator enables a permission for the hierarchy below, and
//! only then do the others see it. The rest is ours.

use std::collections::{HashMap, HashSet};
use std::iter;

use super::access::{AccessRights, Nivel, Permissao, below};

/// What a user needs to be a root administrator: with both, all the rest can be had again.
pub const ROOT_ADMINISTRATOR: [Permissao; 2] = [Permissao::AdministrarPerfis, Permissao::AdministrarUsuarios];

/// Whether somebody of these rights is a root administrator.
pub fn is_root_administrator(rights: &AccessRights) -> bool {
    rights.is_root() && ROOT_ADMINISTRATOR.iter().all(|permissao| rights.allows(*permissao))
}

/// How many níveis there may be below each other, the top included. Whoever looks at the tree walks it.
pub const DEPTH_MAX: usize = 32;

/// How many níveis there are from the top to the one of that id, itself included.
pub fn depth(niveis: &[Nivel], id: i64) -> usize {
    let superiors: HashMap<i64, Option<i64>> = niveis.iter().map(|nivel| (nivel.id, nivel.superior_id)).collect();
    let above = |id: &i64| superiors.get(id).copied().flatten();
    // A circle, which only another program could have made, ends, too.
    iter::successors(Some(id), above).take(niveis.len()).count()
}

/// A user who administers.
#[derive(Clone, Debug)]
pub struct Administrator {
    pub usuario_id: i64,
    rights: AccessRights,
    /// The níveis below its own.
    below: HashSet<i64>,
}

impl Administrator {
    pub fn new(usuario_id: i64, rights: AccessRights, niveis: &[Nivel]) -> Self {
        let below = rights.nivel_id.map(|own| below(niveis, own).iter().map(|nivel| nivel.id).collect());
        Self { usuario_id, rights, below: below.unwrap_or_default() }
    }

    pub fn is_root(&self) -> bool {
        self.rights.is_root()
    }

    pub fn allows(&self, permissao: Permissao) -> bool {
        self.rights.ativo && self.rights.allows(permissao)
    }

    /// Whether it sees what is on a nível, or root: root sees all, others their own nível and those below.
    pub fn sees(&self, nivel_id: Option<i64>) -> bool {
        self.is_root() || nivel_id.is_some_and(|id| self.rights.nivel_id == Some(id) || self.governs(id))
    }

    /// Whether it releases permissions to a nível, and takes them back: those below its own.
    pub fn governs(&self, nivel_id: i64) -> bool {
        self.is_root() || self.below.contains(&nivel_id)
    }

    /// Whether it sees a permission: root sees all, others those that are released to their nível.
    pub fn sees_permissao(&self, nome: &str) -> bool {
        self.is_root() || self.rights.released.iter().any(|released| released == nome)
    }

    /// Whether it may give a permission to somebody. Who sets up perfis gives all that it sees; who does not, only what
    /// it holds itself: else it could raise itself by a user of its own making.
    pub fn may_hand_on(&self, nome: &str) -> bool {
        if self.rights.allows(Permissao::AdministrarPerfis) {
            self.sees_permissao(nome)
        } else {
            self.rights.granted.iter().any(|granted| granted == nome) && self.sees_permissao(nome)
        }
    }

    /// Whether `perfil_id` is its own: nobody raises themselves.
    pub fn is_own_perfil(&self, perfil_id: i64) -> bool {
        self.rights.perfil_id == perfil_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permissao::{AdministrarMotivos, AdministrarPerfis, AdministrarUsuarios, AlterarStatus};

    fn administrator(nivel_id: Option<i64>, granted: &[Permissao], released: &[Permissao]) -> Administrator {
        let names = |permissoes: &[Permissao]| permissoes.iter().map(|p| p.nome().to_owned()).collect();
        let rights = AccessRights {
            login: "ana".into(),
            ativo: true,
            generation: 1,
            perfil_id: 7,
            nivel_id,
            granted: names(granted),
            released: names(released),
        };
        let nivel = |id, superior_id| Nivel { id, nome: format!("n{id}"), superior_id };
        // 1 above 2 above 3, and 4 beside 2.
        Administrator::new(5, rights, &[nivel(1, None), nivel(2, Some(1)), nivel(3, Some(2)), nivel(4, Some(1))])
    }

    #[test]
    fn root_sees_all_and_a_nivel_itself_and_what_is_below() {
        let seen = |who: &Administrator| [None, Some(1), Some(2), Some(3), Some(4)].map(|nivel| who.sees(nivel));
        assert_eq!(seen(&administrator(None, &[], &[])), [true; 5]);
        assert_eq!(seen(&administrator(Some(2), &[], &[])), [false, false, true, true, false]);
        assert_eq!(seen(&administrator(Some(3), &[], &[])), [false, false, false, true, false]);
    }

    #[test]
    fn permissions_are_released_only_to_what_is_below() {
        let governed = |who: &Administrator| [1, 2, 3, 4].map(|nivel| who.governs(nivel));
        assert_eq!(governed(&administrator(None, &[], &[])), [true; 4]);
        assert_eq!(governed(&administrator(Some(2), &[], &[])), [false, false, true, false]);
    }

    #[test]
    fn a_nivel_sees_what_is_released_to_it() {
        let sees = |who: &Administrator| who.sees_permissao(AlterarStatus.nome());
        assert!(sees(&administrator(None, &[], &[])));
        assert!(sees(&administrator(Some(2), &[], &[AlterarStatus])));
        assert!(!sees(&administrator(Some(2), &[AlterarStatus], &[])));
    }

    #[test]
    fn who_sets_up_no_perfis_hands_on_only_what_it_holds() {
        let released = &[AlterarStatus, AdministrarUsuarios, AdministrarPerfis];
        let handed = |who: &Administrator| {
            [AlterarStatus, AdministrarUsuarios, AdministrarMotivos].map(|permissao| who.may_hand_on(permissao.nome()))
        };
        let both = [AdministrarUsuarios, AdministrarPerfis];
        assert_eq!(handed(&administrator(Some(2), &both, released)), [true, true, false]);
        assert_eq!(handed(&administrator(Some(2), &[AdministrarUsuarios], released)), [false, true, false]);
        assert_eq!(handed(&administrator(Some(2), &[AdministrarMotivos], released)), [false; 3], "not released");
        assert_eq!(handed(&administrator(None, &both, &[])), [true; 3]);
        assert_eq!(handed(&administrator(None, &[AdministrarUsuarios], &[])), [false, true, false]);
    }

    #[test]
    fn a_deactivated_user_administers_nothing() {
        let mut who = administrator(None, &[AdministrarUsuarios], &[]);
        assert!(who.allows(AdministrarUsuarios));
        who.rights.ativo = false;
        assert!(!who.allows(AdministrarUsuarios));
    }
}
