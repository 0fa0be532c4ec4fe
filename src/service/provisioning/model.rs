//! The access model as an actor sees it, read once for a page that says what a change would do.

use std::collections::{BTreeSet, HashMap};

use super::guarded::{Authority, GuardedEdit};
use super::{Provisioning, Result};
use crate::domain::access::{Nivel, Permissao, below};
use crate::store::{AccessModel, Perfil, Usuario};

pub struct SeenModel {
    authority: Authority,
    /// All of them: what is seen is said with each use.
    niveis: Vec<Nivel>,
    /// Where each stands in that list, and those that are right below it.
    places: HashMap<i64, usize>,
    below: HashMap<i64, Vec<usize>>,
    perfis: Vec<Perfil>,
    /// Where those on each nível stand in that list.
    on_nivel: HashMap<i64, Vec<usize>>,
    /// By nível.
    releases: BTreeSet<(i64, Permissao)>,
    /// By perfil.
    grants: BTreeSet<(i64, Permissao)>,
    /// By perfil.
    active_users: HashMap<i64, i64>,
}

/// A permission that a perfil holds or a nível has released, or could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    pub permissao: Permissao,
    pub is_on: bool,
    /// Whether the actor cannot turn it.
    pub is_locked: bool,
    /// Why it cannot be turned on, or counts for nothing although it is.
    pub obstacle: Option<Obstacle>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The perfil's nível does not have it released.
    NotReleased,
    /// The perfil is the actor's own.
    OwnPerfil,
    /// The nível is the actor's own.
    OwnNivel,
    /// The actor cannot give it to anybody.
    Beyond,
}

/// What turning a permission does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub permissao: Permissao,
    pub is_on: bool,
    /// How many active users gain or lose it.
    pub usuarios: i64,
    /// Whether the actor is of the perfil.
    pub is_own: bool,
    /// Whose they are, where they are of several perfis.
    pub perfis: Vec<String>,
    /// The níveis below that keep it.
    pub keeping: Vec<String>,
}

/// What moving a user to another perfil does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The perfil of before.
    pub from: String,
    pub to: String,
    /// Whether the new perfil is a root one.
    pub is_to_root: bool,
    pub gains: Vec<Permissao>,
    pub loses: Vec<Permissao>,
}

impl Provisioning {
    /// The access model, for an actor with the permission that it `needs`.
    pub async fn seen_model(&self, needs: Permissao) -> Result<SeenModel> {
        let authority = self.read(needs).await?;
        Ok(SeenModel::new(authority, self.store.access_model().await?))
    }
}

impl GuardedEdit {
    /// The access model, as the actor sees it, which nobody else changes until the end.
    pub(super) async fn model(&mut self) -> Result<SeenModel> {
        let model = self.access_model().await?;
        Ok(SeenModel::new(self.authority().clone(), model))
    }
}

/// The places in a list of those that have each id.
fn grouped(ids: impl Iterator<Item = Option<i64>>) -> HashMap<i64, Vec<usize>> {
    let mut places: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, id) in ids.enumerate() {
        if let Some(id) = id {
            places.entry(id).or_default().push(place);
        }
    }
    places
}

/// Those permissions that this release knows.
fn known(permissoes: impl Iterator<Item = (i64, String)>) -> BTreeSet<(i64, Permissao)> {
    permissoes.filter_map(|(id, nome)| Some((id, Permissao::named(&nome)?))).collect()
}

impl SeenModel {
    fn new(authority: Authority, model: AccessModel) -> Self {
        let AccessModel { niveis, perfis, releases, grants, active_users } = model;
        Self {
            authority,
            places: niveis.iter().enumerate().map(|(place, nivel)| (nivel.id, place)).collect(),
            below: grouped(niveis.iter().map(|nivel| nivel.superior_id)),
            niveis,
            on_nivel: grouped(perfis.iter().map(|perfil| perfil.nivel_id)),
            perfis,
            releases: known(releases.into_iter().map(|release| (release.nivel_id, release.permissao))),
            grants: known(grants.into_iter().map(|grant| (grant.perfil_id, grant.permissao))),
            active_users: active_users.into_iter().collect(),
        }
    }

    /// Whether the actor may register something at the top, or as root.
    pub fn is_root(&self) -> bool {
        self.authority.require_root().is_ok()
    }

    /// The níveis that the actor sees, each with its depth below the first: one after the other down the tree.
    pub fn tree(&self) -> Vec<(usize, &Nivel)> {
        let mut tree = Vec::new();
        let is_top = |nivel: &&Nivel| self.authority.sees(Some(nivel.id)) && !self.authority.sees_above(nivel);
        for nivel in self.niveis.iter().filter(is_top) {
            self.append(&mut tree, 0, nivel);
        }
        tree
    }

    fn append<'a>(&'a self, tree: &mut Vec<(usize, &'a Nivel)>, depth: usize, nivel: &'a Nivel) {
        tree.push((depth, nivel));
        for place in self.below.get(&nivel.id).into_iter().flatten() {
            self.append(tree, depth + 1, &self.niveis[*place]);
        }
    }

    pub fn nivel(&self, id: i64) -> Option<&Nivel> {
        self.places.get(&id).map(|place| &self.niveis[*place]).filter(|nivel| self.authority.sees(Some(nivel.id)))
    }

    /// The perfis that the actor sees, by name.
    pub fn perfis(&self) -> impl Iterator<Item = &Perfil> {
        self.perfis.iter().filter(|perfil| self.authority.sees(perfil.nivel_id))
    }

    pub fn perfil(&self, id: i64) -> Option<&Perfil> {
        self.perfis().find(|perfil| perfil.id == id)
    }

