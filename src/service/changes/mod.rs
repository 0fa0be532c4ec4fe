//! The change queue: group commit.
//!
//! A request waits in its shard's queue; the shard's worker takes all that wait, without any delay,
//! and makes them durable in one write. One request alone is a batch of one. An atendimento belongs
//! to one shard, so that workers of one process never stand in each other's way, and what another
//! process did first comes round again.

mod activity;
mod keys;
mod outcome;
mod pending;
mod progress;
mod round;
mod simulation;
mod worker;
mod write_health;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

pub use self::activity::Activity;
use self::keys::Keys;
pub use self::outcome::{ChangeError, Done};
use self::pending::Pending;
pub use self::progress::Liveness;
use self::progress::Progress;
pub use self::simulation::Simulation;
use self::worker::{WorkerContext, work};
use self::write_health::WriteHealth;
use crate::domain::atendimento::ChangeRequest;
use crate::metrics::{ChangeOutcome, Metrics};
use crate::store::{Store, StoreError};

/// How the queue is cut.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// How many workers write side by side.
    pub shards: usize,
    /// Most requests waiting in each; more are refused at once. As many again may wait for locks.
    pub capacity: usize,
}

/// Takes changes in; one for each process.
pub struct ChangeQueue {
    shards: Vec<Shard>,
    hasher: RandomState,
    keys: Keys,
    /// For simulations and trials; the workers have their own.
    store: Arc<Store>,
    health: WriteHealth,
    activity: Activity,
    liveness: Liveness,
    metrics: Arc<Metrics>,
}

/// The way to a worker.
struct Shard {
    sender: mpsc::Sender<Pending>,
    /// How many the worker has tried and will try again.
    going_round: Arc<AtomicUsize>,
}

/// The queue's workers. They end when the queue is dropped and all that it took in is answered.
pub struct Workers(JoinSet<()>);

impl ChangeQueue {
    /// Fails while changes fail although the database says that it can be written to: after one has failed so, until
    /// one is made, or a trial for which nobody has to send anything.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.health.check(self.store.as_ref()).await
    }

    /// Notes that a write of somebody else failed, and how: the next check is about it, too.
    pub fn note_failure(&self, error: &StoreError) {
        self.health.note_failure(error);
    }

    pub fn start(store: &Arc<Store>, metrics: &Arc<Metrics>, settings: QueueSettings) -> (Self, Workers) {
        let mut workers = JoinSet::new();
        let (health, activity) = (WriteHealth::default(), Activity::default());
        let progress: Vec<Arc<Progress>> = (0..settings.shards).map(|_| Arc::default()).collect();
        let liveness = Liveness::of(&progress);
        let shards = progress
            .into_iter()
            .map(|progress| {
                let (sender, receiver) = mpsc::channel(settings.capacity);
                let (store, health, activity) = (Arc::clone(store), health.clone(), activity.clone());
                let (metrics, going_round) = (Arc::clone(metrics), Arc::default());
                let shard = Shard { sender, going_round: Arc::clone(&going_round) };
                workers
                    .spawn(work(WorkerContext { store, health, activity, metrics, progress, going_round }, receiver));
                shard
            })
            .collect();
        let (store, metrics) = (Arc::clone(store), Arc::clone(metrics));
        (
            Self {
                shards,
                hasher: RandomState::new(),
                keys: Keys::default(),
                store,
                health,
                activity,
                liveness,
                metrics,
            },
            Workers(workers),
        )
    }

    /// Makes the change, unless a request of its idempotency key has made it, and returns once it is durable.
    ///
    /// Dropping this future takes the request back only while no worker has begun it; a change is
    /// never cut off half-way.
    pub async fn submit(&self, request: ChangeRequest) -> Result<Done, ChangeError> {
        let key = self.keys.enter(&request).inspect_err(|error| self.metrics.change(error.outcome()))?;
        let (answer, answered) = oneshot::channel();
        let shard = self.hasher.hash_one(&request.protocolo) as usize % self.shards.len();
        let pending = Pending { request, since: Instant::now(), rounds: 0, locked_out: 0, key, answer };
        self.shards[shard].sender.try_send(pending).map_err(|_| {
            self.metrics.change(ChangeOutcome::QueueFull);
            ChangeError::Unavailable
        })?;
        answered.await.unwrap_or_else(|_| {
            self.metrics.change(ChangeOutcome::Failed);
            Err(ChangeError::Failed)
        })
    }

    /// How many changes wait, for their first turn or for another, and how many can wait for their first.
    pub fn waiting(&self) -> (usize, usize) {
        let sum = |count: fn(&Shard) -> usize| self.shards.iter().map(count).sum::<usize>();
        let capacity = sum(|shard| shard.sender.max_capacity());
        let free = sum(|shard| shard.sender.capacity());
        (capacity - free + sum(|shard| shard.going_round.load(Ordering::Relaxed)), capacity)
    }

    /// Tells whether many changes are being made. Does not keep the queue.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// Tells whether the workers get on. Does not keep the queue.
    pub fn liveness(&self) -> Liveness {
        self.liveness.clone()
    }

    /// What [`ChangeQueue::submit`] would answer now. Writes nothing, and takes no idempotency key.
    pub async fn simulate(&self, request: &ChangeRequest) -> Result<Simulation, ChangeError> {
        self.keys.check(request)?;
        simulation::simulate(self.store.as_ref(), request).await
    }
}

impl Workers {
    /// Waits until all that was taken in is answered. Drop the queue first.
    pub async fn finish(mut self) {
        while self.0.join_next().await.is_some() {}
    }
}
