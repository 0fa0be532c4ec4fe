//! Pages of the audit trail. Each begins where the one before ended, and reads indexes from there: it takes no longer for
//! what was long ago, or for what few entries have.

use std::collections::{BTreeMap, HashSet};

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::audit::{AuditEntry, EntryRow, entry_of};
use super::engine::{Connection, Store};
use super::error::{Result, StoreError};
use super::listings::Between;
use super::value::{Param, Time};
use crate::domain::audit::ActionFilter;

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

const COLUMNS: &str = "
SELECT a.id, a.em, a.origem, coalesce(a.autor, author.login) AS autor, a.lugar, a.acao,
       coalesce(a.objeto, subject.login) AS objeto, a.usuario_id, a.autor_id, a.antes, a.depois,
       author_perfil.nivel_id AS autor_nivel, subject_perfil.nivel_id AS usuario_nivel";
const LOGINS: &str = "
LEFT JOIN usuario author ON author.id = a.autor_id
LEFT JOIN usuario subject ON subject.id = a.usuario_id
LEFT JOIN perfil author_perfil ON author_perfil.id = author.perfil_id
LEFT JOIN perfil subject_perfil ON subject_perfil.id = subject.perfil_id";

/// As whom the user $1 of the operating system stands in the trail: by itself, and before or behind `sudo`. They are few,
/// and the index leads from one to the next.
const ACTORS: &str = "
WITH RECURSIVE actor (autor) AS (
    SELECT min(autor) FROM auditoria WHERE autor IS NOT NULL
    UNION ALL
    SELECT (SELECT min(a.autor) FROM auditoria a WHERE a.autor > actor.autor) FROM actor WHERE actor.autor IS NOT NULL
)
SELECT autor FROM actor
WHERE autor = $1 OR substr(autor, 1, length($1) + 8) = $1 || ' (sudo: '
   OR substr(autor, length(autor) - length($1) - 8) = ' (sudo: ' || $1 || ')'";

/// The níveis on which somebody stood who changed something, or was changed. The indexes lead from one to the next.
const PRESENT: &str = "
WITH RECURSIVE author (id) AS (
    SELECT min(autor_nivel_id) FROM auditoria WHERE autor_nivel_id IS NOT NULL
    UNION ALL
    SELECT (SELECT min(a.autor_nivel_id) FROM auditoria a WHERE a.autor_nivel_id > author.id)
    FROM author WHERE author.id IS NOT NULL
), subject (id) AS (
    SELECT min(usuario_nivel_id) FROM auditoria WHERE usuario_nivel_id IS NOT NULL
    UNION ALL
    SELECT (SELECT min(a.usuario_nivel_id) FROM auditoria a WHERE a.usuario_nivel_id > subject.id)
    FROM subject WHERE subject.id IS NOT NULL
)
SELECT id FROM author WHERE id IS NOT NULL UNION SELECT id FROM subject WHERE id IS NOT NULL";

const AUTOR: &str = "a.autor";
const USUARIOS: [&str; 2] = ["a.autor_id", "a.usuario_id"];
const NIVEIS: [&str; 2] = ["a.autor_nivel_id", "a.usuario_nivel_id"];

