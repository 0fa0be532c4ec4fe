//! A worker of the queue: takes what waits, tries it, and hands out the answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::activity::Activity;
use super::outcome::{ChangeError, Done};
use super::pending::Pending;
use super::progress::{Progress, STORE_DEADLINE};
use super::round::{RoundOutcome, round};
use super::write_health::WriteHealth;
use crate::domain::atendimento::ChangeRequest;
use crate::metrics::{ChangeOutcome, Metrics};
use crate::store::{LOCK_WAIT, Store, StoreError};

/// Most requests decided and written at once: with usual comments, what one TLS record holds.
const BATCH: usize = 96;
/// How long a request goes round because other processes are first, or hold what it needs locked.
const GIVE_WAY: Duration = LOCK_WAIT;
/// How often it does so without a pause.
const EAGER_ROUNDS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);
/// How long a round goes on with requests that met a lock.
const LOCKED_OUT: Duration = Duration::from_millis(200);

#[derive(Clone)]
pub(super) struct WorkerContext {
    pub store: Arc<Store>,
    pub health: WriteHealth,
    pub activity: Activity,
    pub metrics: Arc<Metrics>,
    pub progress: Arc<Progress>,
    /// How many were tried and will be tried again.
    pub going_round: Arc<AtomicUsize>,
}

/// Works until the queue is dropped and empty.
pub(super) async fn work(context: WorkerContext, mut queue: mpsc::Receiver<Pending>) {
    let mut batch: Vec<Pending> = Vec::with_capacity(BATCH);
    loop {
        context.going_round.store(batch.len(), Ordering::Relaxed);
        if batch.is_empty() {
            if queue.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
        } else {
            join(&mut batch, &mut queue).await;
        }
        // A caller that has given up is told that nothing is known: its change is not begun.
        batch.retain(|pending| {
            let is_closed = pending.answer.is_closed();
            if is_closed {
                context.metrics.change(ChangeOutcome::Abandoned);
            }
            !is_closed
        });
        if batch.is_empty() {
            continue;
        }
        // A task of its own, so that a panic fails one batch and not the queue.
        let settled = tokio::spawn(settle_all(context.clone(), std::mem::take(&mut batch)));
        match settled.await {
            Ok(again) => batch = again,
            Err(error) => tracing::error!(%error, "a batch of status changes was lost"),
        }
        context.progress.rest();
    }
}

/// Adds what waits to the requests that go round again. What another process keeps locked is asked
/// for again now and then, and holds up nobody else.
async fn join(batch: &mut Vec<Pending>, queue: &mut mpsc::Receiver<Pending>) {
    let eager = batch.iter().any(|pending| pending.rounds <= EAGER_ROUNDS);
    let pause = sleep(if eager { Duration::ZERO } else { PAUSE });
    // However many wait for locks, there is room for those that need none. As many as the queue holds go round.
    let most = BATCH.max(queue.max_capacity());
    let room = (most - batch.len()).min(BATCH);
    if room == 0 || queue.is_closed() && queue.is_empty() {
        return pause.await;
    }
    tokio::select! {
        biased;
        _ = queue.recv_many(batch, room) => {}
        () = pause => {}
    }
}

/// Tries all of `batch` once, answers the requests that have an outcome, and returns the others. Those that met a lock
/// are tried last, in ever smaller parts, so that those that need nothing locked are made; and no longer than
/// [`LOCKED_OUT`], so that others need not wait for them.
async fn settle_all(context: WorkerContext, batch: Vec<Pending>) -> Vec<Pending> {
    let (locked_out, others): (Vec<_>, Vec<_>) = batch.into_iter().partition(|pending| pending.locked_out > 0);
    let mut again = each(context.clone(), parts(others, |_| ())).await;
    let mut rest = VecDeque::from(parts(locked_out, |pending| (pending.locked_out, pending.has_key())));
    let start = Instant::now();
    while let Some(part) = rest.pop_front() {
        if start.elapsed() > LOCKED_OUT {
            again.extend(go_round(part, &context.metrics));
            continue;
        }
        let has_key = part[0].has_key();
        let left = settle(context.clone(), part).await;
        if left.is_empty() {
            rest = widen(rest, has_key);
        }
        again.extend(left);
    }
    again
}

/// `rest` after a part was made: perhaps the lock is gone, so those that need the same are tried in larger parts.
fn widen(rest: VecDeque<Vec<Pending>>, has_key: bool) -> VecDeque<Vec<Pending>> {
    let mut rest: Vec<Pending> = rest.into_iter().flatten().collect();
    for pending in rest.iter_mut().filter(|pending| pending.has_key() == has_key) {
        pending.locked_out = (pending.locked_out - 1).max(1);
    }
    parts(rest, |pending| (pending.locked_out, pending.has_key())).into()
}

