//! A change tried out: decided as a real one, on what is durable now, and not made. It goes past the queue.

use super::keys::{Fingerprints, keyed};
use super::outcome::ChangeError;
use super::round::{Decision, judge};
use crate::domain::atendimento::{Change, ChangeRequest, Status};
use crate::store::{Store, StoreError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulation {
    Make {
        de: Status,
        para: Status,
        motivo: Option<String>,
    },
    /// Nothing: it was made before, by a request of the same idempotency key and body.
    Replay,
}

pub(super) async fn simulate(store: &Store, request: &ChangeRequest) -> Result<Simulation, ChangeError> {
    let known = known_key(store, request).await?;
    let snapshot = store.situation(&request.protocolo, request.motivo.as_ref()).await.map_err(failed)?;
    let mut decision = judge(&known, &snapshot, request);
    if decision.is_err() {
        // Another process may have made this very change after the first look, as in `round`.
        let known = known_key(store, request).await?;
        decision = judge(&known, &snapshot, request);
    }
    let Decision::Make(Change { de, para, motivo_id, .. }) = decision? else { return Ok(Simulation::Replay) };
    let motivo = match motivo_id {
        Some(id) => store.motivo_nome(id).await.map_err(failed)?,
        None => None,
    };
    Ok(Simulation::Make { de, para, motivo })
}

fn failed(error: StoreError) -> ChangeError {
    tracing::error!(%error, "a simulation failed");
    ChangeError::from(&error)
}

async fn known_key(store: &Store, request: &ChangeRequest) -> Result<Fingerprints, ChangeError> {
    let Some((key, _)) = keyed(request) else { return Ok(Fingerprints::new()) };
    let fingerprint = store.idempotency_key(&key).await.map_err(failed)?;
    Ok(fingerprint.map(|fingerprint| (key, fingerprint)).into_iter().collect())
}
