//! The change queue: group commit.
//!
//! A request waits in its shard's queue; the shard's worker takes all that wait, without any delay,
//! and makes them durable in one write. One request alone is a batch of one. An atendimento belongs
//! to one shard, so that workers of one process never stand in each other's way, and what another
//! process did first comes round again.

mod keys;
mod round;
mod simulation;
mod trouble;
mod worker;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use self::keys::{InFlight, Keys};
pub use self::simulation::Simulation;
use self::trouble::Trouble;
use self::worker::{Desk, work};
use crate::clock::Clock;
use crate::domain::atendimento::{ChangeRequest, Denial, Status};
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
    shards: Vec<mpsc::Sender<Pending>>,
    hasher: RandomState,
    keys: Keys,
    /// For simulations and trials; the workers have their own.
    store: Arc<Store>,
    trouble: Trouble,
}

/// The queue's workers. They end when the queue is dropped and all that it took in is answered.
pub struct Workers(JoinSet<()>);

struct Pending {
    request: ChangeRequest,
    /// When it came in.
    since: Instant,
    /// How often it was tried in vain.
    rounds: u32,
    /// How often it met a lock that held up all requests that were tried with it.
    locked_out: u32,
    /// Keeps other requests of the same idempotency key out meanwhile.
    key: Option<InFlight>,
    answer: oneshot::Sender<Result<Done, ChangeError>>,
}

impl Pending {
    /// Whether it needs the table of the idempotency keys, the only one that not all changes need: the foreign keys
    /// of the history open those of motivos and users for each entry.
    fn has_key(&self) -> bool {
        self.request.idempotencia.is_some()
    }

    /// Tells the caller, if it is still there, what became of the request.
    fn settle(self, outcome: Result<Done, ChangeError>) {
        // First, so that a caller that asks again at once finds the answer and not itself.
        drop(self.key);
        _ = self.answer.send(outcome);
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The change was made, and is durable.
    Made {
        /// Status before.
        de: Status,
        /// Whether the motivo asked for was recorded.
        with_motivo: bool,
    },
    /// It was made before, by a request of the same idempotency key and body.
    Replayed,
}

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The rules refuse it.
    #[error("refused by the rules")]
    Denied {
        /// Why.
        denial: Denial,
        /// The status in which the atendimento was, where it was looked at.
        de: Option<Status>,
    },
    /// A request of the same idempotency key and body has not been answered yet.
    #[error("in progress")]
    InProgress,
    /// The queue is full, or the database is away. Whether the change was made is then unknown.
    #[error("unavailable")]
    Unavailable,
    /// Our fault; the worker has logged it.
    #[error("failed")]
    Failed,
}

impl From<&StoreError> for ChangeError {
    fn from(error: &StoreError) -> Self {
        if error.is_transient() { Self::Unavailable } else { Self::Failed }
    }
}

impl ChangeQueue {
    /// Fails while changes fail although the database says that it can be written to: after one has failed so, until
    /// one is made, or a trial for which nobody has to send anything.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.trouble.check(self.store.as_ref()).await
    }

    /// Notes that a write of somebody else failed, and how: the next check is about it, too.
    pub fn note_failure(&self, error: &StoreError) {
        self.trouble.note(error);
    }

    /// Starts the workers on `store`.
    pub fn start(store: &Arc<Store>, clock: &Arc<dyn Clock>, settings: QueueSettings) -> (Self, Workers) {
        let mut workers = JoinSet::new();
        let trouble = Trouble::default();
        let shards = (0..settings.shards)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(settings.capacity);
                workers.spawn(work(Desk { store: Arc::clone(store), trouble: trouble.clone() }, receiver));
                sender
            })
            .collect();
        let keys = Keys::new(Arc::clone(store), Arc::clone(clock));
        (Self { shards, hasher: RandomState::new(), keys, store: Arc::clone(store), trouble }, Workers(workers))
    }

    /// Makes the change, unless a request of its idempotency key has made it, and returns once it is durable.
    ///
    /// Dropping this future takes the request back only while no worker has begun it; a change is
    /// never cut off half-way.
    pub async fn submit(&self, request: ChangeRequest) -> Result<Done, ChangeError> {
        let key = self.keys.enter(&request)?;
        let (answer, answered) = oneshot::channel();
        let shard = self.hasher.hash_one(&request.protocolo) as usize % self.shards.len();
        self.shards[shard]
            .try_send(Pending { request, since: Instant::now(), rounds: 0, locked_out: 0, key, answer })
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
