//! Pages of the audit trail. Each begins where the one before ended, and reads indexes from there: it takes no longer for
//! what was long ago, or for what few entries have.

use std::collections::{BTreeMap, HashSet};

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::audit::{AuditEntry, EntryRow, entry_of};
use super::engine::{Connection, Store};
use super::error::{Result, StoreError};
use super::listings::Between;
use super::value::{Param, Time, id_list};
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

/// The níveis on which somebody stood who changed something, or was changed: of each kind no more than $1. The indexes
/// lead from one to the next.
const PRESENT: &str = "
WITH RECURSIVE author (id, n) AS (
    SELECT min(autor_nivel_id), 1 FROM auditoria WHERE autor_nivel_id IS NOT NULL
    UNION ALL
    SELECT (SELECT min(a.autor_nivel_id) FROM auditoria a WHERE a.autor_nivel_id > author.id), n + 1
    FROM author WHERE author.id IS NOT NULL AND n < $1
), subject (id, n) AS (
    SELECT min(usuario_nivel_id), 1 FROM auditoria WHERE usuario_nivel_id IS NOT NULL
    UNION ALL
    SELECT (SELECT min(a.usuario_nivel_id) FROM auditoria a WHERE a.usuario_nivel_id > subject.id), n + 1
    FROM subject WHERE subject.id IS NOT NULL AND n < $1
)
SELECT id FROM author WHERE id IS NOT NULL UNION SELECT id FROM subject WHERE id IS NOT NULL";

/// From how many places of the indexes a page is put together, at most.
const MOST_PLACES: usize = 128;
/// How many entries are looked at for a page where no index has just those that are asked for.
const WINDOW: usize = 10_000;
/// The same of each action, where several are asked for.
const WINDOW_MIN: usize = 1_000;

const AUTOR: &str = "a.autor";
const USUARIOS: [&str; 2] = ["a.autor_id", "a.usuario_id"];
const NIVEIS: [&str; 2] = ["a.autor_nivel_id", "a.usuario_nivel_id"];

impl Store {
    /// The entries asked for, and where to go on; `None` at the end. Where they are spread over too many níveis, only so
    /// many are looked at: a page may have fewer entries than asked for, even none, although there are more.
    pub async fn page_of_audit(&self, asked: &AuditPage) -> Result<(Vec<AuditEntry>, Option<AuditPosition>)> {
        let limit = usize::from(asked.limit);
        let read = async {
            let mut connection = self.command_reader().await?;
            let actors = actors(&mut connection, asked.actor.as_deref()).await?;
            let apart = apart(&mut connection, asked).await?;
            let seen = asked.niveis.as_deref().map(id_list);
            let narrowed = Narrowed { asked, actors: actors.as_deref(), seen: seen.as_deref() };
            let mut sources = sources(asked, actors.as_deref(), apart.as_deref());
            // SQLite has no `LATERAL`, and statements cost it next to nothing. PostgreSQL would read all entries by their
            // time where nothing but a list of actions narrows them down.
            let is_sqlite = matches!(connection, Connection::Sqlite(_));
            if is_sqlite || sources.iter().all(|source| source.column.is_none() || narrowed.filters(source)) {
                sources = sources.iter().flat_map(Source::each).collect();
            }
            let window = (WINDOW / sources.len().max(1)).max(WINDOW_MIN);
            // By position: what is by one who is asked for and about another comes twice.
            let mut found = BTreeMap::new();
            let mut looked_up_to: Option<AuditPosition> = None;
            for source in &sources {
                let (statement, values) = narrowed.page(source, window, &connection);
                let rows: Vec<EntryRow> = connection.rows(AssertSqlSafe(statement), &values).await?;
                if narrowed.filters(source) && rows.len() <= limit {
                    let (statement, values) = narrowed.end(source, window);
                    let end: Vec<(Time, i64)> = connection.rows(AssertSqlSafe(statement), &values).await?;
                    looked_up_to = looked_up_to.max(end.first().map(|(Time(em), id)| (*em, *id)));
                }
                found.extend(rows.into_iter().map(entry_of).map(|entry| ((entry.em, entry.id), entry)));
            }
            Ok((found, looked_up_to))
        };
        let (mut found, looked_up_to): (BTreeMap<AuditPosition, AuditEntry>, _) =
            Box::pin(self.bounds().keep::<_, StoreError>(read)).await?;
        if let Some(end) = looked_up_to {
            found = found.split_off(&end);
        }
        let has_more = found.len() > limit;
        let page: Vec<AuditEntry> = found.into_values().rev().take(limit).collect();
        let next = if has_more { page.last().map(|last| (last.em, last.id)) } else { looked_up_to };
        Ok((page, next))
    }
}

async fn actors(connection: &mut Connection, actor: Option<&str>) -> Result<Option<Vec<String>>> {
    let Some(actor) = actor else { return Ok(None) };
    let rows: Vec<(String,)> = connection.rows(ACTORS, &[actor.into()]).await?;
    Ok(Some(rows.into_iter().map(|(autor,)| autor).collect()))
}

