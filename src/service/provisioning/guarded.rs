//! Changes of the access model, judged by who asks for them.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::error::{Kind, ProvisioningError, missing};
use crate::domain::access::{AccessRights, Nivel, Permissao};
use crate::domain::audit::{Actor, Entry};
use crate::domain::hierarchy::{Administrator, ROOT_ADMINISTRATOR};
use crate::domain::text::Name;
use crate::store::{Edit, Patience, Perfil, Store, UsedKey, Usuario};

type Result<T, E = ProvisioningError> = std::result::Result<T, E>;

/// An edit during which nobody else changes the access model, with what its actor may do.
pub(in crate::service) struct GuardedEdit {
    edit: Edit,
    authority: Authority,
    had_root_administrator: bool,
    /// The key of what is done once, and has not been done yet.
    key: Option<(i64, CreationKey)>,
}

/// An idempotency key that came with a creation, or with something else that is done once.
#[derive(Clone)]
pub struct CreationKey {
    pub key: Arc<str>,
    /// What is kept of the request, and how it may have been kept before.
    pub fingerprint: i64,
    pub earlier: Vec<i64>,
}

impl CreationKey {
    /// Whether what is `kept` of a request is of this one.
    pub fn is_of(&self, kept: i64) -> bool {
        self.fingerprint == kept || self.earlier.contains(&kept)
    }
}

/// The `rights` of a user whose token or session of `generation` still stands: work may have waited since it was judged.
pub(super) fn standing(id: i64, generation: i64, rights: Option<AccessRights>) -> Result<AccessRights> {
    rights.filter(|rights| rights.accepts_token(generation)).ok_or(ProvisioningError::Revoked(id))
}

/// What an actor may do.
#[derive(Clone)]
pub(super) enum Authority {
    /// Whoever runs a command has the database anyway.
    Everything,
    /// What the hierarchy lets a user do.
    Administrator(Box<Administrator>),
}

impl GuardedEdit {
    /// Begins an edit, unless `actor` is a user without the permission that it `needs`.
    pub async fn begin(store: &Store, actor: &Actor, needs: Permissao) -> Result<Self> {
        Box::pin(Self::begin_within(store.patience(), store, actor, needs)).await
    }

    /// Boxed by its callers: whoever changes something would hold it whole.
    async fn begin_within(patience: Patience, store: &Store, actor: &Actor, needs: Permissao) -> Result<Self> {
        let mut edit = store.edit_within(patience).await?;
        edit.hold_access_model().await?;
        let authority = match actor {
            Actor::Command { .. } => Authority::Everything,
            Actor::Usuario { id, generation, .. } => {
                let rights = standing(*id, *generation, edit.access(*id).await?)?;
                Authority::of(Administrator::new(*id, rights, &edit.niveis().await?), needs)?
            }
        };
        let had_root_administrator = edit.has_user_at_root(ROOT_ADMINISTRATOR).await?;
        Ok(Self { edit, authority, had_root_administrator, key: None })
    }

    /// The same for what came with `key`, and for which somebody waits with `patience`; fails where the key was used.
    pub async fn begin_once(
        patience: Patience,
        store: &Store,
        actor: &Actor,
        needs: Permissao,
        key: Option<&CreationKey>,
    ) -> Result<Self> {
        let mut edit = Box::pin(Self::begin_within(patience, store, actor, needs)).await?;
        if let (Some(usuario_id), Some(key)) = (actor.usuario_id(), key) {
            match edit.used_key(usuario_id, &key.key).await? {
                Some(UsedKey { fingerprint, result: Some(result) }) if key.is_of(fingerprint) => {
                    return Err(ProvisioningError::Replayed(result));
                }
                Some(_) => return Err(ProvisioningError::KeyReused),
                None => edit.key = Some((usuario_id, key.clone())),
            }
        }
        Ok(edit)
    }

    /// [`GuardedEdit::commit`] of what is done once: its key is kept with what was made or changed, an id or a protocolo.
    pub async fn commit_once(mut self, actor: &Actor, entry: Entry, made: &str) -> Result<()> {
        if let Some((usuario_id, CreationKey { key, fingerprint, .. })) = self.key.take() {
            self.use_key(usuario_id, &key, fingerprint, made).await?;
        }
        self.commit(actor, &[entry]).await
    }

    /// Makes it durable with `entries`, unless it takes the last root administrator away.
    pub async fn commit(mut self, actor: &Actor, entries: &[Entry]) -> Result<()> {
        self.require_root_administrator().await?;
        Ok(self.edit.commit(actor, entries).await?)
    }

    /// Undoes it, and fails where [`GuardedEdit::commit`] would refuse it.
    pub async fn undo(mut self) -> Result<()> {
        self.require_root_administrator().await
    }

    async fn require_root_administrator(&mut self) -> Result<()> {
        if self.had_root_administrator && !self.edit.has_user_at_root(ROOT_ADMINISTRATOR).await? {
            return Err(ProvisioningError::LastRootAdministrator);
        }
        Ok(())
    }

