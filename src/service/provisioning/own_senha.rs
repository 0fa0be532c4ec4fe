//! One's own senha: to set it takes no permission.

use secrecy::SecretString;

use super::guarded::standing;
use super::{CreationKey, Provisioning, ProvisioningError, Result};
use crate::auth::token::new_generation;
use crate::domain::access::AccessRights;
use crate::domain::audit::Action;
use crate::domain::text::NameKey;
use crate::service::audit::of_usuario;
use crate::service::throttle::bucket_of;
use crate::store::{Edit, Patience};

impl Provisioning {
    /// Sets the senha of the user who asks, whose session of `generation` stands and who has shown the present senha.
    /// Revokes the tokens and sessions, and forgets the login's failures. Returns the generation of those that count.
    pub async fn set_own_senha(&self, usuario_id: i64, generation: i64, senha: SecretString) -> Result<i64> {
        let patience = self.store.patience();
        let judged = async { self.edit_own(patience, usuario_id, generation).await.map(drop) };
        let hash = self.hash(patience, senha, judged).await?;
        let (mut edit, rights) = self.edit_own(patience, usuario_id, generation).await?;
        let new = new_generation();
        edit.set_senha(usuario_id, &hash, new, &bucket_of(&NameKey::new(&rights.login))).await?;
        if let Some(CreationKey { key, fingerprint, .. }) = &self.key {
            edit.use_key(usuario_id, key, *fingerprint, &usuario_id.to_string()).await?;
        }
        edit.commit(&self.actor, &[of_usuario(Action::SetSenha, usuario_id, None, None)]).await?;
        Ok(new)
    }

    /// Fails unless `senha` is another one than the user's present one, where the user sets it for itself.
    pub(super) async fn require_other_senha(&self, login: &NameKey, senha: SecretString) -> Result<()> {
        let Some(credential) = self.store.credential(login).await? else { return Ok(()) };
        let turn = self.passwords.turn(self.passwords.place()?).await?;
        let is_same = self.passwords.verify(&turn, Some(credential.senha_hash), senha).await?;
        if is_same { Err(ProvisioningError::SameSenha) } else { Ok(()) }
    }

    /// Begins an edit during which nobody else sets the senha.
    async fn edit_own(&self, patience: Patience, usuario_id: i64, generation: i64) -> Result<(Edit, AccessRights)> {
        let mut edit = self.store.edit_within(patience).await?;
        edit.hold_access_model().await?;
        let rights = standing(usuario_id, generation, edit.access(usuario_id).await?)?;
        Ok((edit, rights))
    }
}
