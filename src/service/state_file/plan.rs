//! What has to change, so that a server is as a file says.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, beyond};
use super::error::Fault;
use super::file::StateFile;
use super::outcome::{require_root_administrator, require_shallow};
use super::registered::Registered;
use super::state::{NivelState, PerfilState, State, same, top_down};
use crate::domain::access::Permissao;
use crate::domain::text::{Name, NameKey, cut};

/// How many users a fault names.
const NAMED_MAX: usize = 5;

#[derive(Default)]
pub(super) struct Plan {
    /// In an order in which they can be made.
    pub changes: Vec<Change>,
    /// How much is registered that is not in the file, and stays.
    pub left: usize,
    pub faults: Vec<Fault>,
}

/// Compares. With `remove`, what is not in the file goes. `renewed` are the users who get another senha.
pub(super) fn plan(registered: &Registered, file: &StateFile, remove: bool, renewed: &BTreeSet<NameKey>) -> Plan {
    let mut planning = Planning { registered, now: &registered.state, file, remove, plan: Plan::default() };
    planning.niveis();
    planning.perfis();
    planning.usuarios(renewed);
    planning.motivos();
    planning.take_away();
    planning.plan.faults.extend(require_shallow(&registered.state, file));
    planning.plan.faults.extend(require_root_administrator(&registered.state, file, remove));
    planning.plan
}

struct Planning<'a> {
    registered: &'a Registered,
    now: &'a State,
    file: &'a StateFile,
    remove: bool,
    plan: Plan,
}

impl<'a> Planning<'a> {
    fn change(&mut self, change: Change) {
        self.plan.changes.push(change);
    }

    /// Makes `change`, which takes away so much, unless nothing is to be taken away.
    fn remove(&mut self, count: usize, change: Change) {
        if self.remove { self.change(change) } else { self.plan.left += count }
    }

    /// As it is registered, else as the file introduces it.
    fn nivel_named(&self, name: &Name) -> Name {
        let of = |state: &State| state.niveis.get(&name.key).map(|nivel| nivel.nome.clone());
        of(self.now).or_else(|| of(&self.file.state)).unwrap_or_else(|| name.clone())
    }

    fn perfil_named(&self, name: &Name) -> Name {
        let of = |state: &State| state.perfis.get(&name.key).map(|perfil| perfil.nome.clone());
        of(self.now).or_else(|| of(&self.file.state)).unwrap_or_else(|| name.clone())
    }

    fn niveis(&mut self) {
        for NivelState { nome, superior, permissoes } in top_down(&self.file.state.niveis) {
            let now = self.now.niveis.get(&nome.key);
            let (nome, superior) = (self.nivel_named(nome), superior.as_ref().map(|name| self.nivel_named(name)));
            match now {
                None => self.change(Change::CreateNivel { nome: nome.clone(), superior }),
                Some(now) if !same(now.superior.as_ref(), superior.as_ref()) => {
                    self.change(Change::MoveNivel { nome: nome.clone(), from: now.superior.clone(), to: superior });
                }
                Some(_) => {}
            }
            let new = beyond(permissoes, &now.map(|now| now.permissoes.clone()).unwrap_or_default());
            if !new.is_empty() {
                self.change(Change::Release { nivel: nome, permissoes: new });
            }
        }
    }

    fn perfis(&mut self) {
        for PerfilState { nome, nivel, permissoes, recolhidas } in self.file.state.perfis.values() {
            let now = self.now.perfis.get(&nome.key);
            let (nome, nivel) = (self.perfil_named(nome), nivel.as_ref().map(|name| self.nivel_named(name)));
            let new = beyond(permissoes, &now.map(|now| now.permissoes.clone()).unwrap_or_default());
            self.require_release(&nome, nivel.as_ref(), &new, recolhidas);
            match now {
                None => self.change(Change::CreatePerfil { nome: nome.clone(), nivel }),
                Some(now) if !same(now.nivel.as_ref(), nivel.as_ref()) => {
                    self.change(Change::MovePerfil { nome: nome.clone(), from: now.nivel.clone(), to: nivel });
                }
                Some(_) => {}
            }
            if !new.is_empty() {
                self.change(Change::Grant { perfil: nome, permissoes: new });
            }
        }
    }

