//! The atendimentos and their history: what both engines do with them, and the rows that both read.

use std::collections::HashMap;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Result, StoreError};
use crate::domain::atendimento::{Atendimento, Change, Comentario, Snapshot, Status};
use crate::domain::registro::{Registro, StoredChange};

/// The atendimentos and their history.
#[async_trait]
pub trait Atendimentos: Send + Sync {
    /// Loads the atendimentos and the active motivos named, in one statement. What is not there is left out.
    async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot>;

    /// Writes `changes`, made now by the database's clock, in one atomic, durable step.
    ///
    /// Changes of one atendimento stand together in the order of their revisions. An atendimento that
    /// is no longer at the revision before its first change is left alone; the ids of those are returned.
    async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>>;

    /// How many commits this engine can work on side by side.
    fn writers(&self) -> usize;

    /// Registers an atendimento. Fails with [`StoreError::AlreadyExists`].
    async fn insert_atendimento(&self, novo: &NewAtendimento) -> Result<()>;

    /// The whole record of an atendimento.
    async fn registro(&self, protocolo: &str) -> Result<Option<Registro>>;

    /// Starts an import; nothing of it shows before [`Import::commit`], and dropping it undoes it.
    async fn begin_import(&self) -> Result<Box<dyn Import>>;
}

/// An atendimento to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAtendimento {
    /// Protocol number, trimmed.
    pub protocolo: String,
    /// Its status.
    pub status: Status,
}

/// A bulk load in one transaction.
#[async_trait]
pub trait Import: Send {
    /// Inserts those whose protocolo is new (`novos` names each once), and returns the others as
    /// they stand, locked until the end.
    async fn insert(&mut self, novos: &[NewAtendimento]) -> Result<HashMap<String, Atendimento>>;

    /// As [`Atendimentos::commit`], inside this transaction.
    async fn change(&mut self, changes: &[Change]) -> Result<Vec<i64>>;

    /// Makes all of it durable and visible.
    async fn commit(self: Box<Self>) -> Result<()>;
}

/// For each change the number of changes of its atendimento in the batch when it is the last of them,
/// else 0: the last one moves the atendimento, from the revision that many before its own.
pub(super) fn steps(changes: &[Change]) -> impl Iterator<Item = i16> {
    changes.chunk_by(|a, b| a.atendimento_id == b.atendimento_id).flat_map(|run| {
        let last = run.len() - 1;
        (0..run.len()).map(move |i| if i == last { run.len() as i16 } else { 0 })
    })
}

/// A row of a snapshot: `(protocolo, id, status, revisao)`, or `(chave, id, NULL, NULL)` for a motivo.
pub(super) type SnapshotRow = (String, i64, Option<i16>, Option<i64>);

/// The snapshot made of `rows`.
pub(super) fn snapshot_of(rows: Vec<SnapshotRow>) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    for row in rows {
        match row {
            (protocolo, id, Some(status), Some(revisao)) => {
                snapshot.atendimentos.insert(protocolo, Atendimento { id, status: status_of(status)?, revisao });
            }
            (chave, id, ..) => {
                snapshot.motivos.insert(chave, id);
            }
        }
    }
    Ok(snapshot)
}

/// The record of $1, a row a change; an atendimento without history is one row without `em`.
pub(super) const REGISTRO: &str = "
SELECT a.protocolo, a.status, a.atualizado_em,
       h.em, h.de, h.para, h.comentario, h.visivel_cliente, m.nome AS motivo, u.login AS usuario
FROM atendimento a
LEFT JOIN historico h ON h.atendimento_id = a.id
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE a.protocolo = $1
ORDER BY h.revisao";

/// A row of [`REGISTRO`]; `T` is how the engine stores a time.
#[derive(sqlx::FromRow)]
pub(super) struct RegistroRow<T> {
    protocolo: String,
    status: i16,
    atualizado_em: T,
    em: Option<T>,
    de: Option<i16>,
    para: Option<i16>,
    comentario: Option<String>,
    visivel_cliente: Option<bool>,
    motivo: Option<String>,
    usuario: Option<String>,
}

/// The record made of `rows`; `time` reads a stored time.
pub(super) fn registro_of<T: Copy>(
    rows: Vec<RegistroRow<T>>,
    time: impl Fn(T) -> Result<OffsetDateTime>,
) -> Result<Option<Registro>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let (protocolo, status) = (first.protocolo.clone(), status_of(first.status)?);
    let atualizado_em = time(first.atualizado_em)?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(em), Some(de), Some(para)) = (row.em, row.de, row.para) else { continue };
        changes.push(StoredChange {
            em: time(em)?,
            de: status_of(de)?,
            para: status_of(para)?,
            motivo: row.motivo,
            usuario: row.usuario,
            comentario: Option::zip(row.comentario, row.visivel_cliente)
                .map(|(texto, visivel_cliente)| Comentario { texto: texto.into(), visivel_cliente }),
        });
    }
    Ok(Some(Registro::new(protocolo, status, atualizado_em, changes)))
}

pub(super) fn status_of(codigo: i16) -> Result<Status> {
    Status::from_codigo(codigo).ok_or_else(|| StoreError::Corrupt(format!("the status code {codigo}")))
}
