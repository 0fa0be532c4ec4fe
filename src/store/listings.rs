//! What the command line lists, row by row. Nothing is indexed for it, as every change would pay for the index: the
//! database sorts.
//! A stream that is read slowly holds a connection, and what it sees stays what it was.

use futures_util::stream::{self, BoxStream, StreamExt};
use time::OffsetDateTime;

use super::engine::Store;
use super::error::Result;
use super::reads::{HistoricoRow, PresentStateRow, change_of, estado_of};
use super::value::{Param, Row, Time};
use crate::domain::atendimento::Status;
use crate::domain::record::{PresentState, StoredChange};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// From then on.
    pub from: Option<OffsetDateTime>,
    pub before: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtendimentosQuery {
    pub status: Option<Status>,
    /// Last changed, or registered, in this time.
    pub between: Between,
    pub limit: Option<u32>,
}

/// A page of atendimentos, the last protocolo first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtendimentosPage {
    /// What their protocolo begins with.
    pub prefix: String,
    pub status: Option<Status>,
    /// Last changed, or registered, in this time.
    pub between: Between,
    /// Only those whose latest change has the motivo of this row id.
    pub motivo_id: Option<i64>,
    /// Only those whose latest change the user of this row id made.
    pub usuario_id: Option<i64>,
    /// Only those before this protocolo.
    pub before: Option<String>,
    pub limit: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoricoQuery {
    /// Made by the user of this row id.
    pub usuario_id: Option<i64>,
    pub between: Between,
    pub limit: Option<u32>,
}

const ATENDIMENTOS: &str = "
SELECT a.protocolo, a.status, a.revisao, a.atualizado_em, m.nome AS motivo
FROM atendimento a
LEFT JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
WHERE ($1 IS NULL OR a.status = $1)
  AND ($2 IS NULL OR a.atualizado_em >= $2)
  AND ($3 IS NULL OR a.atualizado_em < $3)
ORDER BY a.atualizado_em, a.protocolo
LIMIT $4";

/// A row of [`HISTORICO`]: the protocolo, and a row of one history.
#[derive(sqlx_macros::FromRow)]
struct ListedRow {
    protocolo: String,
    #[sqlx(flatten)]
    change: HistoricoRow,
}

const HISTORICO: &str = "
SELECT a.protocolo, h.revisao, h.em, h.de, h.para, m.nome AS motivo, u.login AS usuario, h.comentario, h.visivel_cliente
FROM historico h
JOIN atendimento a ON a.id = h.atendimento_id
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE ($1 IS NULL OR h.usuario_id = $1)
  AND ($2 IS NULL OR h.em >= $2)
  AND ($3 IS NULL OR h.em < $3)
ORDER BY h.em, a.protocolo, h.revisao
LIMIT $4";

/// Up to the revision $2.
const CHANGES: &str = "
SELECT h.revisao, h.em, h.de, h.para, m.nome AS motivo, u.login AS usuario, h.comentario, h.visivel_cliente
FROM historico h
JOIN atendimento a ON a.id = h.atendimento_id
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE a.protocolo = $1 AND h.revisao <= $2
ORDER BY h.revisao";

/// How many atendimentos are looked at for one page: so that a page takes no longer where few of many are meant. There
/// is no index for it.
const WINDOW: i64 = 20_000;
/// The same where each one's latest change is looked at, too.
const WINDOW_OF_CHANGES: i64 = 5_000;

/// A row of [`PAGE`]: what was found, if anything, and where the look ended, if there may be more.
#[derive(sqlx_macros::FromRow)]
struct PageRow {
    fim: Option<String>,
    #[sqlx(flatten)]
    found: FoundRow,
}

#[derive(sqlx_macros::FromRow)]
struct FoundRow {
    protocolo: Option<String>,
    status: Option<i16>,
    revisao: Option<i64>,
    atualizado_em: Option<Time>,
    motivo: Option<String>,
}

/// Of the $6 last protocolos from $1 on and before $2, those asked for; one row without any where there are none. $8 and
/// $9 are about the latest change of each: with `EXISTS`, PostgreSQL would read the changes of all.
const PAGE: &str = "
WITH looked_at AS (
    SELECT id, protocolo, status, revisao, atualizado_em FROM atendimento
    WHERE protocolo >= $1 AND protocolo < $2 ORDER BY protocolo DESC LIMIT $6
), found AS (
    SELECT * FROM looked_at l
    WHERE ($3 IS NULL OR status = $3) AND ($4 IS NULL OR atualizado_em >= $4) AND ($5 IS NULL OR atualizado_em < $5)
      AND ($8 IS NULL AND $9 IS NULL OR 1 = (
          SELECT 1 FROM historico c WHERE c.atendimento_id = l.id AND c.revisao = l.revisao
             AND ($8 IS NULL OR c.motivo_id = $8) AND ($9 IS NULL OR c.usuario_id = $9)))
    ORDER BY protocolo DESC LIMIT $7
)
SELECT look.fim, f.protocolo, f.status, f.revisao, f.atualizado_em, m.nome AS motivo
FROM (SELECT CASE WHEN count(*) = $6 THEN min(protocolo) END AS fim FROM looked_at) look
LEFT JOIN found f ON true
LEFT JOIN historico h ON h.atendimento_id = f.id AND h.revisao = f.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
ORDER BY f.protocolo DESC";