    /// Complains of grants that would not count, because they are not released to the perfil's nível [doc: only then
    /// can they be made]. Those that were made before stay. Of `recolhidas` it complains where they would count.
    fn require_release(
        &mut self,
        perfil: &Name,
        nivel: Option<&Name>,
        permissoes: &[Permissao],
        recolhidas: &BTreeSet<Permissao>,
    ) {
        let Some(nivel) = nivel else { return };
        let line = self.file.perfil_lines.get(&perfil.key).copied();
        // Such a grant may be there already, and would begin to count.
        let beginning = recolhidas.iter().filter(|permissao| self.file.state.releases(nivel, **permissao));
        let asked: BTreeSet<Permissao> = permissoes.iter().chain(beginning).copied().collect();
        for permissao in &asked {
            let is_released =
                self.file.state.releases(nivel, *permissao) || !self.remove && self.now.releases(nivel, *permissao);
            let (is_not, what) = match (is_released, recolhidas.contains(permissao)) {
                (true, true) => ("is", "write it into permissoes"),
                (false, false) => ("is not", "add it to the permissoes of that nível"),
                _ => continue,
            };
            let (perfil, nivel) = (cut(&perfil.texto), cut(&nivel.texto));
            let text = format!("perfil '{perfil}': '{permissao}' {is_not} released to the nível '{nivel}'; {what}");
            self.plan.faults.push(Fault::at(line, text));
        }
    }

    fn usuarios(&mut self, renewed: &BTreeSet<NameKey>) {
        for (key, usuario) in &self.file.state.usuarios {
            let perfil = self.perfil_named(&usuario.perfil);
            let Some(now) = self.now.usuarios.get(key) else {
                let (login, ativo) = (usuario.login.clone(), usuario.ativo.unwrap_or(true));
                self.change(Change::CreateUsuario { login, perfil, ativo });
                continue;
            };
            let login = now.login.clone();
            if now.perfil.key != perfil.key {
                self.change(Change::SetPerfil { login: login.clone(), from: now.perfil.clone(), to: perfil });
            }
            if renewed.contains(key) {
                self.change(Change::SetSenha { login: login.clone() });
            }
            match usuario.ativo {
                Some(ativo) if now.ativo != Some(ativo) => self.change(Change::SetUsuarioAtivo { login, ativo }),
                _ => {}
            }
        }
    }

    fn motivos(&mut self) {
        for (key, motivo) in &self.file.state.motivos {
            match (self.now.motivos.get(key), motivo.ativo) {
                (None, ativo) => {
                    let (nome, ativo) = (motivo.nome.clone(), ativo.unwrap_or(true));
                    self.change(Change::CreateMotivo { nome, ativo });
                }
                (Some(now), Some(ativo)) if now.ativo != Some(ativo) => {
                    self.change(Change::SetMotivoAtivo { nome: now.nome.clone(), ativo });
                }
                _ => {}
            }
        }
    }

    /// What is registered and not in the file. Histories point to users and motivos, so that they are deactivated.
    fn take_away(&mut self) {
        let wanted = &self.file.state;
        for motivo in self.now.motivos.values().filter(|motivo| motivo.ativo == Some(true)) {
            if !wanted.motivos.contains_key(&motivo.nome.key) {
                self.remove(1, Change::SetMotivoAtivo { nome: motivo.nome.clone(), ativo: false });
            }
        }
        for usuario in self.now.usuarios.values().filter(|usuario| usuario.ativo == Some(true)) {
            if !wanted.usuarios.contains_key(&usuario.login.key) {
                self.remove(1, Change::SetUsuarioAtivo { login: usuario.login.clone(), ativo: false });
            }
        }
        let kept = self.take_perfis_away();
        self.take_niveis_away(&kept);
    }

