//! Pages of users. Each begins where the one before ended, and reads an index from there.

use sqlx::AssertSqlSafe;

use super::engine::Store;
use super::error::{Result, StoreError};
use super::provisioning::Usuario;
use super::value::Param;
use crate::domain::text::NameKey;

/// A page of users, by id.
#[derive(Clone, Debug, Default)]
pub struct UsuariosPage {
    /// Only those after this id.
    pub after: i64,
    /// Only those on one of these níveis.
    pub niveis: Option<Vec<i64>>,
    pub limit: u16,
}

/// A page of users, by login.
#[derive(Clone, Debug, Default)]
pub struct UsuariosByLogin {
    /// What their logins contain.
    pub containing: Option<NameKey>,
    /// Only those after this login.
    pub after: Option<NameKey>,
    /// Only those on one of these níveis.
    pub niveis: Option<Vec<i64>>,
    pub limit: u16,
}

/// Of all perfis.
const USUARIOS: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id > $1
ORDER BY u.id
LIMIT $2";

/// Of one perfil.
const USUARIOS_OF_PERFIL: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.perfil_id = $3 AND u.id > $1
ORDER BY u.id
LIMIT $2";

const USUARIOS_BY_LOGIN: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE ($1 IS NULL OR u.chave > $1) AND ($2 IS NULL OR u.chave LIKE $2 ESCAPE '!')";

const USUARIO: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id = $1";

impl Store {
    /// The users asked for, and the id after which to go on; `None` at the end.
    pub async fn page_of_usuarios(&self, asked: &UsuariosPage) -> Result<(Vec<Usuario>, Option<i64>)> {
        let most = i64::from(asked.limit) + 1;
        let mut found: Vec<Usuario> = match &asked.niveis {
            None => self.command_rows(USUARIOS, &[asked.after.into(), most.into()]).await?,
            Some(niveis) => {
                let perfis = self.perfis().await?.into_iter();
                let seen = perfis.filter(|perfil| perfil.nivel_id.is_some_and(|id| niveis.contains(&id)));
                let read = async {
                    let mut connection = self.command_reader().await?;
                    let mut found = Vec::new();
                    for perfil in seen {
                        let values = [asked.after.into(), most.into(), perfil.id.into()];
                        found.extend(connection.rows(USUARIOS_OF_PERFIL, &values).await?);
                    }
                    Ok(found)
                };
                Box::pin(self.bounds().keep::<_, StoreError>(read)).await?
            }
        };
        found.sort_unstable_by_key(|usuario| usuario.id);
        let has_more = found.len() > usize::from(asked.limit);
        found.truncate(asked.limit.into());
        let next = found.last().filter(|_| has_more).map(|last| last.id);
        Ok((found, next))
    }

    /// The users asked for, and whether there are more.
    pub async fn page_by_login(&self, asked: &UsuariosByLogin) -> Result<(Vec<Usuario>, bool)> {
        let UsuariosByLogin { containing, after, niveis, limit } = asked;
        let like = containing.as_ref().map(|key| format!("%{}%", escaped(key.as_str())));
        let after = Param::Text(after.as_ref().map(NameKey::as_str));
        let mut values = vec![after, Param::Text(like.as_deref()), (i64::from(*limit) + 1).into()];
        let mut on = String::new();
        if let Some(niveis) = niveis {
            let listed: Vec<String> = (0..niveis.len()).map(|index| format!("${}", index + 4)).collect();
            on = format!(" AND p.nivel_id IN ({})", listed.join(", "));
            values.extend(niveis.iter().map(|id| Param::from(*id)));
        }
        let statement = format!("{USUARIOS_BY_LOGIN}{on} ORDER BY u.chave LIMIT $3");
        let read = async { self.command_reader().await?.rows(AssertSqlSafe(statement), &values).await };
        let mut found: Vec<Usuario> = Box::pin(self.bounds().keep::<_, super::StoreError>(read)).await?;
        let has_more = found.len() > usize::from(*limit);
        found.truncate((*limit).into());
        Ok((found, has_more))
    }

    pub async fn usuario_of(&self, id: i64) -> Result<Option<Usuario>> {
        self.command_row(USUARIO, &[id.into()]).await
    }
}

/// `text` as `LIKE` takes it for itself.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
