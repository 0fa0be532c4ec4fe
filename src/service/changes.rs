//! The change queue: group commit.
//!
//! A request waits in its shard's queue; the shard's worker takes all that wait, without any delay,
//! and makes them durable in one write. One request alone is a batch of one. An atendimento belongs
//! to one shard, so that workers of one process never stand in each other's way, and what another
//! process did first comes round again.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::domain::atendimento::{Change, ChangeRequest, Denial, decide};
use crate::store::{Result as StoreResult, Store, StoreError};

/// Most requests decided and written at once: with usual comments, what one TLS record holds.
const BATCH: usize = 96;
/// How long a request goes round because other processes are first, or hold its atendimento locked.
const GIVE_WAY: Duration = Duration::from_secs(5);
/// How often it does so without a pause.
const EAGER_ROUNDS: u32 = 4;
/// The pause after that.
const PAUSE: Duration = Duration::from_millis(20);
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
    /// When it came in.
    since: Instant,
    /// How often it was tried in vain.
    rounds: u32,
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
        self.shards[shard]
            .try_send(Pending { request, since: Instant::now(), rounds: 0, answer })
            .map_err(|_| ChangeError::Unavailable)?;
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
    let mut batch: Vec<Pending> = Vec::with_capacity(BATCH);
    loop {
        if batch.is_empty() {
            if queue.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
        } else {
            join(&mut batch, &mut queue).await;
        }
        // Who was told meanwhile that it took too long will not be surprised by a change.
        batch.retain(|pending| !pending.answer.is_closed());
        if batch.is_empty() {
            continue;
        }
        // A task of its own, so that a panic fails one batch and not the queue.
        let settled = tokio::spawn(settle(Arc::clone(&store), clock.now(), std::mem::take(&mut batch)));
        match settled.await {
            Ok(again) => batch = again,
            Err(error) => tracing::error!(%error, "a batch of status changes was lost"),
        }
    }
}

/// Adds what waits to the requests that go round again. What another process keeps locked is asked
/// for again now and then, and holds up nobody else.
async fn join(batch: &mut Vec<Pending>, queue: &mut mpsc::Receiver<Pending>) {
    let eager = batch.iter().any(|pending| pending.rounds <= EAGER_ROUNDS);
    let pause = sleep(if eager { Duration::ZERO } else { PAUSE });
    let room = BATCH - batch.len();
    if room == 0 || queue.is_closed() && queue.is_empty() {
        return pause.await;
    }
    tokio::select! {
        biased;
        _ = queue.recv_many(batch, room) => {}
        () = pause => {}
    }
}

/// Tries `batch` once, at `now`, answers the requests that have an outcome, and returns the others.
async fn settle(store: Arc<dyn Store>, now: OffsetDateTime, batch: Vec<Pending>) -> Vec<Pending> {
    let outcomes = timeout(STORE_DEADLINE, round(store.as_ref(), now, &batch)).await;
    match outcomes.unwrap_or(Err(StoreError::Slow)) {
        Ok(outcomes) => answer(batch, outcomes),
        // One request that the database chokes on must not fail its neighbours.
        Err(error) if !error.is_transient() && batch.len() > 1 => {
            let mut again = Vec::new();
            for pending in batch {
                again.extend(Box::pin(settle(Arc::clone(&store), now, vec![pending])).await);
            }
            again
        }
        Err(error) => {
            tracing::error!(%error, requests = batch.len(), "status changes failed");
            let error = if error.is_transient() { ChangeError::Unavailable } else { ChangeError::Failed };
            for pending in batch {
                _ = pending.answer.send(Err(error));
            }
            Vec::new()
        }
    }
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

/// Hands out the outcomes and returns the requests that have none yet, unless they gave way too long.
fn answer(batch: Vec<Pending>, outcomes: Vec<Option<Result<(), Denial>>>) -> Vec<Pending> {
    let mut again = Vec::new();
    for (mut pending, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            // A caller that is gone needs no answer.
            Some(outcome) => _ = pending.answer.send(outcome.map_err(ChangeError::Denied)),
            None if pending.since.elapsed() < GIVE_WAY => {
                pending.rounds += 1;
                again.push(pending);
            }
            None => {
                tracing::warn!(protocolo = ?pending.request.protocolo, "a status change gave way to other writers too long");
                _ = pending.answer.send(Err(ChangeError::Unavailable));
            }
        }
    }
    again
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.collect::<HashSet<_>>().into_iter().map(str::to_owned).collect()
}
