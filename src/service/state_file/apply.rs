//! Makes changes on an edit, each with its entry: that of the command that does the same, where there is one.

use std::collections::{BTreeMap, HashMap};
use std::mem::discriminant;

use serde_json::{Value, json};

use super::change::Change;
use super::error::{Result, StateError};
use super::registered::Registered;
use crate::auth::token::new_generation;
use crate::domain::access::Permissao;
use crate::domain::audit::{Action, Entry};
use crate::domain::text::{Name, NameKey};
use crate::service::audit::{named, of_usuario};
use crate::service::throttle::bucket_of;
use crate::store::{Edit, MANY, NewSenha, NewUsuario};

/// Makes `changes`, in their order. `registered` is what the edit holds; `hashes` are those of the senhas.
pub(super) async fn apply(
    edit: &mut Edit,
    registered: Registered,
    changes: &[Change],
    hashes: &BTreeMap<NameKey, String>,
) -> Result<Vec<Entry>> {
    let mut making = Making { edit, registered, hashes };
    let mut entries = Vec::with_capacity(changes.len());
    let mut rest = changes;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(alike(rest));
        entries.extend(making.make(now).await?);
        rest = later;
    }
    Ok(entries)
}

/// How many of `changes`, from the first one on, are made at once: there may be thousands of users, and whoever logs in
/// meanwhile must not wait for each.
fn alike(changes: &[Change]) -> usize {
    let is_one_of_many = |change: &Change| matches!(change, Change::CreateUsuario { .. } | Change::SetSenha { .. });
    let kind = discriminant(&changes[0]);
    let same = changes.iter().take(MANY).take_while(|change| discriminant(*change) == kind && is_one_of_many(change));
    same.count().max(1)
}

struct Making<'a> {
    edit: &'a mut Edit,
    /// With what was made so far.
    registered: Registered,
    hashes: &'a BTreeMap<NameKey, String>,
}

impl<'a> Making<'a> {
    /// Makes `changes`, which are alike where there are several.
    async fn make(&mut self, changes: &[Change]) -> Result<Vec<Entry>> {
        let entry = match &changes[0] {
            Change::CreateUsuario { .. } => return self.create_usuarios(changes).await,
            Change::SetSenha { .. } => return self.set_senhas(changes).await,
            Change::CreateNivel { nome, superior } => self.create_nivel(nome, superior.as_ref()).await,
            Change::MoveNivel { nome, from, to } => self.move_nivel(nome, from.as_ref(), to.as_ref()).await,
            Change::Release { nivel, permissoes } => self.set_releases(Action::Release, nivel, permissoes).await,
            Change::Withdraw { nivel, permissoes } => self.set_releases(Action::Withdraw, nivel, permissoes).await,
            Change::DeleteNivel { nome, superior, permissoes } => {
                self.delete_nivel(nome, superior.as_ref(), permissoes).await
            }
            Change::CreatePerfil { nome, nivel } => self.create_perfil(nome, nivel.as_ref()).await,
            Change::MovePerfil { nome, from, to } => self.move_perfil(nome, from.as_ref(), to.as_ref()).await,
            Change::Grant { perfil, permissoes } => self.set_grants(Action::Grant, perfil, permissoes).await,
            Change::Revoke { perfil, permissoes } => self.set_grants(Action::Revoke, perfil, permissoes).await,
            Change::DeletePerfil { nome, nivel, permissoes } => {
                self.delete_perfil(nome, nivel.as_ref(), permissoes).await
            }
            Change::SetPerfil { login, from, to } => self.set_perfil(login, from, to).await,
            Change::SetUsuarioAtivo { login, ativo } => self.set_usuario_ativo(login, *ativo).await,
            Change::CreateMotivo { nome, ativo } => self.create_motivo(nome, *ativo).await,
            Change::SetMotivoAtivo { nome, ativo } => self.set_motivo_ativo(nome, *ativo).await,
        };
        Ok(vec![entry?])
    }

