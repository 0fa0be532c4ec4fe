//! What becomes of a request.

use crate::domain::atendimento::{Denial, Status};
use crate::metrics::ChangeOutcome;
use crate::store::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The change was made, and is durable.
    Made {
        de: Status,
        /// Whether the motivo asked for was recorded.
        with_motivo: bool,
    },
    /// It was made before, by a request of the same idempotency key and body.
    Replayed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The rules refuse it.
    #[error("refused by the rules")]
    Denied {
        denial: Denial,
        /// The status in which the atendimento was, where it was looked at.
        de: Option<Status>,
    },
    /// A request of the same idempotency key and body has not been answered yet.
    #[error("in progress")]
    InProgress,
    /// The queue is full, or the database is away. Whether the change was made is then unknown.
    #[error("unavailable")]
    Unavailable,
    /// Our fault; the worker has logged it.
    #[error("failed")]
    Failed,
}

impl Done {
    /// As it is counted.
    pub(super) fn outcome(&self) -> ChangeOutcome {
        match self {
            Self::Made { .. } => ChangeOutcome::Made,
            Self::Replayed => ChangeOutcome::Replayed,
        }
    }
}

impl ChangeError {
    /// As it is counted.
    pub(super) fn outcome(&self) -> ChangeOutcome {
        match self {
            Self::Denied { denial: Denial::StatusDiffers(_) | Denial::RevisionDiffers(_), .. } => {
                ChangeOutcome::Differs
            }
            Self::Denied { denial: Denial::KeyReused, .. } => ChangeOutcome::KeyReused,
            Self::Denied { .. } => ChangeOutcome::Refused,
            Self::InProgress => ChangeOutcome::InProgress,
            Self::Unavailable => ChangeOutcome::Unavailable,
            Self::Failed => ChangeOutcome::Failed,
        }
    }
}

impl From<&StoreError> for ChangeError {
    fn from(error: &StoreError) -> Self {
        if error.is_transient() { Self::Unavailable } else { Self::Failed }
    }
}
