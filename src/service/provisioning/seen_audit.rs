//! The audit trail, as an actor sees it: an entry stays where its author or its subject stood on a nível that the actor
//! sees, and each name in it that the hierarchy hides now gives way to [`HIDDEN`].

use std::collections::HashSet;

use serde_json::Value;

use super::guarded::Authority;
use super::{Provisioning, Result};
use crate::domain::access::Permissao;
use crate::domain::text::{HIDDEN, NameKey};
use crate::service::audit::told;
use crate::store::{AuditEntry, AuditPage, AuditPosition};

/// Groups of actions of which no entry names what the hierarchy may hide.
const OPEN: [&str; 4] = ["motivo", "atendimento", "comentario", "backup"];

impl Provisioning {
    /// The audit entries of the page `asked` for that the actor sees, newest first, and where to go on; `None` at the end.
    /// Root sees all, others those by users and about users who stood on níveis that they see, at that time, and in them
    /// only the names that they see now.
    pub async fn seen_audit(&self, asked: AuditPage) -> Result<(Vec<AuditEntry>, Option<AuditPosition>)> {
        let authority = self.read(Permissao::ConsultarAuditoria).await?;
        let niveis = self.niveis_of(&authority).await?;
        let (mut entries, next) = self.store.page_of_audit(&AuditPage { niveis, ..asked }).await?;
        if !authority.sees(None) && !entries.is_empty() {
            let mask = self.mask(&authority).await?;
            entries.iter_mut().for_each(|entry| mask.cover(entry));
        }
        Ok((entries, next))
    }

    async fn mask<'a>(&self, authority: &'a Authority) -> Result<Mask<'a>> {
        let niveis = self.seen(authority).await?;
        let perfis = self.store.perfis().await?;
        let perfis = perfis.iter().filter(|perfil| authority.sees(perfil.nivel_id));
        Ok(Mask {
            authority,
            niveis: niveis.iter().map(|nivel| NameKey::new(&nivel.nome)).collect(),
            perfis: perfis.map(|perfil| NameKey::new(&perfil.nome)).collect(),
        })
    }
}

/// The names that an actor sees.
struct Mask<'a> {
    authority: &'a Authority,
    niveis: HashSet<NameKey>,
    perfis: HashSet<NameKey>,
}

impl Mask<'_> {
    /// Hides in `entry` what the actor does not see. A person of the operating system is none of the hierarchy.
    fn cover(&self, entry: &mut AuditEntry) {
        if entry.autor_id.is_some() && !self.authority.sees(entry.autor_nivel) {
            HIDDEN.clone_into(&mut entry.autor);
        }
        let group = entry.acao.split('.').next().unwrap_or_default();
        if OPEN.contains(&group) {
            return;
        }
        let is_seen = |object: &str| match group {
            "nivel" | "permissao" => self.sees_nivel(object),
            "perfil" => self.sees_perfil(object),
            _ => entry.usuario_id.is_some() && self.authority.sees(entry.usuario_nivel),
        };
        let object = entry.objeto.take();
        entry.objeto = object.map(|object| if is_seen(&object) { object } else { HIDDEN.to_owned() });
        for side in [&mut entry.antes, &mut entry.depois] {
            *side = side.take().map(|text| self.covered("", told(Some(text))).to_string());
        }
    }

    /// `value` of the member `name`, or of no member, without what is hidden. What may be a name of anything is hidden.
    fn covered(&self, name: &str, value: Value) -> Value {
        match value {
            Value::Object(members) if name.is_empty() => Value::Object(
                members.into_iter().map(|(name, value)| (name.clone(), self.covered(&name, value))).collect(),
            ),
            Value::Array(values) if name == "permissoes" => {
                Value::Array(values.into_iter().map(|value| self.covered(name, value)).collect())
            }
            Value::String(text) if self.sees(name, &text) => Value::String(text),
            Value::String(_) | Value::Object(_) | Value::Array(_) => HIDDEN.into(),
            plain => plain,
        }
    }

    /// Whether the actor sees what the member `name` names.
    fn sees(&self, name: &str, text: &str) -> bool {
        match name {
            "permissoes" => self.authority.sees_permissao(text),
            "perfil" => self.sees_perfil(text),
            "nivel" | "superior" => self.sees_nivel(text),
            _ => false,
        }
    }

    fn sees_nivel(&self, nome: &str) -> bool {
        self.niveis.contains(&NameKey::new(nome))
    }

    fn sees_perfil(&self, nome: &str) -> bool {
        self.perfis.contains(&NameKey::new(nome))
    }
}
