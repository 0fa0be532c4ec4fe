//! What the command line lists, row by row. Nothing is indexed for it, as every change would pay for the index: the
//! database sorts.
//! A stream that is read slowly holds a connection, and what it sees stays what it was.

use futures_util::stream::{self, BoxStream, StreamExt};
use time::OffsetDateTime;

use super::engine::Store;
use super::error::Result;
use super::reads::{HistoricoRow, change_of, estado_of};
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
