//! What administrators change: each change in one transaction with its entries.

use futures_util::stream::BoxStream;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::budget::Patience;
use super::engine::{Store, Transaction};
use super::error::Result;
use super::listings::{Between, most};
use super::value::{MANY, Param, Time, rows_of};
use crate::domain::audit::{ActionFilter, Actor, Entry, Object};

/// Adds entries, of which each is a row of the `VALUES`: with the níveis of the author and of the user changed, as they
/// are at the end of the change.
fn record(time: &str, entries: usize) -> String {
    let rows = rows_of(entries, COLUMNS, ACTOR);
    format!(
        "INSERT INTO auditoria
             (em, origem, autor, autor_id, lugar, acao, objeto, usuario_id, antes, depois, autor_nivel_id, usuario_nivel_id)
         SELECT {time}, $1, $2, $3, $4, n.column2, n.column3, n.column4, n.column5, n.column6,
                (SELECT p.nivel_id FROM usuario u JOIN perfil p ON p.id = u.perfil_id WHERE u.id = $3),
                (SELECT p.nivel_id FROM usuario u JOIN perfil p ON p.id = u.perfil_id WHERE u.id = n.column4)
         FROM relogio CROSS JOIN (VALUES {rows}) n
         ORDER BY n.column1"
    )
}

/// How many values are those of the actor, and how many each entry has besides.
const ACTOR: usize = 4;
const COLUMNS: usize = 6;
const TIME: &str = "agora";
const TIME_POSTGRES: &str = "timestamptz 'epoch' + agora * interval '1 millisecond'";

/// Entries show the login that a user has now. $1 is the page before, $4 an action or a group of them, $7 a user of the
/// operating system: that of the command, or the one behind `sudo`.
const ENTRIES: &str = "
SELECT a.id, a.em, a.origem, coalesce(a.autor, author.login) AS autor, a.lugar, a.acao,
       coalesce(a.objeto, subject.login) AS objeto, a.usuario_id, a.autor_id, a.antes, a.depois,
       author_perfil.nivel_id AS autor_nivel, subject_perfil.nivel_id AS usuario_nivel
FROM auditoria a
LEFT JOIN usuario author ON author.id = a.autor_id
LEFT JOIN usuario subject ON subject.id = a.usuario_id
LEFT JOIN perfil author_perfil ON author_perfil.id = author.perfil_id
LEFT JOIN perfil subject_perfil ON subject_perfil.id = subject.perfil_id
WHERE ($1 IS NULL OR a.id < $1)
  AND ($2 IS NULL OR a.em >= $2)
  AND ($3 IS NULL OR a.em < $3)
  AND ($4 IS NULL OR a.acao = $4 OR a.acao LIKE $4 || '.%')
  AND ($5 IS NULL OR a.objeto = $5)
  AND ($6 IS NULL OR a.usuario_id = $6 OR a.autor_id = $6)
  AND ($7 IS NULL OR a.autor = $7 OR substr(a.autor, 1, length($7) + 8) = $7 || ' (sudo: '
       OR substr(a.autor, length(a.autor) - length($7) - 8) = ' (sudo: ' || $7 || ')')
ORDER BY a.id DESC
LIMIT $8";

/// An entry, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub em: OffsetDateTime,
    /// Where it came from: `comando`, the command line; `api`; or `console`, the pages for people.
    pub origem: String,
    pub autor: String,
    pub lugar: String,
    /// Also one that only a later release knows.
    pub acao: String,
    /// What was changed; the login of a user is that of now.
    pub objeto: Option<String>,
    pub usuario_id: Option<i64>,
    /// The user of ours who asked for it.
    pub autor_id: Option<i64>,
    /// JSON.
    pub antes: Option<String>,
    /// JSON.
    pub depois: Option<String>,
    /// The nível on which the author stands now; `None` at root, and for who is no user of ours.
    pub autor_nivel: Option<i64>,
    /// The same of the user that was changed.
    pub usuario_nivel: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct EntryRow {
    id: i64,
    em: Time,
    origem: String,
    autor: Option<String>,
    lugar: String,
    acao: String,
    objeto: Option<String>,
    usuario_id: Option<i64>,
    autor_id: Option<i64>,
    antes: Option<String>,
    depois: Option<String>,
    autor_nivel: Option<i64>,
    usuario_nivel: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Older than the entry of this id.
    pub before_id: Option<i64>,
    pub between: Between,
    pub action: Option<ActionFilter>,
    /// The name of what was changed, if it is not a user.
    pub object: Option<String>,
    /// Of or by the user of this row id.
    pub usuario_id: Option<i64>,
    /// By this user of the operating system.
    pub actor: Option<String>,
    pub limit: Option<u32>,
}

