//! What the command line lists, row by row: nothing is indexed for it, as every change would pay for the index, and
//! the database sorts. Both engines read this SQL alike, so it is written once.

use futures_util::stream::{BoxStream, StreamExt};
use time::OffsetDateTime;

use super::postgres::PostgresStore;
use super::reads::{EstadoRow, HistoricoRow, change_of, estado_of};
use super::sqlite::{SqliteStore, time_of};
use super::{Result, StoreError};
use crate::clock::unix_millis;
use crate::domain::atendimento::Status;
use crate::domain::registro::{Estado, StoredChange};

/// A span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// From then on.
    pub from: Option<OffsetDateTime>,
    /// Before then.
    pub before: Option<OffsetDateTime>,
}

/// Which atendimentos to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtendimentosAsked {
    /// In this status.
    pub status: Option<Status>,
    /// Last changed, or registered, in this time.
    pub between: Between,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Which changes to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoricoAsked {
    /// Made by the user of this row id.
    pub usuario_id: Option<i64>,
    /// Made in this time.
    pub between: Between,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Lists of whatever length. A stream that is read slowly holds a connection, and what it sees stays what it was.
pub trait Listings: Send + Sync {
    /// The atendimentos asked for, by the time of their last change, oldest first; those of one moment by protocolo.
    fn list_atendimentos(&self, asked: AtendimentosAsked) -> BoxStream<'_, Result<Estado>>;

    /// The changes asked for, each with its protocolo, oldest first; those of one moment by protocolo and revision.
    fn list_historico(&self, asked: HistoricoAsked) -> BoxStream<'_, Result<(String, StoredChange)>>;
}

const ATENDIMENTOS: &str = "
SELECT a.protocolo, a.status, a.revisao, a.atualizado_em, m.nome
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
struct ListedRow<T> {
    protocolo: String,
    #[sqlx(flatten)]
    change: HistoricoRow<T>,
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

/// What `LIMIT` takes for `limit`.
fn most(limit: Option<u32>) -> i64 {
    limit.map_or(i64::MAX, i64::from)
}

/// Implements [`Listings`] on a store that has a `command_writer()` pool, which does not warn of slow statements, stores
/// times as `$stored`, writes them by `$write` and reads them by `$read`.
macro_rules! impl_listings {
    ($store:ty, $stored:ty, $write:expr, $read:expr) => {
        impl Listings for $store {
            fn list_atendimentos(&self, asked: AtendimentosAsked) -> BoxStream<'_, Result<Estado>> {
                let AtendimentosAsked { status, between, limit } = asked;
                sqlx::query_as::<_, EstadoRow<$stored>>(ATENDIMENTOS)
                    .bind(status.map(Status::codigo))
                    .bind(between.from.map($write))
                    .bind(between.before.map($write))
                    .bind(most(limit))
                    .fetch(self.command_writer())
                    .map(|row| estado_of(row.map_err(StoreError::from)?, $read))
                    .boxed()
            }

            fn list_historico(&self, asked: HistoricoAsked) -> BoxStream<'_, Result<(String, StoredChange)>> {
                let HistoricoAsked { usuario_id, between, limit } = asked;
                sqlx::query_as::<_, ListedRow<$stored>>(HISTORICO)
                    .bind(usuario_id)
                    .bind(between.from.map($write))
                    .bind(between.before.map($write))
                    .bind(most(limit))
                    .fetch(self.command_writer())
                    .map(|row| {
                        let ListedRow { protocolo, change } = row?;
                        Ok((protocolo, change_of(change, $read)?.1))
                    })
                    .boxed()
            }
        }
    };
}

impl_listings!(PostgresStore, OffsetDateTime, |at: OffsetDateTime| at, Ok);
impl_listings!(SqliteStore, i64, unix_millis, time_of);