    async fn create_nivel(&mut self, nome: &Name, superior: Option<&Name>) -> Result<Entry> {
        let superior_id = id_if(&self.registered.niveis, superior)?;
        let id = self.edit.insert_nivel(nome, superior_id).await?;
        self.registered.niveis.insert(nome.key.clone(), id);
        Ok(named(Action::CreateNivel, &nome.texto, None, Some(of_nivel(superior))))
    }

    async fn move_nivel(&mut self, nome: &Name, from: Option<&Name>, to: Option<&Name>) -> Result<Entry> {
        let niveis = &self.registered.niveis;
        self.edit.set_superior(id_of(niveis, nome)?, id_if(niveis, to)?).await?;
        Ok(named(Action::MoveNivel, &nome.texto, Some(of_nivel(from)), Some(of_nivel(to))))
    }

    async fn set_releases(&mut self, action: Action, nivel: &Name, permissoes: &[Permissao]) -> Result<Entry> {
        let id = id_of(&self.registered.niveis, nivel)?;
        let before = self.edit.releases_of(id).await?;
        self.edit.set_releases(id, permissoes, action == Action::Release).await?;
        let after = self.edit.releases_of(id).await?;
        Ok(named(action, &nivel.texto, Some(json!({"permissoes": before})), Some(json!({"permissoes": after}))))
    }

    async fn delete_nivel(&mut self, nome: &Name, superior: Option<&Name>, had: &[Permissao]) -> Result<Entry> {
        self.edit.delete_nivel(id_of(&self.registered.niveis, nome)?).await?;
        Ok(named(Action::DeleteNivel, &nome.texto, Some(with_permissoes(of_nivel(superior), had)), None))
    }

    async fn create_perfil(&mut self, nome: &Name, nivel: Option<&Name>) -> Result<Entry> {
        let nivel_id = id_if(&self.registered.niveis, nivel)?;
        let id = self.edit.insert_perfil(nome, nivel_id).await?;
        self.registered.perfis.insert(nome.key.clone(), id);
        Ok(named(Action::CreatePerfil, &nome.texto, None, Some(of_perfil(nivel))))
    }

    async fn move_perfil(&mut self, nome: &Name, from: Option<&Name>, to: Option<&Name>) -> Result<Entry> {
        let (id, nivel_id) = (id_of(&self.registered.perfis, nome)?, id_if(&self.registered.niveis, to)?);
        self.edit.set_nivel(id, nivel_id).await?;
        Ok(named(Action::MovePerfil, &nome.texto, Some(of_perfil(from)), Some(of_perfil(to))))
    }

    async fn set_grants(&mut self, action: Action, perfil: &Name, permissoes: &[Permissao]) -> Result<Entry> {
        let id = id_of(&self.registered.perfis, perfil)?;
        let before = self.edit.grants_of(id).await?;
        self.edit.set_grants(id, permissoes, action == Action::Grant).await?;
        let after = self.edit.grants_of(id).await?;
        Ok(named(action, &perfil.texto, Some(json!({"permissoes": before})), Some(json!({"permissoes": after}))))
    }

    async fn delete_perfil(&mut self, nome: &Name, nivel: Option<&Name>, had: &[Permissao]) -> Result<Entry> {
        self.edit.delete_perfil(id_of(&self.registered.perfis, nome)?).await?;
        Ok(named(Action::DeletePerfil, &nome.texto, Some(with_permissoes(of_perfil(nivel), had)), None))
    }

