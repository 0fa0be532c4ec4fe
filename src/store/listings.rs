//! What the command line lists, row by row. Nothing is indexed for it, as every change would pay for the index: the
//! database sorts.
//! A stream that is read slowly holds a connection, and what it sees stays what it was.

use futures_util::stream::{self, BoxStream, StreamExt};
use time::OffsetDateTime;

use super::engine::Store;
use super::error::Result;
use super::reads::{HistoricoRow, PresentStateRow, change_of, estado_of};
use super::value::{Param, Row};
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
#[derive(sqlx::FromRow)]
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

/// Of the $6 last protocolos from $1 on and before $2, those asked for.
const PAGE: &str = "
SELECT a.protocolo, a.status, a.revisao, a.atualizado_em, m.nome AS motivo
FROM (SELECT * FROM atendimento WHERE protocolo >= $1 AND protocolo < $2 ORDER BY protocolo DESC LIMIT $6) a
LEFT JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
WHERE ($3 IS NULL OR a.status = $3)
  AND ($4 IS NULL OR a.atualizado_em >= $4)
  AND ($5 IS NULL OR a.atualizado_em < $5)
ORDER BY a.protocolo DESC
LIMIT $7";

/// The last protocolo that was looked at, if there are more.
const PAGE_END: &str = "
SELECT protocolo FROM atendimento WHERE protocolo >= $1 AND protocolo < $2 ORDER BY protocolo DESC LIMIT 1 OFFSET $3";

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
        let AtendimentosPage { prefix, status, between: Between { from, before: until }, before, limit } = asked;
        // Nothing sorts after it.
        let end = format!("{prefix}{}", char::MAX);
        let end = before.as_ref().filter(|before| **before < end).unwrap_or(&end).as_str();
        let (limit, status) = (i64::from(*limit), Param::Small(status.map(Status::code)));
        let range = [prefix.as_str().into(), end.into()];
        let [start, end] = range;
        let values = [start, end, status, (*from).into(), (*until).into(), WINDOW.into(), limit.into()];
        let rows: Vec<PresentStateRow> = self.command_rows(PAGE, &values).await?;
        let page = rows.into_iter().map(estado_of).collect::<Result<Vec<_>>>()?;
        if page.len() as i64 == limit {
            let last = page.last().map(|last| last.protocolo.clone());
            return Ok((page, last));
        }
        let next: Option<(String,)> = self.command_row(PAGE_END, &[start, end, (WINDOW - 1).into()]).await?;
        Ok((page, next.map(|(protocolo,)| protocolo)))
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