/// `batch` cut into parts of one kind each, of at most [`BATCH`] requests, halved for each time that they were locked
/// out, in the order of kinds. Within a kind, the requests with the fewest rounds come first: the others are probably
/// waiting for a lock.
fn parts<K: Ord>(mut batch: Vec<Pending>, kind: impl Fn(&Pending) -> K) -> Vec<Vec<Pending>> {
    batch.sort_by_key(|pending| (kind(pending), pending.rounds));
    let mut parts: Vec<Vec<Pending>> = Vec::new();
    for pending in batch {
        let most = BATCH.checked_shr(pending.locked_out).unwrap_or_default().max(1);
        match parts.last_mut() {
            Some(part) if part.len() < most && kind(&part[0]) == kind(&pending) => part.push(pending),
            _ => parts.push(vec![pending]),
        }
    }
    parts
}

/// Tries `batch` once, answers the requests that have an outcome, and returns the others.
async fn settle(context: WorkerContext, batch: Vec<Pending>) -> Vec<Pending> {
    context.progress.note(Instant::now());
    let requests: Vec<&ChangeRequest> = batch.iter().map(|pending| &pending.request).collect();
    let outcomes = timeout(STORE_DEADLINE, round(context.store.as_ref(), &context.metrics, &requests)).await;
    match outcomes.unwrap_or(Err(StoreError::Slow)) {
        Ok(outcomes) => {
            let made = outcomes.iter().filter(|outcome| matches!(outcome, Some(Ok(Done::Made { .. })))).count();
            if made > 0 {
                context.health.note_success();
                context.activity.note(made, Instant::now());
            }
            answer(batch, outcomes, &context.metrics)
        }
        // Another process answered a request of the same key meanwhile; nothing was written.
        Err(StoreError::KeyTaken) => go_round(batch, &context.metrics),
        // Somebody holds what some of them need, or all.
        Err(StoreError::Contention(_)) => {
            let mut parts = parts(batch, Pending::has_key);
            if let [part] = parts.as_mut_slice() {
                part.iter_mut().for_each(|pending| pending.locked_out += 1);
                return go_round(std::mem::take(part), &context.metrics);
            }
            each(context, parts).await
        }
        // One request that the database chokes on must not fail its neighbours.
        Err(error) if !error.is_transient() && batch.len() > 1 => {
            each(context, batch.into_iter().map(|pending| vec![pending]).collect()).await
        }
        Err(error) => {
            tracing::error!(%error, requests = batch.len(), "status changes failed");
            context.health.note_failure(&error);
            let error = ChangeError::from(&error);
            for pending in batch {
                pending.settle(Err(error), &context.metrics);
            }
            Vec::new()
        }
    }
}

async fn each(context: WorkerContext, parts: Vec<Vec<Pending>>) -> Vec<Pending> {
    let mut again = Vec::new();
    for part in parts {
        again.extend(Box::pin(settle(context.clone(), part)).await);
    }
    again
}

/// The requests of `batch` that have not given way too long; the others are answered.
fn go_round(batch: Vec<Pending>, metrics: &Metrics) -> Vec<Pending> {
    let nothing = batch.iter().map(|_| None).collect();
    answer(batch, nothing, metrics)
}

