//! What administrators set up: names turned into rows, typed refusals, and an entry of the audit trail for each change.
//! The same for the command line and over HTTP; a user does what the hierarchy lets it do.

mod administrator;
mod atendimentos;
mod error;
mod guarded;
mod hierarchy;
mod model;
mod motivos;
mod own_senha;
mod seen;
mod seen_audit;
mod stamp;
mod switches;
mod usuarios;

use std::fmt::Debug;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

pub use self::error::{Kind, ProvisioningError, SENHA_RULE};
pub use self::guarded::CreationKey;
pub(in crate::service) use self::guarded::GuardedEdit;
pub(in crate::service) use self::hierarchy::require_nome;
pub use self::model::{Effect, Move, Obstacle, SeenModel, Switch};
pub use self::motivos::Made;
pub use self::seen::{SeenNivel, SeenPerfil, SeenUsuario};
pub use self::stamp::Stamp;
pub use self::usuarios::require_login;
pub(in crate::service) use self::usuarios::{edit_usuario, is_anonymised};
use crate::auth::password::Passwords;
use crate::domain::access::{Nivel, Permissao};
use crate::domain::audit::{Actor, Entry};
use crate::domain::senha::SenhaFault;
use crate::domain::text::{Name, NameKey};
use crate::store::{Patience, Perfil, Store};

/// Sets up níveis, perfis, users, motivos and single atendimentos.
#[derive(Clone)]
pub struct Provisioning {
    store: Arc<Store>,
    passwords: Arc<Passwords>,
    actor: Actor,
    key: Option<CreationKey>,
    /// How a user was when whoever asks looked.
    seen: Option<Stamp>,
    /// What whoever asks was told that would follow.
    effects: Option<Stamp>,
    /// Why a senha is none that may be set.
    senha_fault: fn(&str) -> Option<SenhaFault>,
    is_trial: bool,
}

/// Fails for a senha that nobody may set.
pub fn require_senha(senha: &SecretString) -> Result<()> {
    refuse(SenhaFault::of_new(senha.expose_secret()))
}

/// Fails for a senha that no request could carry.
pub fn require_known_senha(senha: &SecretString) -> Result<()> {
    refuse(SenhaFault::of(senha.expose_secret()))
}

fn refuse(fault: Option<SenhaFault>) -> Result<()> {
    fault.map_or(Ok(()), |fault| Err(ProvisioningError::InvalidSenha(fault)))
}

type Result<T, E = ProvisioningError> = std::result::Result<T, E>;

impl Provisioning {
    /// For `actor`, whom the audit trail names, with passwords of its own.
    pub fn new(store: Arc<Store>, actor: Actor) -> Self {
        Self::with(store, Arc::new(Passwords::new(1, || false)), actor)
    }

    /// For `actor`, who shares `passwords` with others.
    pub fn with(store: Arc<Store>, passwords: Arc<Passwords>, actor: Actor) -> Self {
        let senha_fault = SenhaFault::of_new;
        Self { store, passwords, actor, key: None, seen: None, effects: None, senha_fault, is_trial: false }
    }

    /// The same for what came with `key`, if one did: a creation is made once, and so a senha set and tokens revoked.
    #[must_use]
    pub fn keyed(self, key: Option<CreationKey>) -> Self {
        Self { key, ..self }
    }

    /// The same for a change of a user that is made only while the user is as it was `seen`.
    #[must_use]
    pub fn while_as(self, seen: Stamp) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// The same for a change that is made only while from it follows what somebody was told.
    #[must_use]
    pub fn while_follows(self, effects: Stamp) -> Self {
        Self { effects: Some(effects), ..self }
    }

    /// The same for senhas that are in use already, and may be short: those of clients of Citrus, and of examples.
    #[must_use]
    pub fn taking_known_senhas(self) -> Self {
        Self { senha_fault: SenhaFault::of, ..self }
    }

    /// The same, to hear whether a change would be refused: it is judged as it is otherwise, and then undone.
    #[must_use]
    pub fn trying(self) -> Self {
        Self { is_trial: true, ..self }
    }

    async fn begin(&self, needs: Permissao) -> Result<GuardedEdit> {
        GuardedEdit::begin(&self.store, &self.actor, needs).await
    }

    async fn begin_once(&self, needs: Permissao) -> Result<GuardedEdit> {
        self.begin_once_within(self.store.patience(), needs).await
    }

    async fn begin_once_within(&self, patience: Patience, needs: Permissao) -> Result<GuardedEdit> {
        GuardedEdit::begin_once(patience, &self.store, &self.actor, needs, self.key.as_ref()).await
    }

    /// Commits what is done once; `made` is the id or protocolo of what was made or changed.
    async fn commit_once(&self, edit: GuardedEdit, entry: Entry, made: impl ToString) -> Result<()> {
        if self.is_trial {
            return edit.undo().await;
        }
        edit.commit_once(&self.actor, entry, &made.to_string()).await
    }

    /// Fails unless whoever asks was told that these `effects` follow, where they were told anything.
    fn require_told(&self, effects: &impl Debug) -> Result<()> {
        let is_told = self.effects.as_ref().is_none_or(|told| *told == Stamp::of_effects(effects));
        if is_told { Ok(()) } else { Err(ProvisioningError::Changed) }
    }

    async fn commit(&self, edit: GuardedEdit, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        if self.is_trial {
            return edit.undo().await;
        }
        let entries: Vec<Entry> = entries.into_iter().collect();
        edit.commit(&self.actor, &entries).await
    }

    /// The nível of that name, which the actor sees.
    async fn nivel(&self, mut edit: GuardedEdit, nome: &Name) -> Result<(GuardedEdit, Nivel)> {
        let niveis = edit.niveis().await?;
        let found = niveis.iter().find(|nivel| NameKey::new(&nivel.nome) == nome.key).cloned();
        if let Some(seen) = edit.authority().see_nivel(found) {
            return Ok((edit, seen));
        }
        Err(edit.missing(Kind::Nivel, nome, async || Ok(niveis.into_iter().map(|nivel| nivel.nome).collect())).await?)
    }

    /// The perfil of that name, which the actor sees.
    async fn perfil(&self, mut edit: GuardedEdit, nome: &Name) -> Result<(GuardedEdit, Perfil)> {
        let found = edit.perfil(&nome.key).await?;
        if let Some(seen) = edit.authority().see_perfil(found) {
            return Ok((edit, seen));
        }
        let names = async || Ok(self.store.perfis().await?.into_iter().map(|perfil| perfil.nome).collect());
        Err(edit.missing(Kind::Perfil, nome, names).await?)
    }

    /// The hash of `senha`, once it is `judged` that it will be set: what is refused, or was made already, costs none.
    /// Nothing is held up meanwhile, so it is judged again when it is set, with the same `patience`.
    async fn hash(
        &self,
        patience: Patience,
        senha: SecretString,
        judged: impl Future<Output = Result<()>>,
    ) -> Result<String> {
        refuse((self.senha_fault)(senha.expose_secret()))?;
        judged.await?;
        Ok(patience.keep(self.passwords.hash(senha)).await??)
    }
}
