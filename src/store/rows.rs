//! What the statements that each engine words in its own way take and yield.

use std::collections::HashMap;

use super::error::{Result, StoreError};
use crate::domain::atendimento::{Atendimento, Change, Snapshot, Status};
use crate::domain::text::Name;

/// A user's row id and a key of that user's.
pub type ScopedKey = (i64, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAtendimento {
    /// Protocol number, trimmed.
    pub protocolo: String,
    pub status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMotivo {
    pub nome: Name,
    /// False if it is deactivated from the start.
    pub ativo: bool,
}

/// What a sandbox begins with.
#[derive(Clone, Debug)]
pub struct Example {
    pub motivos: Vec<NewMotivo>,
    /// The atendimentos, none of them changed yet.
    pub atendimentos: Vec<NewAtendimento>,
}

/// Deletes what requests write: first the rows that refer to others.
pub(super) const FORGET: &str = "
DELETE FROM historico;
DELETE FROM atendimento;
DELETE FROM sequencia;
DELETE FROM idempotencia;
DELETE FROM tentativa";

/// A row of a snapshot: the protocolo of an atendimento or the key of a motivo's name, its id, and for an atendimento
/// status and revision. By position, because looking columns up by name costs each change more than reading them.
pub(super) type SnapshotRow = (String, i64, Option<i16>, Option<i64>);

pub(super) fn snapshot_of(rows: Vec<SnapshotRow>) -> Result<Snapshot> {
    let mut snapshot = Snapshot { atendimentos: HashMap::with_capacity(rows.len()), motivos: HashMap::new() };
    for (key, id, status, revisao) in rows {
        if let (Some(status), Some(revisao)) = (status, revisao) {
            snapshot.atendimentos.insert(key, Atendimento { id, status: status_of(status)?, revisao });
        } else {
            snapshot.motivos.insert(key, id);
        }
    }
    Ok(snapshot)
}

pub(super) fn status_of(codigo: i16) -> Result<Status> {
    Status::from_code(codigo).ok_or_else(|| StoreError::Corrupt(format!("the status code {codigo}")))
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct KeyRow {
    usuario_id: i64,
    #[sqlx(rename = "chave")]
    key: String,
    #[sqlx(rename = "impressao")]
    fingerprint: i64,
}

pub(super) fn fingerprints(rows: Vec<KeyRow>) -> HashMap<ScopedKey, i64> {
    rows.into_iter().map(|KeyRow { usuario_id, key, fingerprint }| ((usuario_id, key), fingerprint)).collect()
}

/// For each change the number of changes of its atendimento in the batch when it is the last of them,
/// else 0: the last one moves the atendimento, from the revision that many before its own.
pub(super) fn steps(changes: &[Change]) -> impl Iterator<Item = i16> {
    changes.chunk_by(|a, b| a.atendimento_id == b.atendimento_id).flat_map(|run| {
        let last = run.len() - 1;
        (0..run.len()).map(move |i| if i == last { run.len() as i16 } else { 0 })
    })
}
