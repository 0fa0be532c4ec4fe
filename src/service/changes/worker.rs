//! A worker of the queue: takes what waits, tries it, and hands out the answers.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::round::{Outcome, round};
use super::{ChangeError, Pending};
use crate::clock::Clock;
use crate::domain::atendimento::ChangeRequest;
use crate::store::{Store, StoreError};

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

/// Works until the queue is dropped and empty.
pub(super) async fn work(store: Arc<dyn Store>, clock: Arc<dyn Clock>, mut queue: mpsc::Receiver<Pending>) {
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
    let requests: Vec<&ChangeRequest> = batch.iter().map(|pending| &pending.request).collect();
    let outcomes = timeout(STORE_DEADLINE, round(store.as_ref(), now, &requests)).await;
    match outcomes.unwrap_or(Err(StoreError::Slow)) {
        Ok(outcomes) => answer(batch, outcomes),
        // Another process answered a request of the same key meanwhile; nothing was written.
        Err(StoreError::KeyTaken) => {
            let nothing = batch.iter().map(|_| None).collect();
            answer(batch, nothing)
        }
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
            let error = ChangeError::from(&error);
            for pending in batch {
                pending.settle(Err(error));
            }
            Vec::new()
        }
    }
}

/// Hands out the outcomes and returns the requests that have none yet, unless they gave way too long.
fn answer(batch: Vec<Pending>, outcomes: Vec<Outcome>) -> Vec<Pending> {
    let mut again = Vec::new();
    for (mut pending, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            Some(outcome) => pending.settle(outcome.map_err(ChangeError::Denied)),
            None if pending.since.elapsed() < GIVE_WAY => {
                pending.rounds += 1;
                again.push(pending);
            }
            None => {
                tracing::warn!(protocolo = ?pending.request.protocolo, "a status change gave way to other writers too long");
                pending.settle(Err(ChangeError::Unavailable));
            }
        }
    }
    again
}