    /// The perfis on a nível.
    pub fn perfis_on(&self, nivel_id: i64) -> impl Iterator<Item = &Perfil> {
        self.on_nivel.get(&nivel_id).into_iter().flatten().map(|place| &self.perfis[*place])
    }

    /// How many active users a perfil has.
    pub fn users_of(&self, perfil_id: i64) -> i64 {
        self.active_users.get(&perfil_id).copied().unwrap_or_default()
    }

    /// Whether the actor releases permissions to a nível, and takes them back.
    pub fn governs(&self, nivel: &Nivel) -> bool {
        self.authority.require_governing(nivel, &[]).is_ok()
    }

    /// Whether a perfil is the actor's.
    pub fn is_own(&self, perfil: &Perfil) -> bool {
        self.authority.require_other_perfil(perfil).is_err()
    }

    pub fn grant_switches(&self, perfil: &Perfil) -> Vec<Switch> {
        let switch = |permissao: Permissao| {
            let is_on = self.is_granted(perfil.id, permissao);
            let obstacle = if self.is_own(perfil) {
                Some(Obstacle::OwnPerfil)
            } else if !self.is_released_to(perfil, permissao) {
                Some(Obstacle::NotReleased)
            } else {
                self.is_beyond(permissao).then_some(Obstacle::Beyond)
            };
            Switch { permissao, is_on, is_locked: !is_on && obstacle.is_some(), obstacle }
        };
        self.seen_permissoes().map(switch).collect()
    }

    pub fn release_switches(&self, nivel: &Nivel) -> Vec<Switch> {
        let switch = |permissao: Permissao| {
            let obstacle = if self.governs(nivel) {
                self.is_beyond(permissao).then_some(Obstacle::Beyond)
            } else {
                Some(Obstacle::OwnNivel)
            };
            Switch { permissao, is_on: self.is_released(nivel.id, permissao), is_locked: obstacle.is_some(), obstacle }
        };
        self.seen_permissoes().map(switch).collect()
    }

    /// What it does to turn `permissao` at a perfil. What does not count is neither gained nor lost.
    pub fn grant_effect(&self, perfil: &Perfil, permissao: Permissao, is_on: bool) -> Effect {
        let usuarios = if self.is_released_to(perfil, permissao) { self.users_of(perfil.id) } else { 0 };
        let is_own = self.is_own(perfil);
        Effect { permissao, is_on, usuarios, is_own, perfis: Vec::new(), keeping: Vec::new() }
    }

    /// What it does to turn `permissao` at a nível: its perfis that hold it gain or lose it.
    pub fn release_effect(&self, nivel: &Nivel, permissao: Permissao, is_on: bool) -> Effect {
        let holding: Vec<&Perfil> =
            self.perfis_on(nivel.id).filter(|perfil| self.is_granted(perfil.id, permissao)).collect();
        let keeping = below(&self.niveis, nivel.id).into_iter().filter(|nivel| self.is_released(nivel.id, permissao));
        Effect {
            permissao,
            is_on,
            usuarios: holding.iter().map(|perfil| self.users_of(perfil.id)).sum(),
            is_own: holding.iter().any(|perfil| self.is_own(perfil)),
            perfis: holding.iter().map(|perfil| perfil.nome.clone()).collect(),
            keeping: if is_on { Vec::new() } else { keeping.map(|nivel| nivel.nome.clone()).collect() },
        }
    }

    /// What it does to move a user to a perfil.
    pub(super) fn move_effect(&self, usuario: &Usuario, to: &Perfil) -> Move {
        let has = self.perfil(usuario.perfil_id).map(|perfil| self.effective(perfil)).unwrap_or_default();
        let gets = self.effective(to);
        let only = |these: &[Permissao], others: &[Permissao]| -> Vec<Permissao> {
            these.iter().filter(|permissao| !others.contains(permissao)).copied().collect()
        };
        Move {
            from: usuario.perfil.clone(),
            to: to.nome.clone(),
            is_to_root: to.nivel_id.is_none(),
            gains: only(&gets, &has),
            loses: only(&has, &gets),
        }
    }

    /// The permissions that a perfil holds, that count, and that the actor sees.
    pub fn effective(&self, perfil: &Perfil) -> Vec<Permissao> {
        let counts =
            |permissao: &Permissao| self.is_granted(perfil.id, *permissao) && self.is_released_to(perfil, *permissao);
        self.seen_permissoes().filter(counts).collect()
    }

    /// The permissions that are released to a nível and that the actor sees.
    pub fn released(&self, nivel_id: i64) -> Vec<Permissao> {
        self.seen_permissoes().filter(|permissao| self.is_released(nivel_id, *permissao)).collect()
    }

    fn seen_permissoes(&self) -> impl Iterator<Item = Permissao> {
        Permissao::ALL.iter().copied().filter(|permissao| self.authority.sees_permissao(permissao.nome()))
    }

    fn is_granted(&self, perfil_id: i64, permissao: Permissao) -> bool {
        self.grants.contains(&(perfil_id, permissao))
    }

    fn is_released(&self, nivel_id: i64, permissao: Permissao) -> bool {
        self.releases.contains(&(nivel_id, permissao))
    }

    /// Root needs no release.
    fn is_released_to(&self, perfil: &Perfil, permissao: Permissao) -> bool {
        perfil.nivel_id.is_none_or(|nivel_id| self.is_released(nivel_id, permissao))
    }

    fn is_beyond(&self, permissao: Permissao) -> bool {
        self.authority.require_handing_on([permissao.nome()].into_iter()).is_err()
    }
}
