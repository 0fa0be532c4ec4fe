//! Motivos.

use serde_json::json;

use super::error::created;
use super::{Kind, Provisioning, ProvisioningError, Result};
use crate::domain::access::Permissao;
use crate::domain::audit::Action;
use crate::domain::text::Name;
use crate::service::audit::named;
use crate::store::Motivo;

/// What became of a motivo, by its name as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    Created(String),
    /// It was there, and deactivated.
    Activated(String),
}

impl Made {
    fn nome(&self) -> &str {
        let (Self::Created(nome) | Self::Activated(nome)) = self;
        nome
    }
}

impl Provisioning {
    /// Registers a motivo; its row id.
    pub async fn create_motivo(&self, nome: &Name) -> Result<i64> {
        let mut edit = self.begin_once(Permissao::AdministrarMotivos).await?;
        let id = created(Kind::Motivo, nome, edit.insert_motivo(nome).await)?;
        let entry = named(Action::CreateMotivo, &nome.texto, None, Some(json!({"ativo": true})));
        self.commit_once(edit, entry, id).await?;
        Ok(id)
    }

    /// Registers motivos, or activates them again: all, or none when one is there already. Tells of each which it was.
    pub async fn create_motivos(&self, nomes: &[Name]) -> Result<Vec<Made>> {
        let mut edit = self.begin(Permissao::AdministrarMotivos).await?;
        let (mut entries, mut all) = (Vec::with_capacity(nomes.len()), Vec::with_capacity(nomes.len()));
        for nome in nomes {
            let (action, made, before) = match edit.motivo(&nome.key).await? {
                Some(motivo) if motivo.ativo => {
                    return Err(ProvisioningError::Exists { kind: Kind::Motivo, nome: nome.texto.clone() });
                }
                Some(motivo) => {
                    edit.set_motivo_ativo(&nome.key, true).await?;
                    (Action::ActivateMotivo, Made::Activated(motivo.nome), Some(json!({"ativo": false})))
                }
                None => {
                    created(Kind::Motivo, nome, edit.insert_motivo(nome).await)?;
                    (Action::CreateMotivo, Made::Created(nome.texto.clone()), None)
                }
            };
            entries.push(named(action, made.nome(), before, Some(json!({"ativo": true}))));
            all.push(made);
        }
        self.commit(edit, entries).await?;
        Ok(all)
    }

    /// Activates or deactivates a motivo: what was recorded with it stays.
    pub async fn set_motivo_ativo(&self, nome: &Name, ativo: bool) -> Result<Motivo> {
        let mut edit = self.begin(Permissao::AdministrarMotivos).await?;
        let Some(motivo) = edit.motivo(&nome.key).await? else {
            let names = async || Ok(self.store.motivos().await?.into_iter().map(|motivo| motivo.nome).collect());
            return Err(edit.missing(Kind::Motivo, nome, names).await?);
        };
        edit.set_motivo_ativo(&nome.key, ativo).await?;
        let action = if ativo { Action::ActivateMotivo } else { Action::DeactivateMotivo };
        let [before, after] = [!ativo, ativo].map(|ativo| Some(json!({"ativo": ativo})));
        let entry = named(action, &motivo.nome, before, after);
        self.commit(edit, (motivo.ativo != ativo).then_some(entry)).await?;
        Ok(Motivo { ativo, ..motivo })
    }
}