    /// Returns the perfis that are not in the file, and in use.
    fn take_perfis_away(&mut self) -> BTreeSet<&'a NameKey> {
        let now = self.now;
        let mut on: BTreeMap<&NameKey, Vec<&Name>> = BTreeMap::new();
        for (key, usuario) in &now.usuarios {
            if !self.file.state.usuarios.contains_key(key) {
                on.entry(&usuario.perfil.key).or_default().push(&usuario.login);
            }
        }
        let mut kept = BTreeSet::new();
        for (key, PerfilState { nome, nivel, permissoes, .. }) in &now.perfis {
            if let Some(wanted) = self.file.state.perfis.get(key) {
                let superfluous = beyond(permissoes, &wanted.permissoes);
                if !superfluous.is_empty() {
                    let count = superfluous.len();
                    self.remove(count, Change::Revoke { perfil: nome.clone(), permissoes: superfluous });
                }
                continue;
            }
            let logins = on.get(key).map(Vec::as_slice).unwrap_or_default();
            let anonymised = self.registered.anonymised.get(key).copied().unwrap_or_default();
            if self.remove && (!logins.is_empty() || anonymised > 0) {
                let text = format!(
                    "the perfil '{}' is not in the file, and can't be removed while users are on it: {}; move them, or \
                     write the perfil into the file",
                    cut(&nome.texto),
                    users(logins, anonymised)
                );
                self.plan.faults.push(Fault::at(None, text));
                kept.insert(key);
                continue;
            }
            let permissoes = permissoes.iter().copied().collect();
            self.remove(1, Change::DeletePerfil { nome: nome.clone(), nivel: nivel.clone(), permissoes });
        }
        kept
    }

    /// From the bottom up, so that none is deleted before those below it. `kept` are perfis in use.
    fn take_niveis_away(&mut self, kept: &BTreeSet<&NameKey>) {
        let in_use: BTreeMap<&NameKey, &Name> = kept
            .iter()
            .filter_map(|key| self.now.perfis.get(*key))
            .filter_map(|perfil| Some((&perfil.nivel.as_ref()?.key, &perfil.nome)))
            .collect();
        let mut above: BTreeMap<&NameKey, &Name> = BTreeMap::new();
        for NivelState { nome, superior, permissoes } in top_down(&self.now.niveis).into_iter().rev() {
            if let Some(wanted) = self.file.state.niveis.get(&nome.key) {
                let superfluous = beyond(permissoes, &wanted.permissoes);
                if !superfluous.is_empty() {
                    let count = superfluous.len();
                    self.remove(count, Change::Withdraw { nivel: nome.clone(), permissoes: superfluous });
                }
                continue;
            }
            let used_by = in_use.get(&nome.key).map(|perfil| format!("the perfil '{}' is on it", cut(&perfil.texto)));
            let used_by = used_by
                .or_else(|| above.get(&nome.key).map(|nivel| format!("the nível '{}' is below it", cut(&nivel.texto))));
            if let Some(used_by) = used_by {
                let name = cut(&nome.texto);
                let text = format!("the nível '{name}' is not in the file, and can't be removed: {used_by}");
                self.plan.faults.push(Fault::at(None, text));
                if let Some(superior) = superior {
                    above.insert(&superior.key, nome);
                }
                continue;
            }
            let (nome, superior) = (nome.clone(), superior.clone());
            let permissoes = permissoes.iter().copied().collect();
            self.remove(1, Change::DeleteNivel { nome, superior, permissoes });
        }
    }
}

/// Who is on a perfil.
fn users(logins: &[&Name], anonymised: usize) -> String {
    let mut users: Vec<String> =
        logins.iter().take(NAMED_MAX).map(|login| format!("'{}'", cut(&login.texto))).collect();
    if logins.len() > NAMED_MAX {
        users.push(format!("{} more", logins.len() - NAMED_MAX));
    }
    if anonymised > 0 {
        users.push(format!("{anonymised} anonymised"));
    }
    users.join(", ")
}
