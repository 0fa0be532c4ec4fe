//! An atendimento with its history, as it was stored.

use time::OffsetDateTime;

use super::atendimento::{Comentario, Status};

/// One change, names resolved.
#[derive(Clone, Debug)]
pub struct StoredChange {
    pub em: OffsetDateTime,
    pub de: Status,
    pub para: Status,
    pub motivo: Option<String>,
    /// Login of who made it; `None` for an import from the command line.
    pub usuario: Option<String>,
    pub comentario: Option<Comentario>,
}

/// An atendimento with everything that happened to it, oldest first.
#[derive(Debug)]
pub struct AtendimentoRecord {
    pub protocolo: String,
    pub status: Status,
    /// When it was last changed, or registered.
    pub atualizado_em: OffsetDateTime,
    pub changes: Vec<StoredChange>,
}

impl AtendimentoRecord {
    /// The motivo of the latest change.
    pub fn motivo(&self) -> Option<&str> {
        self.changes.last()?.motivo.as_deref()
    }
}

#[derive(Debug)]
pub struct PresentState {
    pub protocolo: String,
    pub status: Status,
    pub motivo: Option<String>,
    pub atualizado_em: OffsetDateTime,
    /// How many changes it has seen.
    pub revisao: i64,
}
