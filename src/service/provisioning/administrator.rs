//! The first administrator, who can do all the rest.

use secrecy::SecretString;
use serde_json::json;

use super::error::created;
use super::guarded::GuardedEdit;
use super::hierarchy::require_nome;
use super::usuarios::require_login;
use super::{Kind, Provisioning, ProvisioningError, Result};
use crate::auth::token::new_generation;
use crate::domain::access::Permissao;
use crate::domain::audit::{Action, Entry};
use crate::domain::hierarchy::ROOT_ADMINISTRATOR;
use crate::domain::text::Name;
use crate::service::audit::{named, of_usuario};
use crate::store::Perfil;

impl Provisioning {
    /// Registers a user who is a root administrator by `perfil`, which is made with every permission where it is not
    /// there; the user's row id.
    pub async fn create_administrator(&self, login: &Name, perfil: &Name, senha: SecretString) -> Result<i64> {
        require_login(login)?;
        let hash = self.hash(self.store.patience(), senha, async { Ok(()) }).await?;
        let mut edit = self.begin(Permissao::AdministrarUsuarios).await?;
        edit.authority().require_root()?;
        let (perfil, mut entries) = perfil_of_administrators(&mut edit, perfil).await?;
        let inserted = edit.insert_usuario(login, perfil.id, &hash, new_generation()).await;
        let usuario_id = created(Kind::Usuario, login, inserted)?;
        let after = json!({"perfil": perfil.nome, "ativo": true});
        entries.push(of_usuario(Action::CreateUsuario, usuario_id, None, Some(after)));
        self.commit(edit, entries).await?;
        Ok(usuario_id)
    }
}

/// The root perfil of that name, and the entries that tell of its making.
async fn perfil_of_administrators(edit: &mut GuardedEdit, nome: &Name) -> Result<(Perfil, Vec<Entry>)> {
    if let Some(perfil) = edit.perfil(&nome.key).await? {
        let granted = edit.grants_of(perfil.id).await?;
        let is_complete = ROOT_ADMINISTRATOR.iter().all(|needed| granted.iter().any(|nome| nome == needed.nome()));
        return if perfil.nivel_id.is_none() && is_complete {
            Ok((perfil, Vec::new()))
        } else {
            Err(ProvisioningError::NotAdministrators(perfil.nome))
        };
    }
    require_nome(nome)?;
    let id = edit.insert_perfil(nome, None).await?;
    edit.set_grants(id, Permissao::ALL, true).await?;
    let nomes: Vec<&str> = Permissao::ALL.iter().map(|permissao| permissao.nome()).collect();
    let entries = vec![
        named(Action::CreatePerfil, &nome.texto, None, Some(json!({"root": true, "nivel": null}))),
        named(Action::Grant, &nome.texto, Some(json!({"permissoes": []})), Some(json!({"permissoes": nomes}))),
    ];
    Ok((Perfil { id, nome: nome.texto.clone(), nivel_id: None }, entries))
}
