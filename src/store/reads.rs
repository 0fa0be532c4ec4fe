//! What clients read, past the change queue. Both engines read this SQL alike, so it is written once.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::atendimentos::{snapshot_of, status_of};
use super::postgres::PostgresStore;
use super::sqlite::{SqliteStore, time_of};
use super::{IdempotencyKey, Result};
use crate::domain::atendimento::{Comentario, Snapshot};
use crate::domain::registro::{Estado, StoredChange};
use crate::domain::texto::Chave;

/// What clients read.
#[async_trait]
pub trait Reads: Send + Sync {
    /// The present state of an atendimento.
    async fn estado(&self, protocolo: &str) -> Result<Option<Estado>>;

    /// The first `limit` changes of an atendimento after the revision `after`, oldest first, each with
    /// its revision; `None` when there is no such atendimento. Costs the same anywhere in a history.
    async fn historico(&self, protocolo: &str, after: i64, limit: u16) -> Result<Option<Vec<(i64, StoredChange)>>>;

    /// The names of the active motivos, by name.
    async fn active_motivos(&self) -> Result<Vec<String>>;

    /// The name of a motivo.
    async fn motivo_nome(&self, id: i64) -> Result<Option<String>>;

    /// The fingerprint of the body with which `key` came, if it is known: [`super::Idempotency::idempotency_keys`]
    /// without the change queue's connections.
    async fn idempotency_key(&self, key: &IdempotencyKey) -> Result<Option<i64>>;

    /// What [`super::Atendimentos::snapshot`] loads for one request, without the change queue's connections.
    async fn situation(&self, protocolo: &str, motivo: Option<&Chave>) -> Result<Snapshot>;
}

/// A row of [`ESTADO`]; `T` is how the engine stores a time.
pub(super) type EstadoRow<T> = (String, i16, i64, T, Option<String>);

const ESTADO: &str = "
SELECT a.protocolo, a.status, a.revisao, a.atualizado_em, m.nome
FROM atendimento a
LEFT JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
WHERE a.protocolo = $1";

/// A row of [`HISTORICO`]; `T` is how the engine stores a time.
#[derive(sqlx::FromRow)]
pub(super) struct HistoricoRow<T> {
    revisao: i64,
    em: T,
    de: i16,
    para: i16,
    motivo: Option<String>,
    usuario: Option<String>,
    comentario: Option<String>,
    visivel_cliente: Option<bool>,
}

const HISTORICO: &str = "
SELECT h.revisao, h.em, h.de, h.para, m.nome AS motivo, u.login AS usuario, h.comentario, h.visivel_cliente
FROM historico h
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE h.atendimento_id = $1 AND h.revisao > $2
ORDER BY h.revisao
LIMIT $3";

/// Both halves of a snapshot; a motivo's row has no status.
const SITUATION: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = $1
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = $2";

/// The first half alone, which feels no lock on the motivos.
const SITUATION_WITHOUT_MOTIVO: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = $1";

pub(super) fn estado_of<T>(row: EstadoRow<T>, time: impl Fn(T) -> Result<OffsetDateTime>) -> Result<Estado> {
    let (protocolo, status, revisao, atualizado_em, motivo_status) = row;
    Ok(Estado { protocolo, status: status_of(status)?, motivo_status, atualizado_em: time(atualizado_em)?, revisao })
}

/// The change of `row`, with its revision.
pub(super) fn change_of<T>(
    row: HistoricoRow<T>,
    time: impl Fn(T) -> Result<OffsetDateTime>,
) -> Result<(i64, StoredChange)> {
    let HistoricoRow { revisao, em, de, para, motivo, usuario, comentario, visivel_cliente } = row;
    let comentario = Option::zip(comentario, visivel_cliente)
        .map(|(texto, visivel_cliente)| Comentario { texto: texto.into(), visivel_cliente });
    let (em, de, para) = (time(em)?, status_of(de)?, status_of(para)?);
    Ok((revisao, StoredChange { em, de, para, motivo, usuario, comentario }))
}

/// Implements [`Reads`] on a store that tries statements, has connections to `read()` from, stores times as `$stored` and reads them by `$time`.
macro_rules! impl_reads {
    ($store:ty, $stored:ty, $time:expr) => {
        #[async_trait]
        impl Reads for $store {
            async fn estado(&self, protocolo: &str) -> Result<Option<Estado>> {
                let query = || sqlx::query_as::<_, EstadoRow<$stored>>(ESTADO).bind(protocolo);
                let row =
                    self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await?;
                row.map(|row| estado_of(row, $time)).transpose()
            }

            async fn historico(
                &self,
                protocolo: &str,
                after: i64,
                limit: u16,
            ) -> Result<Option<Vec<(i64, StoredChange)>>> {
                let query = || sqlx::query_scalar("SELECT id FROM atendimento WHERE protocolo = $1").bind(protocolo);
                let id = self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await?;
                let Some(id): Option<i64> = id else { return Ok(None) };
                let query = || sqlx::query_as::<_, HistoricoRow<$stored>>(HISTORICO);
                let query = || query().bind(id).bind(after).bind(i64::from(limit));
                let rows = self.attempts.run(|| async { query().fetch_all(&mut *self.read().await?).await }).await?;
                rows.into_iter().map(|row| change_of(row, $time)).collect::<Result<_>>().map(Some)
            }

            async fn active_motivos(&self) -> Result<Vec<String>> {
                let query = || sqlx::query_scalar("SELECT nome FROM motivo WHERE ativo ORDER BY chave");
                self.attempts.run(|| async { query().fetch_all(&mut *self.read().await?).await }).await
            }

            async fn motivo_nome(&self, id: i64) -> Result<Option<String>> {
                let query = || sqlx::query_scalar("SELECT nome FROM motivo WHERE id = $1").bind(id);
                self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await
            }

            async fn idempotency_key(&self, (usuario_id, chave): &IdempotencyKey) -> Result<Option<i64>> {
                let query = || {
                    sqlx::query_scalar("SELECT impressao FROM idempotencia WHERE usuario_id = $1 AND chave = $2")
                        .bind(*usuario_id)
                        .bind(chave)
                };
                self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await
            }

            async fn situation(&self, protocolo: &str, motivo: Option<&Chave>) -> Result<Snapshot> {
                let query = || match motivo {
                    Some(motivo) => sqlx::query_as(SITUATION).bind(protocolo).bind(motivo.as_str()),
                    None => sqlx::query_as(SITUATION_WITHOUT_MOTIVO).bind(protocolo),
                };
                let rows = self.attempts.run(|| async { query().fetch_all(&mut *self.read().await?).await }).await?;
                snapshot_of(rows)
            }
        }
    };
}

impl_reads!(PostgresStore, OffsetDateTime, Ok);
impl_reads!(SqliteStore, i64, time_of);
