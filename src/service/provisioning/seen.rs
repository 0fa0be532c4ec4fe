//! What an actor sees of the access model. Reads hold nothing up: what they show may change meanwhile.

use std::collections::{HashMap, HashSet};

use super::guarded::{Authority, standing};
use super::{Kind, Provisioning, ProvisioningError, Result, Stamp, is_anonymised};
use crate::domain::access::{Nivel, Permissao};
use crate::domain::audit::Actor;
use crate::domain::hierarchy::Administrator;
use crate::domain::text::{Name, NameKey};
use crate::store::{Grant, Motivo, NamedKind, Perfil, Release, Usuario, UsuariosByLogin, UsuariosPage};

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

/// A user, as an actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenUsuario {
    pub usuario: Usuario,
    /// How it was just before, for a change of what was seen.
    pub stamp: Stamp,
    /// Whether it is the actor.
    pub is_oneself: bool,
    /// It stays as it is.
    pub is_anonymised: bool,
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
        let mut released: HashMap<i64, Vec<&String>> = HashMap::new();
        for Release { nivel_id, permissao } in &releases {
            released.entry(*nivel_id).or_default().push(permissao);
        }
        let nomes = nomes_of(&niveis);
        let seen = |nivel: &Nivel| SeenNivel {
            id: nivel.id,
            nome: nivel.nome.clone(),
            superior: nivel.superior_id.and_then(|id| nomes.get(&id).map(|nome| (*nome).to_owned())),
            permissoes: authority.seen_of(released.get(&nivel.id).into_iter().flatten().copied()),
        };
        Ok(niveis.iter().map(seen).collect())
    }

    pub async fn seen_perfis(&self) -> Result<Vec<SeenPerfil>> {
        let authority = self.read(Permissao::AdministrarPerfis).await?;
        self.perfis_of(&authority, |_| true).await
    }

    /// The perfis to which the actor may move users, and on which it may create them.
    pub async fn assignable_perfis(&self) -> Result<Vec<SeenPerfil>> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        let may_give =
            |granted: &[&String]| authority.require_handing_on(granted.iter().map(|nome| nome.as_str())).is_ok();
        self.perfis_of(&authority, may_give).await
    }

    /// The perfis that are seen and whose grants are `wanted`.
    async fn perfis_of(&self, authority: &Authority, wanted: impl Fn(&[&String]) -> bool) -> Result<Vec<SeenPerfil>> {
        let (niveis, grants) = (self.seen(authority).await?, self.store.grants().await?);
        let mut granted: HashMap<i64, Vec<&String>> = HashMap::new();
        for Grant { perfil_id, permissao } in &grants {
            granted.entry(*perfil_id).or_default().push(permissao);
        }
        let nomes = nomes_of(&niveis);
        let seen = |perfil: Perfil| {
            let granted = granted.get(&perfil.id).map(Vec::as_slice).unwrap_or_default();
            wanted(granted).then(|| SeenPerfil {
                id: perfil.id,
                nivel: perfil.nivel_id.and_then(|id| nomes.get(&id).map(|nome| (*nome).to_owned())),
                permissoes: authority.seen_of(granted.iter().copied()),
                nome: perfil.nome,
            })
        };
        let perfis = self.store.perfis().await?.into_iter();
        Ok(perfis.filter(|perfil| authority.sees(perfil.nivel_id)).filter_map(seen).collect())
    }

    /// A page of the users after the one of the id `after`, by id, and the id after which to go on; `None` at the end.
    pub async fn seen_usuarios(&self, after: i64, limit: u16) -> Result<(Vec<Usuario>, Option<i64>)> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        let niveis = self.niveis_of(&authority).await?;
        Ok(self.store.page_of_usuarios(&UsuariosPage { after, niveis, limit }).await?)
    }

    /// The user of that id, if the actor sees it.
    pub async fn seen_usuario(&self, id: i64) -> Result<Usuario> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        let found = authority.see_usuario(self.store.usuario_of(id).await?);
        found.ok_or_else(|| unknown(Kind::Usuario))
    }

    /// The name of what has the `id`, if the actor sees it, who `needs` a permission for that. The refusal is the same
    /// whether there is none or it is hidden.
    pub async fn seen_nome(&self, kind: NamedKind, id: i64, needs: Permissao) -> Result<Name> {
        let authority = self.read(needs).await?;
        let nome = match kind {
            NamedKind::Nivel => {
                let found = self.store.niveis().await?.into_iter().find(|nivel| nivel.id == id);
                authority.see_nivel(found).map(|nivel| nivel.nome).ok_or(Kind::Nivel)
            }
            NamedKind::Perfil => {
                authority.see_perfil(self.store.perfil_of(id).await?).map(|perfil| perfil.nome).ok_or(Kind::Perfil)
            }
            NamedKind::Usuario => authority
                .see_usuario(self.store.usuario_of(id).await?)
                .map(|usuario| usuario.login)
                .ok_or(Kind::Usuario),
            NamedKind::Motivo => self.store.motivo_of(id).await?.map(|motivo| motivo.nome).ok_or(Kind::Motivo),
        };
        nome.map(Name::registered).map_err(unknown)
    }

    /// The users that the actor sees of those asked for, by login, and after whom to go on; `None` at the end.
    pub async fn seen_by_login(&self, asked: UsuariosByLogin) -> Result<(Vec<Usuario>, Option<i64>)> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        let niveis = self.niveis_of(&authority).await?;
        Ok(self.store.page_by_login(&UsuariosByLogin { niveis, ..asked }).await?)
    }

    /// The row id of the user of that login, whom an actor sees who `needs` a permission to look for it.
    pub async fn seen_login(&self, login: &NameKey, needs: Permissao) -> Result<Option<i64>> {
        let authority = self.read(needs).await?;
        let found = self.store.usuario_for_request(login).await?;
        Ok(authority.see_usuario(found).map(|usuario| usuario.id))
    }

    /// Those of `logins` that the hierarchy hides from an actor who reads histories.
    pub async fn hidden_logins(&self, logins: HashSet<&str>) -> Result<HashSet<String>> {
        let authority = self.read(Permissao::ConsultarHistorico).await?;
        let mut hidden = HashSet::new();
        if authority.sees(None) {
            return Ok(hidden);
        }
        for login in logins {
            let found = self.store.usuario_for_request(&NameKey::new(login)).await?;
            if found.is_none_or(|usuario| !authority.sees(usuario.nivel_id)) {
                hidden.insert(login.to_owned());
            }
        }
        Ok(hidden)
    }

    /// The user of that row id, if the actor sees it, with what decides what can be done with it.
    pub async fn usuario_details(&self, id: i64) -> Result<Option<SeenUsuario>> {
        let authority = self.read(Permissao::AdministrarUsuarios).await?;
        // First how it is: what is read afterwards may only be newer, and then the change is refused. Both are read for an
        // id that nothing has, too: it takes as long as one that is hidden.
        let rights = self.store.access(id).await?;
        let usuario = authority.see_usuario(self.store.usuario_of(id).await?);
        Ok(rights.zip(usuario).map(|(rights, usuario)| SeenUsuario {
            stamp: Stamp::of(&rights),
            is_oneself: authority.is_oneself(&usuario),
            is_anonymised: is_anonymised(&usuario),
            usuario,
        }))
    }

    /// All motivos, by name.
    pub async fn seen_motivos(&self) -> Result<Vec<Motivo>> {
        self.read(Permissao::AdministrarMotivos).await?;
        Ok(self.store.motivos().await?)
    }

    /// Fails where the token or the session of the user who asks is revoked by now.
    pub async fn require_standing(&self) -> Result<()> {
        let Actor::Usuario { id, generation, .. } = self.actor else { return Ok(()) };
        standing(id, generation, self.store.access(id).await?).map(drop)
    }

    /// What the actor may do, unless it is a user without the permission that it `needs`.
    pub(super) async fn read(&self, needs: Permissao) -> Result<Authority> {
        let Actor::Usuario { id, generation, .. } = self.actor else { return Ok(Authority::Everything) };
        let rights = standing(id, generation, self.store.access(id).await?)?;
        Authority::of(Administrator::new(id, rights, &self.store.niveis_for_request().await?), needs)
    }

    /// The níveis to which what the actor sees is confined; `None` for one who sees all.
    pub(super) async fn niveis_of(&self, authority: &Authority) -> Result<Option<Vec<i64>>> {
        if authority.sees(None) {
            return Ok(None);
        }
        Ok(Some(self.seen(authority).await?.into_iter().map(|nivel| nivel.id).collect()))
    }

    pub(super) async fn seen(&self, authority: &Authority) -> Result<Vec<Nivel>> {
        let niveis = self.store.niveis().await?.into_iter();
        Ok(niveis.filter(|nivel| authority.sees(Some(nivel.id))).collect())
    }
}

/// That there is nothing of an id that is seen.
fn unknown(kind: Kind) -> ProvisioningError {
    ProvisioningError::Missing { kind, nome: String::new(), near: None }
}

fn nomes_of(niveis: &[Nivel]) -> HashMap<i64, &str> {
    niveis.iter().map(|nivel| (nivel.id, nivel.nome.as_str())).collect()
}