    /// That there is no `nome` that the actor sees, and which of the names was probably meant, if whoever runs a command
    /// asks. The edit ends before: to read and compare many names takes long.
    pub(super) async fn missing(
        self,
        kind: Kind,
        nome: &Name,
        names: impl AsyncFnOnce() -> Result<Vec<String>>,
    ) -> Result<ProvisioningError> {
        let is_command = matches!(self.authority, Authority::Everything);
        drop(self);
        let known = if is_command { names().await? } else { Vec::new() };
        Ok(missing(kind, nome, known.iter().map(String::as_str)))
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Fails unless the actor may give all that `perfil` holds to somebody: what is not released to it now may be later.
    pub(super) async fn require_handing_on(&mut self, perfil: &Perfil) -> Result<()> {
        if matches!(self.authority, Authority::Everything) {
            return Ok(());
        }
        let granted = self.edit.grants_of(perfil.id).await?;
        self.authority.require_handing_on(granted.iter().map(String::as_str))
    }
}

impl Deref for GuardedEdit {
    type Target = Edit;

    fn deref(&self) -> &Edit {
        &self.edit
    }
}

impl DerefMut for GuardedEdit {
    fn deref_mut(&mut self) -> &mut Edit {
        &mut self.edit
    }
}

impl Authority {
    /// That of a user, who `needs` a permission.
    pub fn of(who: Administrator, needs: Permissao) -> Result<Self> {
        if !who.allows(needs) {
            return Err(ProvisioningError::NotAllowed(who.usuario_id));
        }
        Ok(Self::Administrator(Box::new(who)))
    }

    pub fn sees_permissao(&self, nome: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Administrator(who) => who.sees_permissao(nome),
        }
    }

    /// Those of `permissoes` that the actor sees.
    pub fn seen_of<'a>(&self, permissoes: impl Iterator<Item = &'a String>) -> Vec<String> {
        permissoes.filter(|nome| self.sees_permissao(nome)).cloned().collect()
    }

    pub fn sees(&self, nivel_id: Option<i64>) -> bool {
        match self {
            Self::Everything => true,
            Self::Administrator(who) => who.sees(nivel_id),
        }
    }

    /// Whether the actor sees the nível above `nivel`.
    pub fn sees_above(&self, nivel: &Nivel) -> bool {
        nivel.superior_id.is_some_and(|superior| self.sees(Some(superior)))
    }

    /// `Some` where the actor sees it: who does not must not learn that it is there.
    pub fn see_nivel(&self, nivel: Option<Nivel>) -> Option<Nivel> {
        nivel.filter(|nivel| self.sees(Some(nivel.id)))
    }

    pub fn see_perfil(&self, perfil: Option<Perfil>) -> Option<Perfil> {
        perfil.filter(|perfil| self.sees(perfil.nivel_id))
    }

    pub fn see_usuario(&self, usuario: Option<Usuario>) -> Option<Usuario> {
        usuario.filter(|usuario| self.sees(usuario.nivel_id))
    }

    /// Fails unless the actor may register something at the top, or as root.
    pub fn require_root(&self) -> Result<()> {
        match self {
            Self::Administrator(who) if !who.is_root() => Err(ProvisioningError::RootOnly),
            _ => Ok(()),
        }
    }

    /// Fails unless the actor may release `permissoes` to a nível, or take them back.
    pub fn require_governing(&self, nivel: &Nivel, permissoes: &[Permissao]) -> Result<()> {
        match self {
            Self::Administrator(who) if !who.governs(nivel.id) => Err(ProvisioningError::OwnNivel),
            _ => self.require_handing_on(permissoes.iter().map(|permissao| permissao.nome())),
        }
    }

    /// Fails unless the actor may give all of `permissoes` to somebody.
    pub fn require_handing_on<'a>(&self, permissoes: impl Iterator<Item = &'a str>) -> Result<()> {
        match self {
            Self::Administrator(who) => require(permissoes, |nome| who.may_hand_on(nome)),
            Self::Everything => Ok(()),
        }
    }

    /// Fails unless the actor sees all of `permissoes`.
    pub fn require_seeing(&self, permissoes: &[Permissao]) -> Result<()> {
        require(permissoes.iter().map(|permissao| permissao.nome()), |nome| self.sees_permissao(nome))
    }

    /// Fails where the actor would give itself something by a change of `perfil`.
    pub fn require_other_perfil(&self, perfil: &Perfil) -> Result<()> {
        match self {
            Self::Administrator(who) if who.is_own_perfil(perfil.id) => Err(ProvisioningError::Oneself),
            _ => Ok(()),
        }
    }

    /// Whether `usuario` is the actor.
    pub fn is_oneself(&self, usuario: &Usuario) -> bool {
        matches!(self, Self::Administrator(who) if who.usuario_id == usuario.id)
    }
}

/// Fails with those of `permissoes` that are not `within` what the actor may do.
fn require<'a>(permissoes: impl Iterator<Item = &'a str>, within: impl Fn(&str) -> bool) -> Result<()> {
    let beyond: Vec<String> = permissoes.filter(|nome| !within(nome)).map(str::to_owned).collect();
    if beyond.is_empty() { Ok(()) } else { Err(ProvisioningError::Beyond(beyond)) }
}
