//! What a server has, with its row ids.

use std::collections::{BTreeSet, HashMap};

use super::state::{MotivoState, NivelState, PerfilState, State, UsuarioState};
use crate::domain::access::Permissao;
use crate::domain::text::{Name, NameKey};
use crate::store::{Motivo, Perfil, Provisioned, Usuario};

pub(super) struct Registered {
    pub state: State,
    pub niveis: HashMap<NameKey, i64>,
    pub perfis: HashMap<NameKey, i64>,
    pub usuarios: HashMap<NameKey, i64>,
    /// How many anonymised users are on a perfil.
    pub anonymised: HashMap<NameKey, usize>,
}

impl Registered {
    pub fn of(rows: Provisioned) -> Self {
        let Provisioned { niveis, releases, perfis, grants, usuarios, motivos } = rows;
        let released = by_id(releases.into_iter().map(|release| (release.nivel_id, release.permissao)));
        let granted = by_id(grants.into_iter().map(|grant| (grant.perfil_id, grant.permissao)));
        let names: HashMap<i64, Name> =
            niveis.iter().map(|nivel| (nivel.id, Name::registered(nivel.nome.clone()))).collect();
        let mut this = Self {
            state: State::default(),
            niveis: HashMap::new(),
            perfis: HashMap::new(),
            usuarios: HashMap::new(),
            anonymised: HashMap::new(),
        };
        for nivel in niveis {
            let nome = names[&nivel.id].clone();
            let superior = nivel.superior_id.and_then(|id| names.get(&id).cloned());
            let permissoes = released.get(&nivel.id).cloned().unwrap_or_default();
            this.niveis.insert(nome.key.clone(), nivel.id);
            this.state.niveis.insert(nome.key.clone(), NivelState { nome, superior, permissoes });
        }
        for Perfil { id, nome, nivel_id } in perfis {
            let nome = Name::registered(nome);
            let nivel = nivel_id.and_then(|id| names.get(&id).cloned());
            let permissoes = granted.get(&id).cloned().unwrap_or_default();
            let counts = |permissao: &Permissao| nivel.as_ref().is_none_or(|on| this.state.releases(on, *permissao));
            let recolhidas = permissoes.iter().copied().filter(|permissao| !counts(permissao)).collect();
            this.perfis.insert(nome.key.clone(), id);
            this.state.perfis.insert(nome.key.clone(), PerfilState { nome, nivel, permissoes, recolhidas });
        }
        usuarios.into_iter().for_each(|usuario| this.add_usuario(usuario));
        for Motivo { nome, ativo, .. } in motivos {
            let nome = Name::registered(nome);
            this.state.motivos.insert(nome.key.clone(), MotivoState { nome, ativo: Some(ativo) });
        }
        this
    }

    fn add_usuario(&mut self, Usuario { id, login, perfil, ativo, .. }: Usuario) {
        let perfil = Name::registered(perfil);
        if login == Name::pseudonym(id).texto {
            *self.anonymised.entry(perfil.key).or_default() += 1;
            return;
        }
        let login = Name::registered(login);
        self.usuarios.insert(login.key.clone(), id);
        self.state.usuarios.insert(login.key.clone(), UsuarioState { login, perfil, ativo: Some(ativo) });
    }
}

/// The permissions of each row id. One that only another release knows is left alone.
fn by_id(rows: impl Iterator<Item = (i64, String)>) -> HashMap<i64, BTreeSet<Permissao>> {
    let mut by_id: HashMap<i64, BTreeSet<Permissao>> = HashMap::new();
    for (id, nome) in rows {
        if let Ok(permissao) = nome.parse() {
            by_id.entry(id).or_default().insert(permissao);
        }
    }
    by_id
}
