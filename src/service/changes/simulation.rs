//! A change tried out: decided as a real one, on what is durable now, and not made. It goes past the queue.

use super::round::{Decision, judge, known_keys};
use super::{ChangeError, ChangeQueue};
use crate::domain::atendimento::{Change, ChangeRequest, Denial, Status};
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
            Ok(outcome) => outcome.map_err(ChangeError::Denied),
            Err(error) => {
                tracing::error!(%error, "a simulation failed");
                Err(ChangeError::from(&error))
            }
        }
    }
}

async fn simulate(store: &dyn Store, request: &ChangeRequest) -> StoreResult<Result<Simulation, Denial>> {
    let known = known_keys(store, &[request]).await?;
    let snapshot = store.situation(&request.protocolo, request.motivo.as_ref()).await?;
    let Change { de, para, motivo_id, .. } = match judge(&known, &snapshot, request) {
        Ok(Decision::Make(change)) => change,
        Ok(Decision::Replay) => return Ok(Ok(Simulation::Replay)),
        Err(denial) => return Ok(Err(denial)),
    };
    let motivo = match motivo_id {
        Some(id) => store.motivo_nome(id).await?,
        None => None,
    };
    Ok(Ok(Simulation::Make { de, para, motivo }))
}
