//! The change queue: group commit.
//!
//! A request waits in its shard's queue; the shard's worker takes all that wait, without any delay,
//! and makes them durable in one write. One request alone is a batch of one. An atendimento belongs
//! to one shard, so that workers of one process never stand in each other's way, and what another
//! process did first comes round again.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::domain::atendimento::{Change, ChangeRequest, Denial, decide};
use crate::store::{Result as StoreResult, Store, StoreError};

/// Most requests decided and written at once.
const BATCH: usize = 512;
/// How often a request goes round when other processes keep being first.
const ROUNDS: usize = 64;
/// How long one round may take before the database counts as away.
const STORE_DEADLINE: Duration = Duration::from_secs(8);

/// How the queue is cut.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// How many workers write side by side.
    pub shards: usize,
    /// Most requests waiting in each; more are refused at once.
    pub capacity: usize,
}

/// Takes changes in; one for each process.
pub struct ChangeQueue {
    shards: Vec<mpsc::Sender<Pending>>,
    hasher: RandomState,
}

/// The queue's workers. They end when the queue is dropped and all that it took in is answered.
pub struct Workers(JoinSet<()>);

struct Pending {
    request: ChangeRequest,
    answer: oneshot::Sender<Result<(), ChangeError>>,
}

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The rules refuse it.
    #[error("refused by the rules")]
    Denied(Denial),
    /// The queue is full, or the database is away. Whether the change was made is then unknown.
    #[error("unavailable")]
    Unavailable,
    /// Our fault; the worker has logged it.
    #[error("failed")]
    Failed,
}

impl ChangeQueue {
    /// Starts the workers on `store`.
    pub fn start(store: &Arc<dyn Store>, clock: &Arc<dyn Clock>, settings: QueueSettings) -> (Self, Workers) {
        let mut workers = JoinSet::new();
        let shards = (0..settings.shards)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(settings.capacity);
                workers.spawn(work(Arc::clone(store), Arc::clone(clock), receiver));
                sender
            })
            .collect();
        (Self { shards, hasher: RandomState::new() }, Workers(workers))
    }

    /// Makes the change, and returns once it is durable.
    ///
    /// Dropping this future takes the request back only while no worker has begun it; a change is
    /// never cut off half-way.
    pub async fn submit(&self, request: ChangeRequest) -> Result<(), ChangeError> {
        let (answer, answered) = oneshot::channel();
        let shard = self.hasher.hash_one(&request.protocolo) as usize % self.shards.len();
        self.shards[shard].try_send(Pending { request, answer }).map_err(|_| ChangeError::Unavailable)?;
        answered.await.unwrap_or(Err(ChangeError::Failed))
    }
}

impl Workers {
    /// Waits until all that was taken in is answered. Drop the queue first.
    pub async fn finish(mut self) {
        while self.0.join_next().await.is_some() {}
    }
}

async fn work(store: Arc<dyn Store>, clock: Arc<dyn Clock>, mut queue: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        // Who was told meanwhile that it took too long will not be surprised by a change.
        batch.retain(|pending| !pending.answer.is_closed());
        // A task of its own, so that a panic fails one batch and not the queue.
        let settled = tokio::spawn(settle(Arc::clone(&store), clock.now(), std::mem::take(&mut batch)));
        if let Err(error) = settled.await {
            tracing::error!(%error, "a batch of status changes was lost");
        }
    }
}

/// Answers every request of `batch`, which came in by `now`.
async fn settle(store: Arc<dyn Store>, now: OffsetDateTime, mut batch: Vec<Pending>) {
    for _ in 0..ROUNDS {
        if batch.is_empty() {
            return;
        }
        let outcomes = timeout(STORE_DEADLINE, round(store.as_ref(), now, &batch)).await;
        batch = match outcomes.unwrap_or(Err(StoreError::Slow)) {
            Ok(outcomes) => answer(batch, outcomes),
            Err(error) => {
                tracing::error!(%error, requests = batch.len(), "status changes failed");
                let error = match error {
                    error if error.is_transient() => ChangeError::Unavailable,
                    _ => ChangeError::Failed,
                };
                return answer_all(batch, error);
            }
        };
    }
    tracing::error!(requests = batch.len(), "status changes gave way to other servers too often");
    answer_all(batch, ChangeError::Unavailable);
}

/// One try for the whole batch: the outcome of each request, `None` for one that has to go round again.
async fn round(
    store: &dyn Store,
    now: OffsetDateTime,
    batch: &[Pending],
) -> StoreResult<Vec<Option<Result<(), Denial>>>> {
    let requests = || batch.iter().map(|pending| &pending.request);
    let protocolos = distinct(requests().map(|request| request.protocolo.as_str()));
    let motivos = distinct(requests().filter_map(|request| request.motivo.as_ref()).map(|motivo| motivo.as_str()));
    let mut snapshot = store.snapshot(&protocolos, &motivos).await?;

    let decisions: Vec<Result<Change, Denial>> = requests()
        .map(|request| {
            let change = decide(&snapshot, request)?;
            snapshot.apply(&request.protocolo, &change);
            Ok(change)
        })
        .collect();

    let mut changes: Vec<Change> = decisions.iter().flatten().cloned().collect();
    changes.sort_unstable_by_key(|change| (change.atendimento_id, change.revisao));
    let refused = if changes.is_empty() { Vec::new() } else { store.commit(&changes, now).await? };

    // A denial that rests on a change of this batch is only as good as that change.
    let stale: HashSet<&str> = requests()
        .zip(&decisions)
        .filter(|(_, decision)| decision.as_ref().is_ok_and(|change| refused.contains(&change.atendimento_id)))
        .map(|(request, _)| request.protocolo.as_str())
        .collect();
    Ok(requests()
        .zip(decisions)
        .map(|(request, decision)| (!stale.contains(request.protocolo.as_str())).then(|| decision.map(drop)))
        .collect())
}

/// Hands out the outcomes and returns the requests that have none yet.
fn answer(batch: Vec<Pending>, outcomes: Vec<Option<Result<(), Denial>>>) -> Vec<Pending> {
    let mut again = Vec::new();
    for (pending, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            // A caller that is gone needs no answer.
            Some(outcome) => _ = pending.answer.send(outcome.map_err(ChangeError::Denied)),
            None => again.push(pending),
        }
    }
    again
}

fn answer_all(batch: Vec<Pending>, error: ChangeError) {
    for pending in batch {
        _ = pending.answer.send(Err(error));
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.collect::<HashSet<_>>().into_iter().map(str::to_owned).collect()
}
