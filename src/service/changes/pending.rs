//! A request in the queue.

use std::time::Instant;

use tokio::sync::oneshot;

use super::keys::InFlight;
use super::outcome::{ChangeError, Done};
use crate::domain::atendimento::ChangeRequest;
use crate::metrics::Metrics;

/// A request that waits for its turn.
pub(super) struct Pending {
    pub request: ChangeRequest,
    pub since: Instant,
    /// How many rounds it has been through without an outcome.
    pub rounds: u32,
    /// How often it met a lock that held up all requests that were tried with it.
    pub locked_out: u32,
    /// Keeps other requests of the same idempotency key out meanwhile.
    pub key: Option<InFlight>,
    pub answer: oneshot::Sender<Result<Done, ChangeError>>,
}

impl Pending {
    /// Whether it needs the table of the idempotency keys, the only one that not all changes need: the foreign keys
    /// of the history open those of motivos and users for each entry.
    pub fn has_key(&self) -> bool {
        self.request.idempotency.is_some()
    }

    /// Counts what became of the request, and tells the caller, if it is still there.
    pub fn settle(self, outcome: Result<Done, ChangeError>, metrics: &Metrics) {
        metrics.change(outcome.as_ref().map_or_else(ChangeError::outcome, Done::outcome));
        // First, so that a caller that asks again at once finds the answer and not itself.
        drop(self.key);
        _ = self.answer.send(outcome);
    }
}