impl FoundRow {
    fn read(self) -> Option<PresentStateRow> {
        let Self { protocolo, status, revisao, atualizado_em, motivo } = self;
        Some(PresentStateRow {
            protocolo: protocolo?,
            status: status?,
            revisao: revisao?,
            atualizado_em: atualizado_em?,
            motivo,
        })
    }
}

/// What `LIMIT` takes for `limit`.
pub(super) fn most(limit: Option<u32>) -> i64 {
    limit.map_or(i64::MAX, i64::from)
}

impl Store {
    /// The atendimentos asked for, by the time of their last change, oldest first; those of one moment by protocolo.
    pub fn list_atendimentos(&self, asked: AtendimentosQuery) -> BoxStream<'_, Result<PresentState>> {
        let AtendimentosQuery { status, between: Between { from, before }, limit } = asked;
        let status = Param::Small(status.map(Status::code));
        self.list(ATENDIMENTOS, &[status, from.into(), before.into(), most(limit).into()], estado_of)
    }

    /// The atendimentos asked for, and the protocolo before which to go on; `None` at the end. Only so many are looked
    /// at: a page may have fewer entries than asked for, even none, although there are more.
    pub async fn page_of_atendimentos(&self, asked: &AtendimentosPage) -> Result<(Vec<PresentState>, Option<String>)> {
        let AtendimentosPage { prefix, status, between: Between { from, before: until }, before, limit, .. } = asked;
        // Nothing that may be in a protocolo sorts after it.
        let end = format!("{prefix}{}", char::MAX);
        let end = before.as_ref().filter(|before| **before < end).unwrap_or(&end).as_str();
        let (limit, status) = (usize::from(*limit), Param::Small(status.map(Status::code)));
        // One more than asked for: whether there is another page.
        let most = i64::from(asked.limit) + 1;
        // Where all are meant, the first ones are found.
        let is_filtered = asked.status.is_some() || asked.between != Between::default();
        let window = match (asked.motivo_id, asked.usuario_id) {
            (None, None) if !is_filtered => most,
            (None, None) => WINDOW,
            _ => WINDOW_OF_CHANGES,
        };
        let values = [
            prefix.as_str().into(),
            end.into(),
            status,
            (*from).into(),
            (*until).into(),
            window.into(),
            most.into(),
            asked.motivo_id.into(),
            asked.usuario_id.into(),
        ];
        let rows: Vec<PageRow> = self.command_rows(PAGE, &values).await?;
        let looked_up_to = rows.first().and_then(|row| row.fim.clone());
        let found = rows.into_iter().filter_map(|row| row.found.read());
        let mut page = found.map(estado_of).collect::<Result<Vec<_>>>()?;
        let has_more = page.len() > limit;
        page.truncate(limit);
        let next = if has_more { page.last().map(|last| last.protocolo.clone()) } else { looked_up_to };
        Ok((page, next))
    }

    /// The changes asked for, each with its protocolo, oldest first; those of one moment by protocolo and revision.
    pub fn list_historico(&self, asked: HistoricoQuery) -> BoxStream<'_, Result<(String, StoredChange)>> {
        let HistoricoQuery { usuario_id, between: Between { from, before }, limit } = asked;
        let listed = |ListedRow { protocolo, change }| Ok((protocolo, change_of(change)?.1));
        self.list(HISTORICO, &[usuario_id.into(), from.into(), before.into(), most(limit).into()], listed)
    }

    /// The changes of an atendimento up to the one that led to `state`, oldest first.
    pub fn changes_of(&self, state: &PresentState) -> BoxStream<'_, Result<StoredChange>> {
        self.list(CHANGES, &[state.protocolo.as_str().into(), state.revisao.into()], |row| Ok(change_of(row)?.1))
    }

    /// The rows that `statement` yields, each as `read` takes it.
    pub(super) fn list<'a, R: Row + 'a, T: Send + 'a>(
        &'a self,
        statement: &'static str,
        values: &[Param<'_>],
        read: impl Fn(R) -> Result<T> + Send + 'a,
    ) -> BoxStream<'a, Result<T>> {
        match self.command_stream(statement, values) {
            Ok(rows) => rows.map(move |row| read(row?)).boxed(),
            Err(error) => stream::once(async { Err(error.into()) }).boxed(),
        }
    }
}
