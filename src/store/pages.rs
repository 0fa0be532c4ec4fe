//! Pages of what administrators look through. Each begins where the one before ended, and reads an index from there: it
//! takes no longer for what was long ago, or for what few rows have.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::audit::{AuditEntry, EntryRow, entry_of};
use super::engine::Store;
use super::error::{Result, StoreError};
use super::listings::Between;
use super::provisioning::Usuario;
use super::value::{Param, Time};
use crate::domain::audit::ActionFilter;
use crate::domain::text::NameKey;

/// Where an entry stands among those of the trail: by its time, and those of one moment by id.
pub type AuditPosition = (OffsetDateTime, i64);

/// A page of the audit trail, the newest entry first.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// Only those before this one.
    pub before: Option<AuditPosition>,
    pub between: Between,
    pub action: Option<ActionFilter>,
    /// Only by or about the user of this row id.
    pub usuario_id: Option<i64>,
    /// Only by this user of the operating system, also where it stands behind `sudo`.
    pub actor: Option<String>,
    /// Only by users who stood on one of these níveis then, or about such.
    pub niveis: Option<Vec<i64>>,
    pub limit: u16,
}

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

const ENTRIES: &str = "
SELECT a.id, a.em, a.origem, coalesce(a.autor, author.login) AS autor, a.lugar, a.acao,
       coalesce(a.objeto, subject.login) AS objeto, a.usuario_id, a.autor_id, a.antes, a.depois
FROM auditoria a
LEFT JOIN usuario author ON author.id = a.autor_id
LEFT JOIN usuario subject ON subject.id = a.usuario_id
WHERE ";

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
    /// The entries asked for, and where to go on; `None` at the end.
    pub async fn page_of_audit(&self, asked: &AuditPage) -> Result<(Vec<AuditEntry>, Option<AuditPosition>)> {
        let actions: Vec<&str> = asked.action.iter().flat_map(ActionFilter::actions).collect();
        let read = async {
            let mut connection = self.command_reader().await?;
            // By position: what is by one whom they see and about another comes twice.
            let mut found = BTreeMap::new();
            for source in sources(asked.niveis.as_deref(), &actions) {
                let (statement, values) = statement(asked, &actions, source);
                let rows: Vec<EntryRow> = connection.rows(AssertSqlSafe(statement), &values).await?;
                found.extend(rows.into_iter().map(entry_of).map(|entry| ((entry.em, entry.id), entry)));
            }
            Ok(found)
        };
        let found: BTreeMap<AuditPosition, AuditEntry> = Box::pin(self.bounds().keep::<_, StoreError>(read)).await?;
        let limit = usize::from(asked.limit);
        let has_more = found.len() > limit;
        let page: Vec<AuditEntry> = found.into_values().rev().take(limit).collect();
        let next = page.last().filter(|_| has_more).map(|last| (last.em, last.id));
        Ok((page, next))
    }

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

/// What one statement reads, from an index of its own.
#[derive(Clone, Copy)]
enum Source<'a> {
    All,
    Action(&'a str),
    Nivel(&'static str, i64),
}

fn sources<'a>(niveis: Option<&[i64]>, actions: &[&'a str]) -> Vec<Source<'a>> {
    match niveis {
        Some(niveis) => {
            let of = |&id| ["a.autor_nivel_id", "a.usuario_nivel_id"].map(|column| Source::Nivel(column, id));
            niveis.iter().flat_map(of).collect()
        }
        None if actions.is_empty() => vec![Source::All],
        None => actions.iter().map(|action| Source::Action(action)).collect(),
    }
}

/// The statement for `source`, of the parts that count, so that each is what an index has.
fn statement<'a>(asked: &'a AuditPage, actions: &[&'a str], source: Source<'a>) -> (String, Vec<Param<'a>>) {
    let (mut conditions, mut values) = (vec!["true".to_owned()], Vec::new());
    let mut parameter = |value: Param<'a>| {
        values.push(value);
        format!("${}", values.len())
    };
    match source {
        Source::All => {}
        Source::Action(action) => conditions.push(format!("a.acao = {}", parameter(action.into()))),
        Source::Nivel(column, id) => {
            conditions.push(format!("{column} = {}", parameter(id.into())));
            if !actions.is_empty() {
                let listed: Vec<String> = actions.iter().map(|action| parameter((*action).into())).collect();
                conditions.push(format!("a.acao IN ({})", listed.join(", ")));
            }
        }
    }
    if let Some((em, id)) = asked.before {
        let (em, id) = (parameter(Param::Time(Some(Time(em)))), parameter(id.into()));
        conditions.push(format!("(a.em, a.id) < ({em}, {id})"));
    }
    if let Some(usuario_id) = asked.usuario_id {
        let id = parameter(usuario_id.into());
        conditions.push(format!("(a.usuario_id = {id} OR a.autor_id = {id})"));
    }
    if let Some(actor) = &asked.actor {
        let name = parameter(actor.as_str().into());
        conditions.push(format!(
            "(a.autor = {name} OR substr(a.autor, 1, length({name}) + 8) = {name} || ' (sudo: ' \
             OR substr(a.autor, length(a.autor) - length({name}) - 8) = ' (sudo: ' || {name} || ')')"
        ));
    }
    let Between { from, before } = asked.between;
    if from.is_some() {
        conditions.push(format!("a.em >= {}", parameter(from.into())));
    }
    if before.is_some() {
        conditions.push(format!("a.em < {}", parameter(before.into())));
    }
    let most = parameter((i64::from(asked.limit) + 1).into());
    (format!("{ENTRIES}{} ORDER BY a.em DESC, a.id DESC LIMIT {most}", conditions.join(" AND ")), values)
}
