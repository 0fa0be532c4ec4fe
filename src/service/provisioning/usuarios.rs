//! Users.

use secrecy::SecretString;
use serde_json::json;

use super::error::{created, missing};
use super::guarded::GuardedEdit;
use super::{Kind, Move, Provisioning, ProvisioningError, Result, Stamp};
use crate::auth::token::new_generation;
use crate::domain::access::Permissao;
use crate::domain::audit::Action;
use crate::domain::text::{LOGIN_MAX, Name, NameKey, fits};
use crate::service::audit::of_usuario;
use crate::service::throttle::bucket_of;
use crate::store::{Patience, Perfil, Store, Usuario};

impl Provisioning {
    /// Registers a user; its row id.
    pub async fn create_usuario(&self, login: &Name, perfil: &Name, senha: SecretString) -> Result<i64> {
        require_login(login)?;
        let patience = self.store.patience();
        let judged = async { self.begin_usuario(patience, perfil).await.map(drop) };
        let hash = self.hash(patience, senha, judged).await?;
        let (mut edit, perfil) = self.begin_usuario(patience, perfil).await?;
        let inserted = edit.insert_usuario(login, perfil.id, &hash, new_generation()).await;
        let usuario_id = created(Kind::Usuario, login, inserted)?;
        let after = json!({"perfil": perfil.nome, "ativo": true});
        let entry = of_usuario(Action::CreateUsuario, usuario_id, None, Some(after));
        self.commit_once(edit, entry, usuario_id).await?;
        Ok(usuario_id)
    }

    /// Sets a password, revokes the tokens issued so far, and forgets the login's failures. Returns the user, as do the
    /// other changes of users.
    pub async fn set_senha(&self, login: &Name, senha: SecretString) -> Result<Usuario> {
        let patience = self.store.patience();
        // Boxed: large, and whoever sets a senha would hold it whole.
        let judged = Box::pin(async {
            let (edit, usuario) = self.edit_senha(patience, login).await?;
            let is_own = edit.authority().is_oneself(&usuario);
            drop(edit);
            if is_own { self.require_other_senha(&login.key, senha.clone()).await } else { Ok(()) }
        });
        let (hash, bucket) = (self.hash(patience, senha.clone(), judged).await?, bucket_of(&login.key));
        let (mut edit, usuario) = self.edit_senha(patience, login).await?;
        edit.set_senha(usuario.id, &hash, new_generation(), &bucket).await?;
        self.commit_once(edit, of_usuario(Action::SetSenha, usuario.id, None, None), usuario.id).await?;
        Ok(usuario)
    }

    /// Activates or deactivates a user and revokes the tokens issued so far. An activation forgets the login's
    /// failures, also where the user was active.
    pub async fn set_usuario_ativo(&self, login: &Name, ativo: bool) -> Result<Usuario> {
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        let generation = new_generation();
        let action = if ativo {
            edit.require_handing_on(&perfil_of(&usuario)).await?;
            edit.activate_usuario(usuario.id, generation, &bucket_of(&login.key)).await?;
            Action::ActivateUsuario
        } else {
            require_no_less(&mut edit, &usuario).await?;
            edit.deactivate_usuario(usuario.id, generation).await?;
            Action::DeactivateUsuario
        };
        let [before, after] = [usuario.ativo, ativo].map(|ativo| Some(json!({"ativo": ativo})));
        self.commit_once(edit, of_usuario(action, usuario.id, before, after), usuario.id).await?;
        Ok(Usuario { ativo, ..usuario })
    }

    /// Moves a user to a perfil. The tokens stay valid: access is judged by the perfil of the moment.
    pub async fn set_perfil(&self, login: &Name, perfil: &Name) -> Result<Usuario> {
        let (mut edit, usuario, perfil) = self.begin_move(login, perfil).await?;
        if self.effects.is_some() {
            self.require_told(&edit.model().await?.move_effect(&usuario, &perfil))?;
        }
        edit.set_perfil(usuario.id, perfil.id).await?;
        let changed = usuario.perfil != perfil.nome;
        let [before, after] = [&usuario.perfil, &perfil.nome].map(|perfil| Some(json!({"perfil": perfil})));
        let entry = of_usuario(Action::SetPerfil, usuario.id, before, after);
        self.commit(edit, changed.then_some(entry)).await?;
        let Perfil { id: perfil_id, nome: perfil, nivel_id } = perfil;
        Ok(Usuario { perfil, perfil_id, nivel_id, ..usuario })
    }

    /// What it would do to move a user to a perfil; fails where [`Provisioning::set_perfil`] would.
    pub async fn effect_of_move(&self, login: &Name, perfil: &Name) -> Result<Move> {
        let (mut edit, usuario, perfil) = self.begin_move(login, perfil).await?;
        let effect = edit.model().await?.move_effect(&usuario, &perfil);
        edit.set_perfil(usuario.id, perfil.id).await?;
        edit.undo().await?;
        Ok(effect)
    }

