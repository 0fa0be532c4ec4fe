//! A change tried out: decided as a real one, on what is durable now, and not made. It goes past the queue.

use super::round::{Decision, KnownKeys, Refusal, judge, key};
use super::{ChangeError, ChangeQueue};
use crate::domain::atendimento::{Change, ChangeRequest, Status};
use crate::store::{Result as StoreResult, Store};

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// This change would be made.
    Make {
        /// Status before.
        de: Status,
        /// Status after.
        para: Status,
        /// Name of the motivo that would be recorded.
        motivo: Option<String>,
    },
    /// Nothing: it was made before, by a request of the same idempotency key and body.
    Replay,
}

impl ChangeQueue {
    /// What [`ChangeQueue::submit`] would answer now. Writes nothing, and takes no idempotency key.
    pub async fn simulate(&self, request: &ChangeRequest) -> Result<Simulation, ChangeError> {
        self.keys.check(request)?;
        match simulate(self.store.as_ref(), request).await {
            Ok(outcome) => outcome.map_err(ChangeError::from),
            Err(error) => {
                tracing::error!(%error, "a simulation failed");
                Err(ChangeError::from(&error))
            }
        }
    }
}

async fn simulate(store: &Store, request: &ChangeRequest) -> StoreResult<Result<Simulation, Refusal>> {
    let known = known_key(store, request).await?;
    let snapshot = store.situation(&request.protocolo, request.motivo.as_ref()).await?;
    let mut decision = judge(&known, &snapshot, request);
    if decision.is_err() {
        // Another process may have made this very change after the first look, as in `round`.
        let known = known_key(store, request).await?;
        decision = judge(&known, &snapshot, request);
    }
    let Change { de, para, motivo_id, .. } = match decision {
        Ok(Decision::Make(change)) => change,
        Ok(Decision::Replay) => return Ok(Ok(Simulation::Replay)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let motivo = match motivo_id {
        Some(id) => store.motivo_nome(id).await?,
        None => None,
    };
    Ok(Ok(Simulation::Make { de, para, motivo }))
}

/// What is known of the key of `request`.
async fn known_key(store: &Store, request: &ChangeRequest) -> StoreResult<KnownKeys> {
    let Some(key) = key(request) else { return Ok(KnownKeys::new()) };
    let impressao = store.idempotency_key(&key).await?;
    Ok(impressao.map(|impressao| (key, impressao)).into_iter().collect())
}
