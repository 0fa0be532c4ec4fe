//! Pages of users. Each begins where the one before ended, and reads an index from there.

use sqlx::AssertSqlSafe;

use super::engine::{Connection, Store};
use super::error::{Result, StoreError};
use super::provisioning::Usuario;
use super::value::{Param, id_list};
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
    /// Only those whose logins come after that of the user of this row id.
    pub after: Option<i64>,
    /// Only those on one of these níveis.
    pub niveis: Option<Vec<i64>>,
    pub limit: u16,
}

/// From how many perfis a page of users is put together, at most.
const MOST_PERFIS: usize = 64;
/// How many users are looked at for a page where they are spread over more.
const WINDOW: i64 = 10_000;

const COLUMNS: &str = "SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo";

/// How many are looked at for a page by login that is searched for, or that not all see.
const LOGINS_WINDOW: i64 = 50_000;

/// The last of those that are looked at.
const END: &str = "SELECT id FROM usuario WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2";

/// The same by login. $1 is the user before.
const END_BY_LOGIN: &str = "
SELECT id FROM usuario WHERE chave > coalesce((SELECT chave FROM usuario WHERE id = $1), '')
ORDER BY chave LIMIT 1 OFFSET $2";

/// $1 is the user before, $2 what logins are like, $4 how many are looked at.
const USUARIOS_BY_LOGIN: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM (SELECT * FROM usuario WHERE chave > coalesce((SELECT chave FROM usuario WHERE id = $1), '')
      ORDER BY chave LIMIT $4) u JOIN perfil p ON p.id = u.perfil_id
WHERE ($2 IS NULL OR u.chave LIKE $2 ESCAPE '!')";

const USUARIO: &str = "
SELECT u.id, u.login, p.nome AS perfil, u.perfil_id, p.nivel_id, u.ativo
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id = $1";

impl Store {
    /// The users asked for, and the id after which to go on; `None` at the end. Where they are spread over too many
    /// perfis, only so many are looked at: a page may have fewer entries than asked for, even none, although there are
    /// more.
    pub async fn page_of_usuarios(&self, asked: &UsuariosPage) -> Result<(Vec<Usuario>, Option<i64>)> {
        let limit = usize::from(asked.limit);
        let most = i64::from(asked.limit) + 1;
        let read = async {
            let mut connection = self.command_reader().await?;
            let mut values: Vec<Param<'_>> = vec![asked.after.into(), most.into()];
            let seen = asked.niveis.as_deref().map(id_list);
            let perfis = match &seen {
                Some(seen) => Some(perfis_on(&mut connection, seen).await?),
                None => None,
            };
            let (from, is_cut) = match (&perfis, &seen) {
                (Some(perfis), _) if perfis.is_empty() => return Ok((Vec::new(), None)),
                (Some(perfis), _) if perfis.len() <= MOST_PERFIS => {
                    values.extend(perfis.iter().map(|id| Param::from(*id)));
                    (of_each(perfis.len()), false)
                }
                (_, Some(seen)) => {
                    values.extend([Param::from(WINDOW), seen.as_str().into()]);
                    let listed = connection.ids_of("$4");
                    let looked_at = "SELECT * FROM usuario WHERE id > $1 ORDER BY id LIMIT $3";
                    (format!("({looked_at}) u JOIN perfil p ON p.id = u.perfil_id AND p.nivel_id IN {listed}"), true)
                }
                (_, None) => ("usuario u JOIN perfil p ON p.id = u.perfil_id".to_owned(), false),
            };
            let statement = format!("{COLUMNS} FROM {from} WHERE u.id > $1 ORDER BY u.id LIMIT $2");
            let found: Vec<Usuario> = connection.rows(AssertSqlSafe(statement), &values).await?;
            let mut end = None;
            if is_cut && found.len() <= limit {
                let rows: Vec<(i64,)> = connection.rows(END, &[asked.after.into(), (WINDOW - 1).into()]).await?;
                end = rows.first().map(|(id,)| *id);
            }
            Ok((found, end))
        };
        let (mut found, end) = Box::pin(self.bounds().keep::<_, StoreError>(read)).await?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = if has_more { found.last().map(|last| last.id) } else { end };
        Ok((found, next))
    }

    /// The users asked for, and the row id of the user after whom to go on, who may not be one of them; `None` at the end. Only so many are looked at: a page may
    /// have fewer entries than asked for, even none, although there are more.
    pub async fn page_by_login(&self, asked: &UsuariosByLogin) -> Result<(Vec<Usuario>, Option<i64>)> {
        let UsuariosByLogin { containing, after, niveis, limit } = asked;
        let like = containing.as_ref().map(|key| format!("%{}%", escaped(key.as_str())));
        let after = Param::from(*after);
        let (most, is_cut) = (i64::from(*limit) + 1, like.is_some() || niveis.is_some());
        // Where all are meant, the first ones are found.
        let window = if is_cut { LOGINS_WINDOW } else { most };
        let mut values = vec![after, Param::Text(like.as_deref()), most.into(), window.into()];
        let seen = niveis.as_deref().map(id_list);
        values.extend(seen.as_deref().map(Param::from));
        let read = async {
            let mut connection = self.command_reader().await?;
            let on = seen.as_ref().map(|_| format!(" AND p.nivel_id IN {}", connection.ids_of("$5")));
            let statement = format!("{USUARIOS_BY_LOGIN}{} ORDER BY u.chave LIMIT $3", on.unwrap_or_default());
            let found: Vec<Usuario> = connection.rows(AssertSqlSafe(statement), &values).await?;
            let mut end: Vec<(i64,)> = Vec::new();
            if is_cut && found.len() <= usize::from(*limit) {
                end = connection.rows(END_BY_LOGIN, &[after, (window - 1).into()]).await?;
            }
            Ok((found, end.pop().map(|(id,)| id)))
        };
        let (mut found, end) = Box::pin(self.bounds().keep::<_, StoreError>(read)).await?;
        let has_more = found.len() > usize::from(*limit);
        found.truncate((*limit).into());
        let next = if has_more { found.last().map(|last| last.id) } else { end };
        Ok((found, next))
    }

    pub async fn usuario_of(&self, id: i64) -> Result<Option<Usuario>> {
        self.command_row(USUARIO, &[id.into()]).await
    }
}

/// The perfis on the níveis `seen`; not all, where they are too many.
async fn perfis_on(connection: &mut Connection, seen: &str) -> Result<Vec<i64>> {
    let listed = connection.ids_of("$1");
    let statement = format!("SELECT id FROM perfil WHERE nivel_id IN {listed} LIMIT $2");
    let most = (MOST_PERFIS as i64) + 1;
    let rows: Vec<(i64,)> = connection.rows(AssertSqlSafe(statement), &[seen.into(), most.into()]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The first users of each of so many perfis, given from $3 on.
fn of_each(perfis: usize) -> String {
    let first = "SELECT id, login, perfil_id, ativo FROM usuario WHERE id > $1 AND perfil_id";
    let each = (0..perfis).map(|at| format!("SELECT * FROM ({first} = ${} ORDER BY id LIMIT $2) u", at + 3));
    format!("({}) u JOIN perfil p ON p.id = u.perfil_id", each.collect::<Vec<_>>().join(" UNION ALL "))
}

/// `text` as `LIKE` takes it for itself.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