/// The níveis from each of which a page takes its entries; `None` where they are too many for that, or all are meant.
async fn apart(connection: &mut Connection, asked: &AuditPage) -> Result<Option<Vec<i64>>> {
    let Some(niveis) = &asked.niveis else { return Ok(None) };
    let actions = asked.action.iter().flat_map(ActionFilter::actions).count().max(1);
    let most = MOST_PLACES / NIVEIS.len() / actions;
    if niveis.len() <= most {
        return Ok(Some(niveis.clone()));
    }
    let present: Vec<(i64,)> = connection.rows(PRESENT, &[(MOST_PLACES as i64).into()]).await?;
    if present.len() >= MOST_PLACES {
        return Ok(None);
    }
    let wanted: HashSet<i64> = niveis.iter().copied().collect();
    let wanted: Vec<i64> = present.into_iter().map(|(id,)| id).filter(|id| wanted.contains(id)).collect();
    Ok((wanted.len() <= most).then_some(wanted))
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
fn sources<'a>(asked: &'a AuditPage, actors: Option<&'a [String]>, apart: Option<&[i64]>) -> Vec<Source<'a>> {
    if apart.is_some_and(<[i64]>::is_empty) || actors.is_some_and(<[String]>::is_empty) {
        return Vec::new();
    }
    let mut sources = match (asked.usuario_id, actors, apart) {
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

const NEWEST: &str = "ORDER BY a.em DESC, a.id DESC LIMIT";

/// What narrows entries down.
#[derive(Clone, Copy)]
struct Narrowed<'a> {
    asked: &'a AuditPage,
    actors: Option<&'a [String]>,
    /// The níveis of `asked`, as a statement takes them.
    seen: Option<&'a str>,
}

impl<'a> Narrowed<'a> {
    /// Whether not all that `source` leads to is asked for.
    fn filters(&self, source: &Source<'_>) -> bool {
        self.filters_niveis(source) || self.filters_actors(source)
    }

    fn filters_niveis(&self, source: &Source<'_>) -> bool {
        self.seen.is_some() && !NIVEIS.map(Some).contains(&source.column)
    }

    fn filters_actors(&self, source: &Source<'_>) -> bool {
        self.actors.is_some() && source.column != Some(AUTOR)
    }

    /// The statement for the entries of `source`, of the parts that count, so that each is what an index has. Where more
    /// is asked than that, it looks at `window` entries.
    fn page(&self, source: &Source<'a>, window: usize, connection: &Connection) -> (String, Vec<Param<'a>>) {
        let Walk { lists, conditions, mut values } = self.walk(source);
        let mut filters = String::new();
        if let Some(seen) = self.seen.filter(|_| self.filters_niveis(source)) {
            let listed = connection.ids_of(&parameter(&mut values, seen.into()));
            let [author, subject] = NIVEIS.map(|column| format!("{column} IN {listed}"));
            filters += &format!(" AND ({author} OR {subject})");
        }
        if let Some(actors) = self.actors.filter(|_| self.filters_actors(source)) {
            let places = actors.iter().map(|autor| parameter(&mut values, autor.as_str().into()));
            filters += &format!(" AND {AUTOR} IN ({})", places.collect::<Vec<_>>().join(", "));
        }
        let most = parameter(&mut values, (i64::from(self.asked.limit) + 1).into());
        let looked_at = if filters.is_empty() { most.clone() } else { parameter(&mut values, (window as i64).into()) };
        let lateral = if lists.is_empty() { "" } else { "LATERAL " };
        let page = format!("{lists}{lateral}(SELECT * FROM auditoria a WHERE {conditions} {NEWEST} {looked_at}) a");
        (format!("{COLUMNS} FROM {page} {LOGINS} WHERE true{filters} {NEWEST} {most}"), values)
    }

    /// The statement for the last of `window` entries of `source`.
    fn end(&self, source: &Source<'a>, window: usize) -> (String, Vec<Param<'a>>) {
        let Walk { conditions, mut values, .. } = self.walk(source);
        let before = parameter(&mut values, (window as i64 - 1).into());
        (format!("SELECT a.em, a.id FROM auditoria a WHERE {conditions} {NEWEST} 1 OFFSET {before}"), values)
    }

    /// From where to where an index is read.
    fn walk(&self, source: &Source<'a>) -> Walk<'a> {
        let (mut lists, mut conditions, mut values) = (String::new(), "true".to_owned(), Vec::new());
        let of_column: Vec<String> = source.values.iter().map(|value| parameter(&mut values, *value)).collect();
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
        if let Some((em, id)) = self.asked.before {
            let (em, id) = (parameter(&mut values, Param::Time(Some(Time(em)))), parameter(&mut values, id.into()));
            conditions += &format!(" AND (a.em, a.id) < ({em}, {id})");
        }
        let Between { from, before } = self.asked.between;
        if from.is_some() {
            conditions += &format!(" AND a.em >= {}", parameter(&mut values, from.into()));
        }
        if before.is_some() {
            conditions += &format!(" AND a.em < {}", parameter(&mut values, before.into()));
        }
        Walk { lists, conditions, values }
    }
}

/// A way along an index.
struct Walk<'a> {
    /// The lists that are joined with it.
    lists: String,
    conditions: String,
    values: Vec<Param<'a>>,
}

/// The place of `value` in a statement.
fn parameter<'a>(values: &mut Vec<Param<'a>>, value: Param<'a>) -> String {
    values.push(value);
    format!("${}", values.len())
}
