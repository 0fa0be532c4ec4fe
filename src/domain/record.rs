//! An atendimento and its history, as they were stored.

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

#[derive(Debug)]
pub struct PresentState {
    pub protocolo: String,
    pub status: Status,
    /// Of the latest change.
    pub motivo: Option<String>,
    /// When it was last changed, or registered.
    pub atualizado_em: OffsetDateTime,
    /// How many changes it has seen.
    pub revisao: i64,
}

/// That an atendimento was registered, as the audit trail tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub em: OffsetDateTime,
    /// Login of who registered it; `None` for a command.
    pub usuario: Option<String>,
}
