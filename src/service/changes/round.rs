//! One try of a batch: load, decide, commit.

use std::collections::HashSet;
use std::time::Instant;

use super::keys::{Fingerprints, keyed};
use super::outcome::{ChangeError, Done};
use crate::domain::atendimento::{Change, ChangeRequest, Denial, Snapshot, Status, decide};
use crate::metrics::Metrics;
use crate::store::{Result as StoreResult, Store};

/// What became of a request; `None` for one that has to go round again.
pub(super) type RoundOutcome = Option<Result<Done, Refusal>>;

/// That the rules refuse a request, and in which status its atendimento was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub denial: Denial,
    pub de: Option<Status>,
}

impl From<Refusal> for ChangeError {
    fn from(Refusal { denial, de }: Refusal) -> Self {
        Self::Denied { denial, de }
    }
}

/// What follows for a request.
pub(super) enum Decision {
    Make(Change),
    /// Its key says that it was made before.
    Replay,
}

pub(super) async fn round(
    store: &Store,
    metrics: &Metrics,
    requests: &[&ChangeRequest],
) -> StoreResult<Vec<RoundOutcome>> {
    // Before the rest: a key that another process takes later than this makes the commit fail.
    let known = known_keys(store, requests).await?;
    let protocolos = distinct(requests.iter().map(|request| request.protocolo.as_str()));
    let motivos = distinct(requests.iter().filter_map(|request| Some(request.motivo.as_ref()?.as_str())));
    let mut decisions = judge_all(&known, store.snapshot(&protocolos, &motivos).await?, requests);

    // Another process may have made the change of a denied request after the first look at its key, and shown it to
    // the snapshot: then that change is why the request is denied.
    let denied = requests.iter().zip(&decisions).filter(|(_, decision)| decision.is_err());
    let denied: Vec<&ChangeRequest> = denied.map(|(request, _)| *request).collect();
    reconsider(&known_keys(store, &denied).await?, requests, &mut decisions);

    let mut changes: Vec<Change> = decisions.iter().flatten().filter_map(Decision::change).cloned().collect();
    changes.sort_unstable_by_key(|change| (change.atendimento_id, change.revisao));
    let refused = if changes.is_empty() { Vec::new() } else { commit(store, metrics, &changes).await? };
    Ok(outcomes(requests, decisions, &refused))
}

async fn commit(store: &Store, metrics: &Metrics, changes: &[Change]) -> StoreResult<Vec<i64>> {
    let began = Instant::now();
    let committed = store.commit(changes).await;
    let took = began.elapsed();
    let made = |refused: &Vec<i64>| changes.iter().filter(|c| !refused.contains(&c.atendimento_id)).count();
    metrics.commit(committed.as_ref().map_or(0, made), took);
    committed
}

/// The fingerprints of the bodies with which the keys of `requests` came that are known.
async fn known_keys(store: &Store, requests: &[&ChangeRequest]) -> StoreResult<Fingerprints> {
    let keys: Vec<_> = requests.iter().filter_map(|request| Some(keyed(request)?.0)).collect();
    if keys.is_empty() { Ok(Fingerprints::new()) } else { store.idempotency_keys(&keys).await }
}

/// What follows for each of `requests`, made one after the other.
fn judge_all(
    known: &Fingerprints,
    mut snapshot: Snapshot,
    requests: &[&ChangeRequest],
) -> Vec<Result<Decision, Refusal>> {
    let mut decisions = Vec::with_capacity(requests.len());
    for request in requests {
        let decision = judge(known, &snapshot, request);
        if let Some(change) = decision.as_ref().ok().and_then(Decision::change) {
            snapshot.apply(&request.protocolo, change);
        }
        decisions.push(decision);
    }
    decisions
}