    async fn create_usuarios(&mut self, changes: &[Change]) -> Result<Vec<Entry>> {
        let mut new = Vec::with_capacity(changes.len());
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            let Change::CreateUsuario { login, perfil, ativo } = change else { continue };
            let (perfil_id, senha_hash) = (id_of(&self.registered.perfis, perfil)?, self.hash_of(login)?);
            new.push(NewUsuario { login, perfil_id, senha_hash, ativo: *ativo, generation: new_generation() });
            told.push(json!({"perfil": perfil.texto, "ativo": ativo}));
        }
        let ids = self.edit.insert_usuarios(&new).await?;
        let entry = |(id, after)| of_usuario(Action::CreateUsuario, id, None, Some(after));
        Ok(ids.into_iter().zip(told).map(entry).collect())
    }

    async fn set_perfil(&mut self, login: &Name, from: &Name, to: &Name) -> Result<Entry> {
        let (id, perfil_id) = (id_of(&self.registered.usuarios, login)?, id_of(&self.registered.perfis, to)?);
        self.edit.set_perfil(id, perfil_id).await?;
        let [before, after] = [from, to].map(|perfil| Some(json!({"perfil": perfil.texto})));
        Ok(of_usuario(Action::SetPerfil, id, before, after))
    }

    async fn set_senhas(&mut self, changes: &[Change]) -> Result<Vec<Entry>> {
        let mut new = Vec::with_capacity(changes.len());
        for change in changes {
            let Change::SetSenha { login } = change else { continue };
            let (usuario_id, senha_hash) = (id_of(&self.registered.usuarios, login)?, self.hash_of(login)?);
            new.push(NewSenha { usuario_id, senha_hash, generation: new_generation(), bucket: bucket_of(&login.key) });
        }
        self.edit.set_senhas(&new).await?;
        Ok(new.iter().map(|senha| of_usuario(Action::SetSenha, senha.usuario_id, None, None)).collect())
    }

    fn hash_of(&self, login: &Name) -> Result<&'a str> {
        let hashes: &'a BTreeMap<NameKey, String> = self.hashes;
        hashes.get(&login.key).map(String::as_str).ok_or(StateError::Overtaken)
    }

    async fn set_usuario_ativo(&mut self, login: &Name, ativo: bool) -> Result<Entry> {
        let (id, generation) = (id_of(&self.registered.usuarios, login)?, new_generation());
        let action = if ativo {
            self.edit.activate_usuario(id, generation, &bucket_of(&login.key)).await?;
            Action::ActivateUsuario
        } else {
            self.edit.deactivate_usuario(id, generation).await?;
            Action::DeactivateUsuario
        };
        Ok(of_usuario(action, id, Some(activity(!ativo)), Some(activity(ativo))))
    }

    async fn create_motivo(&mut self, nome: &Name, ativo: bool) -> Result<Entry> {
        self.edit.insert_motivo(nome).await?;
        if !ativo {
            self.edit.set_motivo_ativo(&nome.key, false).await?;
        }
        Ok(named(Action::CreateMotivo, &nome.texto, None, Some(activity(ativo))))
    }

    async fn set_motivo_ativo(&mut self, nome: &Name, ativo: bool) -> Result<Entry> {
        self.edit.set_motivo_ativo(&nome.key, ativo).await?;
        let action = if ativo { Action::ActivateMotivo } else { Action::DeactivateMotivo };
        Ok(named(action, &nome.texto, Some(activity(!ativo)), Some(activity(ativo))))
    }
}

/// The row id of `name`, which is there: the plan comes from the same rows.
fn id_of(ids: &HashMap<NameKey, i64>, name: &Name) -> Result<i64> {
    ids.get(&name.key).copied().ok_or(StateError::Overtaken)
}

fn id_if(ids: &HashMap<NameKey, i64>, name: Option<&Name>) -> Result<Option<i64>> {
    name.map(|name| id_of(ids, name)).transpose()
}

fn of_nivel(superior: Option<&Name>) -> Value {
    json!({"superior": superior.map(|superior| &superior.texto)})
}

fn of_perfil(nivel: Option<&Name>) -> Value {
    json!({"root": nivel.is_none(), "nivel": nivel.map(|nivel| &nivel.texto)})
}

fn with_permissoes(mut value: Value, permissoes: &[Permissao]) -> Value {
    value["permissoes"] = permissoes.iter().map(|permissao| permissao.nome()).collect();
    value
}

fn activity(ativo: bool) -> Value {
    json!({"ativo": ativo})
}