impl Store {
    /// The entries asked for, and where to go on; `None` at the end.
    pub async fn page_of_audit(&self, asked: &AuditPage) -> Result<(Vec<AuditEntry>, Option<AuditPosition>)> {
        let read = async {
            let mut connection = self.command_reader().await?;
            let actors = actors(&mut connection, asked.actor.as_deref()).await?;
            let niveis = present(&mut connection, asked.niveis.as_deref()).await?;
            let asked = &AuditPage { niveis, ..asked.clone() };
            // By position: what is by one who is asked for and about another comes twice.
            let mut found = BTreeMap::new();
            let mut sources = sources(asked, actors.as_deref());
            // SQLite has no `LATERAL`, and statements cost it next to nothing. PostgreSQL would read all entries by their
            // time where nothing but a list of actions narrows them down.
            if matches!(connection, Connection::Sqlite(_)) || sources.iter().all(|source| source.column.is_none()) {
                sources = sources.iter().flat_map(Source::each).collect();
            }
            for source in &sources {
                let (statement, values) = statement(asked, actors.as_deref(), source);
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
}

async fn actors(connection: &mut Connection, actor: Option<&str>) -> Result<Option<Vec<String>>> {
    let Some(actor) = actor else { return Ok(None) };
    let rows: Vec<(String,)> = connection.rows(ACTORS, &[actor.into()]).await?;
    Ok(Some(rows.into_iter().map(|(autor,)| autor).collect()))
}

/// Those of `niveis` of which there are entries.
async fn present(connection: &mut Connection, niveis: Option<&[i64]>) -> Result<Option<Vec<i64>>> {
    let Some(niveis) = niveis else { return Ok(None) };
    let rows: Vec<(i64,)> = connection.rows(PRESENT, &[]).await?;
    let wanted: HashSet<i64> = niveis.iter().copied().collect();
    Ok(Some(rows.into_iter().map(|(id,)| id).filter(|id| wanted.contains(id)).collect()))
}

/// From where entries are read: what equals one of `values`, and tells of one of `actions`. An index has those of each
/// value and action in the order of a page.
struct Source<'a> {
    /// `None` for all entries.
    column: Option<&'static str>,
    values: Vec<Param<'a>>,
    /// Empty for any action.
    actions: Vec<&'a str>,
}

impl<'a> Source<'a> {
    fn of(column: &'static str, values: impl IntoIterator<Item = Param<'a>>) -> Self {
        Self { column: Some(column), values: values.into_iter().collect(), actions: Vec::new() }
    }

    /// One for each value and action.
    fn each(&self) -> Vec<Self> {
        let values: Vec<Vec<Param<'a>>> = singles(&self.values);
        let with = |values: &Vec<Param<'a>>, actions| Self { column: self.column, values: values.clone(), actions };
        values
            .iter()
            .flat_map(|values| singles(&self.actions).into_iter().map(|actions| with(values, actions)))
            .collect()
    }
}

/// A list for each of `list`; an empty one stays what it is.
fn singles<T: Copy>(list: &[T]) -> Vec<Vec<T>> {
    if list.is_empty() { vec![Vec::new()] } else { list.iter().map(|one| vec![*one]).collect() }
}

/// Whose the entries are narrows them down more than who may see them.
fn sources<'a>(asked: &'a AuditPage, actors: Option<&'a [String]>) -> Vec<Source<'a>> {
    if asked.niveis.as_ref().is_some_and(Vec::is_empty) || actors.is_some_and(<[String]>::is_empty) {
        return Vec::new();
    }
    let mut sources = match (asked.usuario_id, actors, &asked.niveis) {
        (Some(id), ..) => USUARIOS.map(|column| Source::of(column, [id.into()])).into(),
        (None, Some(actors), _) => vec![Source::of(AUTOR, actors.iter().map(|autor| autor.as_str().into()))],
        (None, None, Some(niveis)) => {
            NIVEIS.map(|column| Source::of(column, niveis.iter().map(|id| (*id).into()))).into()
        }
        (None, None, None) => vec![Source { column: None, values: Vec::new(), actions: Vec::new() }],
    };
    for source in &mut sources {
        source.actions = asked.action.iter().flat_map(ActionFilter::actions).collect();
    }
    sources
}

/// The statement for `source`, of the parts that count, so that each is what an index has.
fn statement<'a>(asked: &'a AuditPage, actors: Option<&'a [String]>, source: &Source<'a>) -> (String, Vec<Param<'a>>) {
    let mut values = Vec::new();
    let mut parameter = |value: Param<'a>| {
        values.push(value);
        format!("${}", values.len())
    };
    let (mut lists, mut conditions) = (String::new(), "true".to_owned());
    let of_column: Vec<String> = source.values.iter().map(|value| parameter(*value)).collect();
    // Spelled out, because PostgreSQL knows which actions are rare, and would read all entries for a rare one otherwise.
    let actions: Vec<String> = source.actions.iter().map(|action| format!("'{action}'")).collect();
    for (name, column, places) in [("wanted", source.column, of_column), ("action", Some("a.acao"), actions)] {
        match (column, places.as_slice()) {
            (None, _) | (_, []) => {}
            (Some(column), [one]) => conditions += &format!(" AND {column} = {one}"),
            (Some(column), many) => {
                lists += &format!("(VALUES ({})) AS {name} (v) CROSS JOIN ", many.join("), ("));
                conditions += &format!(" AND {column} = {name}.v");
            }
        }
    }
    let mut list = |values: Vec<Param<'a>>| values.into_iter().map(&mut parameter).collect::<Vec<_>>().join(", ");
    if let Some(niveis) = asked.niveis.as_ref().filter(|_| !NIVEIS.map(Some).contains(&source.column)) {
        let listed = list(niveis.iter().map(|id| (*id).into()).collect());
        let [author, subject] = NIVEIS.map(|column| format!("{column} IN ({listed})"));
        conditions += &format!(" AND ({author} OR {subject})");
    }
    if let Some(actors) = actors.filter(|_| source.column != Some(AUTOR)) {
        let listed = list(actors.iter().map(|autor| autor.as_str().into()).collect());
        conditions += &format!(" AND {AUTOR} IN ({listed})");
    }
    if let Some((em, id)) = asked.before {
        let (em, id) = (parameter(Param::Time(Some(Time(em)))), parameter(id.into()));
        conditions += &format!(" AND (a.em, a.id) < ({em}, {id})");
    }
    let Between { from, before } = asked.between;
    if from.is_some() {
        conditions += &format!(" AND a.em >= {}", parameter(from.into()));
    }
    if before.is_some() {
        conditions += &format!(" AND a.em < {}", parameter(before.into()));
    }
    let newest = format!("ORDER BY a.em DESC, a.id DESC LIMIT {}", parameter((i64::from(asked.limit) + 1).into()));
    let lateral = if lists.is_empty() { "" } else { "LATERAL " };
    let page = format!("{lists}{lateral}(SELECT * FROM auditoria a WHERE {conditions} {newest}) a");
    (format!("{COLUMNS} FROM {page} {LOGINS} {newest}"), values)
}