/// Corrects the denials of requests whose keys are `known` by now.
fn reconsider(known: &Fingerprints, requests: &[&ChangeRequest], decisions: &mut [Result<Decision, Refusal>]) {
    for (request, decision) in requests.iter().zip(decisions).filter(|(_, decision)| decision.is_err()) {
        if let Some(made) = repeated(known, request) {
            *decision = made;
        }
    }
}

/// What became of `requests` once all changes are made but those of the atendimentos `refused`.
fn outcomes(
    requests: &[&ChangeRequest],
    decisions: Vec<Result<Decision, Refusal>>,
    refused: &[i64],
) -> Vec<RoundOutcome> {
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
        Ok(Decision::Make(change)) => Some(Ok(Done::Made { de: change.de, with_motivo: change.motivo_id.is_some() })),
        Err(refusal) => Some(Err(refusal)),
    });
    outcomes.collect()
}

/// What follows for `request` from what is known.
pub(super) fn judge(known: &Fingerprints, snapshot: &Snapshot, request: &ChangeRequest) -> Result<Decision, Refusal> {
    let de = || snapshot.atendimentos.get(&request.protocolo).map(|atendimento| atendimento.status);
    let decided = || decide(snapshot, request).map(Decision::Make).map_err(|denial| Refusal { denial, de: de() });
    repeated(known, request).unwrap_or_else(decided)
}

/// What follows for `request` if a change was made under its key.
fn repeated(known: &Fingerprints, request: &ChangeRequest) -> Option<Result<Decision, Refusal>> {
    let (key, fingerprint) = keyed(request)?;
    let reused = Refusal { denial: Denial::KeyReused, de: None };
    Some(if *known.get(&key)? == fingerprint { Ok(Decision::Replay) } else { Err(reused) })
}

impl Decision {
    fn change(&self) -> Option<&Change> {
        match self {
            Self::Make(change) => Some(change),
            Self::Replay => None,
        }
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    texts.collect::<HashSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::domain::atendimento::{Atendimento, IdempotencyKey};
    use crate::domain::rules::Rules;

    /// A request that expects `Aberto`, under `key` and with a body of the fingerprint `fingerprint`.
    fn expecting(key: Option<&str>, fingerprint: i64) -> ChangeRequest {
        ChangeRequest {
            protocolo: "1".to_owned(),
            status: "Finalizado".to_owned(),
            motivo: None,
            comentario: None,
            expected: Some(Status::Aberto),
            revisions: None,
            idempotency: key.map(|key| IdempotencyKey { key: Arc::from(key), fingerprint }),
            usuario_id: 1,
            rules: Rules::default(),
        }
    }

    #[test]
    fn who_is_denied_because_of_the_change_that_it_repeats_gets_its_answer() {
        let requests = [
            expecting(Some("k"), 7),
            expecting(Some("k"), 8),
            expecting(Some("other"), 7),
            expecting(None, 7),
            ChangeRequest { expected: None, status: "Novo".to_owned(), ..expecting(Some("k"), 7) },
        ];
        let requests: Vec<&ChangeRequest> = requests.iter().collect();
        // Another process makes the change of the key `k` between the first look at the keys and the snapshot.
        let atendimento = Atendimento { id: 1, status: Status::Finalizado, revisao: 1 };
        let snapshot =
            Snapshot { atendimentos: HashMap::from([("1".to_owned(), atendimento)]), motivos: HashMap::new() };
        let mut decisions = judge_all(&Fingerprints::new(), snapshot, &requests);
        reconsider(&Fingerprints::from([((1, "k".to_owned()), 7)]), &requests, &mut decisions);
        let outcomes = outcomes(&requests, decisions, &[]);
        let denied = |denial, de| Some(Err(Refusal { denial, de }));
        let other = denied(Denial::StatusDiffers(Status::Finalizado), Some(Status::Finalizado));
        assert_eq!(
            outcomes,
            [Some(Ok(Done::Replayed)), denied(Denial::KeyReused, None), other, other, Some(Ok(Done::Replayed)),]
        );
    }
}