    async fn begin_move(&self, login: &Name, perfil: &Name) -> Result<(GuardedEdit, Usuario, Perfil)> {
        let (edit, usuario) = self.edit_usuario(login).await?;
        let (mut edit, perfil) = self.perfil(edit, perfil).await?;
        if edit.authority().is_oneself(&usuario) {
            return Err(ProvisioningError::Oneself);
        }
        edit.require_handing_on(&perfil_of(&usuario)).await?;
        edit.require_handing_on(&perfil).await?;
        Ok((edit, usuario, perfil))
    }

    /// Revokes the tokens issued so far.
    pub async fn revoke_tokens(&self, login: &Name) -> Result<Usuario> {
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        require_no_less(&mut edit, &usuario).await?;
        edit.set_generation(usuario.id, new_generation()).await?;
        self.commit_once(edit, of_usuario(Action::RevokeTokens, usuario.id, None, None), usuario.id).await?;
        Ok(usuario)
    }

    pub async fn usuario(&self, login: &Name) -> Result<Usuario> {
        let usuarios = self.store.usuarios().await?;
        let found = usuarios.iter().find(|usuario| NameKey::new(&usuario.login) == login.key);
        found.cloned().ok_or_else(|| missing_usuario(login, &usuarios))
    }

    /// Begins the creation of a user on `perfil`.
    async fn begin_usuario(&self, patience: Patience, perfil: &Name) -> Result<(GuardedEdit, Perfil)> {
        let edit = self.begin_once_within(patience, Permissao::AdministrarUsuarios).await?;
        let (mut edit, perfil) = self.perfil(edit, perfil).await?;
        edit.require_handing_on(&perfil).await?;
        Ok((edit, perfil))
    }

    /// Begins the edit of a user whose senha the actor may set: with it, one has what the user has.
    async fn edit_senha(&self, patience: Patience, login: &Name) -> Result<(GuardedEdit, Usuario)> {
        let (mut edit, usuario) = self.edit_usuario_within(patience, login).await?;
        require_no_less(&mut edit, &usuario).await?;
        Ok((edit, usuario))
    }

    /// Begins the edit of a user whom the actor sees and who is not anonymised.
    async fn edit_usuario(&self, login: &Name) -> Result<(GuardedEdit, Usuario)> {
        self.edit_usuario_within(self.store.patience(), login).await
    }

    async fn edit_usuario_within(&self, patience: Patience, login: &Name) -> Result<(GuardedEdit, Usuario)> {
        let edit = self.begin_once_within(patience, Permissao::AdministrarUsuarios).await?;
        let (mut edit, usuario) = edit_usuario(&self.store, edit, login).await?;
        if is_anonymised(&usuario) {
            return Err(ProvisioningError::Anonymised(usuario.login));
        }
        if let Some(seen) = &self.seen
            && edit.access(usuario.id).await?.is_none_or(|rights| Stamp::of(&rights) != *seen)
        {
            return Err(ProvisioningError::Changed);
        }
        Ok((edit, usuario))
    }
}

/// Fails for a login that nobody can have.
pub fn require_login(login: &Name) -> Result<()> {
    if !fits(&login.texto, LOGIN_MAX) {
        return Err(ProvisioningError::LongLogin);
    }
    if login.key.is_reserved() {
        return Err(ProvisioningError::ReservedLogin);
    }
    Ok(())
}

/// The user of that login, whom the actor of `edit` sees, and whom nobody else changes until its end.
pub(in crate::service) async fn edit_usuario(
    store: &Store,
    mut edit: GuardedEdit,
    login: &Name,
) -> Result<(GuardedEdit, Usuario)> {
    let found = edit.usuario(&login.key).await?;
    if let Some(seen) = edit.authority().see_usuario(found) {
        return Ok((edit, seen));
    }
    let logins = async || Ok(store.usuarios().await?.into_iter().map(|usuario| usuario.login).collect());
    Err(edit.missing(Kind::Usuario, login, logins).await?)
}

/// Fails where the actor would lock out somebody who may do more than it could give: with such a user it may do nothing.
async fn require_no_less(edit: &mut GuardedEdit, usuario: &Usuario) -> Result<()> {
    if edit.authority().is_oneself(usuario) { Ok(()) } else { edit.require_handing_on(&perfil_of(usuario)).await }
}

/// Whether its login is a pseudonym; nobody else can have one.
pub(in crate::service) fn is_anonymised(usuario: &Usuario) -> bool {
    usuario.login == Name::pseudonym(usuario.id).texto
}

fn perfil_of(usuario: &Usuario) -> Perfil {
    Perfil { id: usuario.perfil_id, nome: usuario.perfil.clone(), nivel_id: usuario.nivel_id }
}

fn missing_usuario(login: &Name, usuarios: &[Usuario]) -> ProvisioningError {
    missing(Kind::Usuario, login, usuarios.iter().map(|usuario| usuario.login.as_str()))
}
