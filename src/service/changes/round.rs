//! One try of a batch: load, decide, commit.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use super::Done;
use crate::domain::atendimento::{Change, ChangeRequest, Denial, Snapshot, decide};
use crate::store::{IdempotencyKey, Result as StoreResult, Store};

/// What became of a request; `None` for one that has to go round again.
pub(super) type Outcome = Option<Result<Done, Denial>>;

/// The fingerprint of the body that came with each key.
type KnownKeys = HashMap<IdempotencyKey, i64>;

/// What follows for a request.
pub(super) enum Decision {
    Make(Change),
    /// Its key says that it was made before.
    Replay,
}

/// Tries all `requests` once, at `now`.
pub(super) async fn round(
    store: &dyn Store,
    now: OffsetDateTime,
    requests: &[&ChangeRequest],
) -> StoreResult<Vec<Outcome>> {
    // Before the rest: a key that another process takes later than this makes the commit fail.
    let known = known_keys(store, requests).await?;
    let protocolos = distinct(requests.iter().map(|request| request.protocolo.as_str()));
    let motivos = distinct(requests.iter().filter_map(|request| request.motivo.as_ref()).map(|motivo| motivo.as_str()));
    let mut snapshot = store.snapshot(&protocolos, &motivos).await?;

    let decisions: Vec<Result<Decision, Denial>> = requests
        .iter()
        .map(|request| {
            let decision = judge(&known, &snapshot, request)?;
            if let Some(change) = decision.change() {
                snapshot.apply(&request.protocolo, change);
            }
            Ok(decision)
        })
        .collect();

    let mut changes: Vec<Change> = decisions.iter().flatten().filter_map(Decision::change).cloned().collect();
    changes.sort_unstable_by_key(|change| (change.atendimento_id, change.revisao));
    let refused = if changes.is_empty() { Vec::new() } else { store.commit(&changes, now).await? };

    // A denial that rests on a change of this batch is only as good as that change.
    let is_refused = |decision: &Decision| decision.change().is_some_and(|c| refused.contains(&c.atendimento_id));
    let stale: HashSet<&str> = requests
        .iter()
        .zip(&decisions)
        .filter(|(_, decision)| decision.as_ref().is_ok_and(is_refused))
        .map(|(request, _)| request.protocolo.as_str())
        .collect();
    let outcomes = requests.iter().zip(decisions).map(|(request, decision)| match decision {
        Ok(Decision::Replay) => Some(Ok(Done::Replayed)),
        _ if stale.contains(request.protocolo.as_str()) => None,
        Ok(Decision::Make(_)) => Some(Ok(Done::Made)),
        Err(denial) => Some(Err(denial)),
    });
    Ok(outcomes.collect())
}

/// The fingerprints of the bodies with which the keys of `requests` came that are known.
pub(super) async fn known_keys(store: &dyn Store, requests: &[&ChangeRequest]) -> StoreResult<KnownKeys> {
    let keys: Vec<IdempotencyKey> = requests.iter().filter_map(|request| key(request)).collect();
    if keys.is_empty() { Ok(KnownKeys::new()) } else { store.idempotency_keys(&keys).await }
}

/// What follows for `request` from what is known.
pub(super) fn judge(known: &KnownKeys, snapshot: &Snapshot, request: &ChangeRequest) -> Result<Decision, Denial> {
    if let Some(made) = key(request).and_then(|key| known.get(&key)) {
        let same = request.idempotencia.as_ref().is_some_and(|this| this.impressao == *made);
        return if same { Ok(Decision::Replay) } else { Err(Denial::ChaveReutilizada) };
    }
    decide(snapshot, request).map(Decision::Make)
}

impl Decision {
    fn change(&self) -> Option<&Change> {
        match self {
            Self::Make(change) => Some(change),
            Self::Replay => None,
        }
    }
}

fn key(request: &ChangeRequest) -> Option<IdempotencyKey> {
    let idempotencia = request.idempotencia.as_ref()?;
    Some((request.usuario_id, idempotencia.chave.to_string()))
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.collect::<HashSet<_>>().into_iter().map(str::to_owned).collect()
}
