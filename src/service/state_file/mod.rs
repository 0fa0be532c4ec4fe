//! The state file: níveis, perfis, users and motivos as TOML. It is shown, compared, and brought about in one
//! transaction. docs/STATE.md describes it.

mod apply;
mod change;
mod error;
mod file;
mod outcome;
mod plan;
mod reader;
mod registered;
mod render;
mod senhas;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use secrecy::SecretString;

pub use self::change::Change;
pub use self::error::{Fault, Faults, StateError};
pub use self::file::{FILE_MAX, PublicUser, Senhas, StateFile};
pub use self::state::State;

use self::apply::apply;
use self::error::Result;
use self::plan::plan;
use self::registered::Registered;
use self::senhas::senhas_of;
use crate::auth::password::Passwords;
use crate::domain::access::Permissao;
use crate::domain::audit::Actor;
use crate::domain::text::NameKey;
use crate::service::provisioning::GuardedEdit;
use crate::store::Store;

/// How far a file reaches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What is not in the file is taken away.
    pub remove: bool,
    /// Users who are there already get the senhas of the file, too.
    pub senhas: bool,
}

/// What a file would change. Deliberately without `Debug`: it has senhas.
pub struct Comparison {
    pub changes: Vec<Change>,
    /// How much is registered that is not in the file, and stays.
    pub left: usize,
    /// Of new users, and of those who get another one.
    senhas: BTreeMap<NameKey, SecretString>,
    /// Who gets another one.
    renewed: BTreeSet<NameKey>,
}

/// Shows the state of a server, and changes it after a file.
pub struct StateFiles {
    store: Arc<Store>,
    passwords: Passwords,
    actor: Actor,
}

impl StateFiles {
    /// For `actor`, whom the audit trail names.
    pub fn new(store: Arc<Store>, actor: Actor) -> Self {
        Self { store, passwords: Passwords::new(1, || false), actor }
    }

    /// What is registered, without anonymised users.
    pub async fn state(&self) -> Result<State> {
        Ok(Registered::of(self.store.provisioned().await?).state)
    }

    /// What `file` would change now.
    pub async fn compare(&self, file: &StateFile, options: Options) -> Result<Comparison> {
        let registered = Registered::of(self.store.provisioned().await?);
        let mut faults = Vec::new();
        let senhas = senhas_of(file, &registered, options.senhas, &self.store, &self.passwords, &mut faults).await?;
        let renewed = senhas.keys().filter(|login| registered.usuarios.contains_key(*login)).cloned().collect();
        let plan = plan(&registered, file, options.remove, &renewed);
        faults.extend(plan.faults);
        Faults::none_of(faults)?;
        Ok(Comparison { changes: plan.changes, left: plan.left, senhas, renewed })
    }

    /// Makes the changes that were `compared` and shown. Fails where they are no longer the same.
    pub async fn apply(&self, file: &StateFile, options: Options, compared: Comparison) -> Result<()> {
        let shown = compared.changes.clone();
        self.change(file, options, compared, |changes| *changes == shown).await.map(drop)
    }

    /// Makes the server as `file` says, and removes nothing. Several may do so at once; returns what this one changed.
    pub async fn bring_about(&self, file: &StateFile) -> Result<Vec<Change>> {
        let compared = self.compare(file, Options::default()).await?;
        if compared.changes.is_empty() {
            return Ok(Vec::new());
        }
        self.change(file, Options::default(), compared, |_| true).await
    }

    /// Compares again, while nobody else changes anything, and makes the changes if they are `wanted`: all or none.
    async fn change(
        &self,
        file: &StateFile,
        options: Options,
        compared: Comparison,
        wanted: impl FnOnce(&Vec<Change>) -> bool,
    ) -> Result<Vec<Change>> {
        let mut hashes = BTreeMap::new();
        for (login, senha) in compared.senhas {
            hashes.insert(login, self.passwords.hash(senha).await?);
        }
        let mut edit = GuardedEdit::begin(&self.store, &self.actor, Permissao::AdministrarPerfis).await?;
        let registered = Registered::of(edit.provisioned().await?);
        let plan = plan(&registered, file, options.remove, &compared.renewed);
        Faults::none_of(plan.faults)?;
        if !wanted(&plan.changes) {
            return Err(StateError::Overtaken);
        }
        if !plan.changes.is_empty() {
            let entries = apply(&mut edit, registered, &plan.changes, &hashes).await?;
            edit.commit(&self.actor, &entries).await?;
        }
        Ok(plan.changes)
    }
}
