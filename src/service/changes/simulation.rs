//! A change tried out: decided as a real one, on what is durable now, and not made. It goes past the queue.

use super::outcome::ChangeError;
use super::round::{Decision, KnownKeys, judge, key};
use crate::domain::atendimento::{Change, ChangeRequest, Status};
use crate::store::{Reads, StoreError};

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

/// What would become of `request` now.
pub(super) async fn simulate<S: Reads + ?Sized>(store: &S, request: &ChangeRequest) -> Result<Simulation, ChangeError> {
    let known = known_key(store, request).await?;
    let snapshot = store.situation(&request.protocolo, request.motivo.as_ref()).await.map_err(failed)?;
    let mut decision = judge(&known, &snapshot, request);
    if decision.is_err() {
        // Another process may have made this very change after the first look, as in `look_again`.
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

/// What is known of the key of `request`.
async fn known_key<S: Reads + ?Sized>(store: &S, request: &ChangeRequest) -> Result<KnownKeys, ChangeError> {
    let Some(key) = key(request) else { return Ok(KnownKeys::new()) };
    let impressao = store.idempotency_key(&key).await.map_err(failed)?;
    Ok(impressao.map(|impressao| (key, impressao)).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::domain::atendimento::{Atendimento, Denial, Idempotencia, Snapshot};
    use crate::domain::registro::{Estado, StoredChange};
    use crate::domain::texto::Chave;
    use crate::store::{IdempotencyKey, Result as StoreResult};

    /// A store in which another process makes the change of every key between the first look at the keys and
    /// the snapshot.
    #[derive(Default)]
    struct Overtaken {
        made: AtomicBool,
    }

    #[async_trait]
    impl Reads for Overtaken {
        async fn idempotency_key(&self, _: &IdempotencyKey) -> StoreResult<Option<i64>> {
            Ok(self.made.load(Ordering::Relaxed).then_some(7))
        }

        async fn situation(&self, _: &str, _: Option<&Chave>) -> StoreResult<Snapshot> {
            self.made.store(true, Ordering::Relaxed);
            let atendimento = Atendimento { id: 1, status: Status::Finalizado, revisao: 1 };
            Ok(Snapshot { atendimentos: HashMap::from([("1".to_owned(), atendimento)]), motivos: HashMap::new() })
        }

        async fn motivo_nome(&self, _: i64) -> StoreResult<Option<String>> {
            unreachable!("no motivo is named")
        }

        async fn estado(&self, _: &str) -> StoreResult<Option<Estado>> {
            unreachable!("a simulation reads a snapshot")
        }

        async fn historico(&self, _: &str, _: i64, _: u16) -> StoreResult<Option<Vec<(i64, StoredChange)>>> {
            unreachable!("a simulation reads a snapshot")
        }

        async fn active_motivos(&self) -> StoreResult<Vec<String>> {
            unreachable!("a simulation reads a snapshot")
        }
    }

    #[tokio::test]
    async fn what_was_made_after_the_first_look_is_a_replay() {
        let simulated = async |impressao| {
            let request = ChangeRequest {
                protocolo: "1".to_owned(),
                status: "Finalizado".to_owned(),
                motivo: None,
                comentario: None,
                esperado: Some(Status::Aberto),
                revisoes: None,
                idempotencia: Some(Idempotencia { chave: Arc::from("k"), impressao }),
                usuario_id: 1,
            };
            simulate(&Overtaken::default(), &request).await
        };
        assert_eq!(simulated(7).await, Ok(Simulation::Replay));
        assert_eq!(simulated(8).await, Err(ChangeError::Denied { denial: Denial::ChaveReutilizada, de: None }));
    }
}