/// Changes of an administrator, in one transaction; dropping it undoes them.
pub struct Edit(pub(super) Transaction);

impl Store {
    /// Starts changes that leave entries; commands wait for locks.
    pub async fn edit(&self) -> Result<Edit> {
        Ok(Edit(self.begin().await?))
    }

    /// The same, for which somebody waits with `patience`.
    pub async fn edit_within(&self, patience: Patience) -> Result<Edit> {
        Ok(Edit(self.begin_within(patience).await?))
    }

    /// The entries asked for, newest first.
    pub fn list_audit(&self, asked: &AuditQuery) -> BoxStream<'_, Result<AuditEntry>> {
        let Between { from, before } = asked.between;
        let values = [
            asked.before_id.into(),
            from.into(),
            before.into(),
            Param::Text(asked.action.as_ref().map(ActionFilter::as_str)),
            Param::Text(asked.object.as_deref()),
            asked.usuario_id.into(),
            Param::Text(asked.actor.as_deref()),
            most(asked.limit).into(),
        ];
        self.list(ENTRIES, &values, |row| Ok(entry_of(row)))
    }
}

impl Edit {
    /// Adds `entries` by `actor`, and makes all of it durable and visible.
    pub async fn commit(mut self, actor: &Actor, entries: &[Entry]) -> Result<()> {
        self.0.record(actor, entries).await?;
        self.0.commit().await
    }
}

impl Transaction {
    /// Adds `entries` by `actor`, at the time of the database.
    pub(super) async fn record(&mut self, actor: &Actor, entries: &[Entry]) -> Result<()> {
        let time = match self {
            Self::Postgres(_) => TIME_POSTGRES,
            Self::Sqlite(_) => TIME,
        };
        let by = [actor.origin().into(), Param::Text(actor.name()), actor.usuario_id().into(), actor.place().into()];
        for entries in entries.chunks(MANY) {
            let rows = (0i64..).zip(entries).flat_map(|(number, entry)| values_of(number, entry));
            let values: Vec<Param<'_>> = by.into_iter().chain(rows).collect();
            self.execute(AssertSqlSafe(record(time, entries.len())), &values).await?;
        }
        Ok(())
    }
}

/// What [`record`] has of an entry, the `number` of its order first.
fn values_of(number: i64, Entry { action, object, before, after }: &Entry) -> [Param<'_>; COLUMNS] {
    let (name, usuario_id) = match object {
        Object::Usuario(id) => (None, Some(*id)),
        Object::Named(name) => (Some(name.as_str()), None),
    };
    let [before, after] = [before, after].map(|side| Param::Text(side.as_deref()));
    [number.into(), action.name().into(), Param::Text(name), usuario_id.into(), before, after]
}

pub(super) fn entry_of(row: EntryRow) -> AuditEntry {
    let EntryRow { id, em: Time(em), origem, autor, lugar, acao, objeto, usuario_id, autor_id, .. } = row;
    let EntryRow { antes, depois, autor_nivel, usuario_nivel, .. } = row;
    let autor = autor.unwrap_or_default();
    AuditEntry {
        id,
        em,
        origem,
        autor,
        lugar,
        acao,
        objeto,
        usuario_id,
        autor_id,
        antes,
        depois,
        autor_nivel,
        usuario_nivel,
    }
}
