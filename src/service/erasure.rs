//! Erasure: comments and logins go; statuses, revisions and histories stay. What is done twice is done once, so that
//! after a crash a command is simply run again.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use time::OffsetDateTime;

use crate::auth::password::DUMMY;
use crate::auth::token::new_generation;
use crate::clock::rfc3339_millis;
use crate::domain::access::Permissao;
use crate::domain::audit::{Action, Actor};
use crate::domain::text::Name;
use crate::service::audit::{named, of_usuario};
use crate::service::pace::{Pace, in_portions};
use crate::service::provisioning::{GuardedEdit, Kind, ProvisioningError, edit_usuario, is_anonymised};
use crate::service::throttle::bucket_of;
use crate::store::{Cursor, Leftovers, Store, StoreError, Usuario};

type Result<T> = std::result::Result<T, ProvisioningError>;

/// Erases for `actor`, whom the audit trail names.
pub struct Erasure {
    store: Arc<Store>,
    actor: Actor,
}

/// How far a purge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The id of the atendimento that it has reached, of so many.
    pub reached: u64,
    pub of: u64,
    /// How many comments it has met so far.
    pub comments: u64,
}

impl Erasure {
    pub fn new(store: Arc<Store>, actor: Actor) -> Self {
        Self { store, actor }
    }

    /// Erases the comments of an atendimento; how many there were.
    pub async fn anonymise_atendimento(&self, protocolo: &str) -> Result<u64> {
        let protocolo = protocolo.trim();
        let mut edit = self.store.edit().await?;
        let erased = edit.erase_comments_of(protocolo).await?;
        let comments = erased.ok_or_else(|| ProvisioningError::no_atendimento(protocolo))?;
        let after = json!({"comentarios": comments});
        edit.commit(&self.actor, &[named(Action::AnonymiseAtendimento, protocolo, None, Some(after))]).await?;
        Ok(comments)
    }

    /// How many comments an atendimento has.
    pub async fn comments_of(&self, protocolo: &str) -> Result<u64> {
        let protocolo = protocolo.trim();
        let comments = self.store.count_comments_of(protocolo).await?;
        comments.ok_or_else(|| ProvisioningError::no_atendimento(protocolo))
    }

    /// Puts a pseudonym in the place of a login, which is returned. The user can never log in again. A request in flight
    /// may leave a key even then, which the servers forget: see [`crate::service::purge`].
    pub async fn anonymise_usuario(&self, login: &Name) -> Result<String> {
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        if is_anonymised(&usuario) {
            return Ok(usuario.login);
        }
        // First of all, so that no new keys come.
        if usuario.ativo {
            edit.deactivate_usuario(usuario.id, new_generation()).await?;
            let [before, after] = [true, false].map(|ativo| Some(json!({"ativo": ativo})));
            let entry = of_usuario(Action::DeactivateUsuario, usuario.id, before, after);
            edit.commit(&self.actor, &[entry]).await?;
        } else {
            drop(edit);
        }
        in_portions(|keys| self.forget_keys(usuario.id, keys)).await?;
        let pseudonym = Name::pseudonym(usuario.id);
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        // Those that came meanwhile.
        edit.forget_keys(usuario.id, u32::MAX).await?;
        let anonymised =
            edit.anonymise_usuario(usuario.id, &pseudonym, DUMMY, new_generation(), &bucket_of(&login.key)).await;
        match anonymised {
            Err(StoreError::AlreadyExists) => {
                return Err(ProvisioningError::Exists { kind: Kind::Usuario, nome: pseudonym.texto });
            }
            outcome => outcome?,
        }
        edit.commit(&self.actor, &[of_usuario(Action::AnonymiseUsuario, usuario.id, None, None)]).await?;
        Ok(pseudonym.texto)
    }

    async fn edit_usuario(&self, login: &Name) -> Result<(GuardedEdit, Usuario)> {
        let edit = GuardedEdit::begin(&self.store, &self.actor, Permissao::AdministrarUsuarios).await?;
        edit_usuario(&self.store, edit, login).await
    }

    async fn forget_keys(&self, usuario_id: i64, limit: u32) -> Result<u64> {
        let mut edit = self.store.edit().await?;
        let forgotten = edit.forget_keys(usuario_id, limit).await?;
        edit.commit(&self.actor, &[]).await?;
        Ok(forgotten)
    }

    /// Erases all comments from before `before`, portion by portion; how many there were. A first entry says that it
    /// began, so that it leaves a trace if it does not come to its end.
    pub async fn purge_comments(&self, before: OffsetDateTime, mut report: impl FnMut(Progress)) -> Result<u64> {
        let entry = |after| named(Action::PurgeComments, &rfc3339_millis(before), None, Some(after));
        let edit = self.store.edit().await?;
        edit.commit(&self.actor, &[entry(json!({"fase": "inicio"}))]).await?;
        let erase = async |after, to, so_far| -> Result<u64> {
            let mut edit = self.store.edit().await?;
            let comments = edit.erase_comments(after, to, before).await?;
            let end = (to == Cursor::END).then(|| entry(json!({"fase": "fim", "comentarios": so_far + comments})));
            edit.commit(&self.actor, end.as_slice()).await?;
            Ok(comments)
        };
        self.walk(erase, &mut report).await
    }

    /// How many comments [`Erasure::purge_comments`] would erase.
    pub async fn count_comments(&self, before: OffsetDateTime, mut report: impl FnMut(Progress)) -> Result<u64> {
        let count = async |after, to, _| Ok(self.store.count_comments(after, to, before).await?);
        self.walk(count, &mut report).await
    }

    /// Takes what was erased off the disk, as far as that holds nobody up, and says what is left.
    pub async fn scrub(&self) -> Result<Leftovers> {
        Ok(self.store.scrub().await?)
    }

    /// Does `work` on all histories, portion by portion, with the number of comments so far; returns their sum. Between
    /// two portions others have as much time as one takes.
    async fn walk(
        &self,
        work: impl AsyncFn(Cursor, Cursor, u64) -> Result<u64>,
        report: &mut impl FnMut(Progress),
    ) -> Result<u64> {
        let of = self.store.last_atendimento_id().await?.unsigned_abs();
        let (mut after, mut comments, mut pace) = (Cursor::START, 0, Pace::START);
        loop {
            let to = self.store.reach(after, pace.rows()).await?;
            let began = Instant::now();
            comments += work(after, to, comments).await?;
            if to == Cursor::END {
                report(Progress { reached: of, of, comments });
                return Ok(comments);
            }
            report(Progress { reached: to.atendimento_id.unsigned_abs().min(of), of, comments });
            (after, pace) = (to, pace.pause(began).await);
        }
    }
}