/// Hands out the outcomes and returns the requests that have none yet, unless they gave way too long.
fn answer(batch: Vec<Pending>, outcomes: Vec<RoundOutcome>, metrics: &Metrics) -> Vec<Pending> {
    let mut again = Vec::new();
    for (mut pending, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            Some(outcome) => pending.settle(outcome.map_err(ChangeError::from), metrics),
            None if pending.since.elapsed() < GIVE_WAY => {
                pending.rounds += 1;
                again.push(pending);
            }
            None => {
                tracing::warn!(protocolo = ?pending.request.protocolo, "a status change timed out waiting for other writers");
                pending.settle(Err(ChangeError::Unavailable), metrics);
            }
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::domain::rules::Rules;

    type Answer = oneshot::Receiver<Result<Done, ChangeError>>;

    /// A request that has been through `rounds` rounds.
    fn tried(rounds: u32) -> (Pending, Answer) {
        let request = ChangeRequest {
            protocolo: "1".to_owned(),
            status: "Aberto".to_owned(),
            motivo: None,
            comentario: None,
            expected: None,
            revisions: None,
            idempotency: None,
            usuario_id: 1,
            rules: Rules::default(),
        };
        let (answer, answered) = oneshot::channel();
        (Pending { request, since: Instant::now(), rounds, locked_out: 0, key: None, answer }, answered)
    }

    fn going_round(number: usize, rounds: u32) -> Vec<Pending> {
        (0..number).map(|_| tried(rounds).0).collect()
    }

    /// An open queue in which so many wait.
    fn queue(waiting: usize) -> (mpsc::Sender<Pending>, mpsc::Receiver<Pending>) {
        let (sender, queue) = mpsc::channel(BATCH);
        for pending in going_round(waiting, 0) {
            assert!(sender.try_send(pending).is_ok());
        }
        (sender, queue)
    }

    #[tokio::test]
    async fn what_waits_joins_those_that_go_round_as_far_as_there_is_room() {
        for (going, waiting, together, left) in [(2, 60, 62, 0), (95, 3, 96, 2), (96, 3, 96, 3), (1, 0, 1, 0)] {
            let (mut batch, (_open, mut queue)) = (going_round(going, 1), queue(waiting));
            join(&mut batch, &mut queue).await;
            assert_eq!((batch.len(), queue.len()), (together, left), "{going} and {waiting}");
        }
    }

    #[tokio::test]
    async fn who_went_round_a_few_times_pauses_first() {
        for (going, waiting) in [(1, 0), (BATCH, 1)] {
            let (mut batch, (_open, mut queue)) = (going_round(going, EAGER_ROUNDS + 1), queue(waiting));
            let start = Instant::now();
            join(&mut batch, &mut queue).await;
            assert!(start.elapsed() >= PAUSE);
        }
    }

    #[tokio::test]
    async fn there_is_no_pause_for_the_eager_and_none_where_somebody_comes() {
        for (rounds, waiting) in [(EAGER_ROUNDS, 0), (EAGER_ROUNDS + 1, 1)] {
            let (mut batch, (_open, mut queue)) = (going_round(1, rounds), queue(waiting));
            tokio::select! {
                biased;
                () = join(&mut batch, &mut queue) => {}
                () = sleep(PAUSE / 2) => panic!("{rounds} rounds, {waiting} waiting"),
            }
        }
    }

    #[tokio::test]
    async fn at_a_stop_what_waits_still_joins_and_the_pause_is_made() {
        let (mut batch, (open, mut queue)) = (going_round(1, EAGER_ROUNDS + 1), queue(1));
        drop(open);
        join(&mut batch, &mut queue).await;
        assert_eq!(batch.len(), 2);
        let (mut batch, start) = (going_round(1, EAGER_ROUNDS + 1), Instant::now());
        join(&mut batch, &mut queue).await;
        assert!(start.elapsed() >= PAUSE);
    }

    #[tokio::test]
    async fn those_that_wait_for_locks_leave_room_for_others() {
        let (sender, mut queue) = mpsc::channel(3 * BATCH);
        for (going, together) in [(BATCH, BATCH + 1), (3 * BATCH - 1, 3 * BATCH), (3 * BATCH, 3 * BATCH)] {
            assert!(sender.try_send(tried(0).0).is_ok());
            let mut batch = going_round(going, 1);
            join(&mut batch, &mut queue).await;
            assert_eq!(batch.len(), together, "{going}");
        }
    }

    #[test]
    fn parts_are_of_one_kind_the_newest_first_and_no_larger_than_a_batch() {
        let mut batch = going_round(BATCH + 2, 7);
        batch[3].rounds = 0;
        batch[5].locked_out = 1;
        let parts = parts(batch, |pending| pending.locked_out);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [BATCH, 1, 1]);
        assert_eq!(parts[0][0].rounds, 0);
        assert_eq!(parts[2][0].locked_out, 1);
    }

    #[test]
    fn once_a_part_is_made_those_that_need_the_same_are_tried_in_larger_parts() {
        let mut batch = going_round(BATCH, 1);
        batch.iter_mut().for_each(|pending| pending.locked_out = 7);
        let mut rest = VecDeque::from(parts(batch, |_| ()));
        for most in [1, BATCH >> 5, BATCH >> 4, BATCH >> 3, BATCH >> 2, BATCH / 2, BATCH / 2] {
            rest = widen(rest, false);
            assert_eq!(rest[0].len(), most);
        }
        assert_eq!(widen(rest, true)[0].len(), BATCH / 2);
    }

    #[test]
    fn those_that_were_locked_out_are_tried_in_ever_smaller_parts() {
        for (locked_out, most) in [(1, BATCH / 2), (2, BATCH / 4), (6, 1), (7, 1), (1000, 1)] {
            let mut batch = going_round(BATCH, 1);
            batch.iter_mut().for_each(|pending| pending.locked_out = locked_out);
            let parts = parts(batch, |_| ());
            assert!(parts.iter().all(|part| part.len() == most), "{locked_out}");
        }
    }

    #[test]
    fn who_has_no_outcome_goes_round_again_but_not_for_ever() {
        let ((first, _), (second, _)) = (tried(0), tried(4));
        let (mut third, mut answered) = tried(4);
        third.since = Instant::now().checked_sub(GIVE_WAY).expect("the machine runs longer than that");
        let again = answer(vec![first, second, third], vec![None, None, None], &Metrics::default());
        assert_eq!(again.iter().map(|pending| pending.rounds).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(answered.try_recv(), Ok(Err(ChangeError::Unavailable)));
    }
}
