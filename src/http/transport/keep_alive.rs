//! How long a connection is waited for: for a head that has begun, and for one that has not. hyper has one limit for
//! both, and asks its timer for it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time::sleep;

/// How long the head of a request may take to arrive, and the first one of a connection to begin. So long an idle
/// connection is kept in any case.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// hyper's timer for one connection, and what it has to know of it. Clones belong to the same connection.
#[derive(Clone)]
pub struct HeadTimer {
    keep_alive: Duration,
    full: Arc<AtomicBool>,
    head: Arc<Mutex<Head>>,
}

#[derive(Clone, Copy)]
enum Head {
    /// The connection's first, due since then.
    First(Instant),
    /// It may begin later, or never.
    Idle(Instant),
    Begun(Instant),
}

impl HeadTimer {
    /// For a connection that begins now, which may be idle for `keep_alive`, but no longer than [`HEAD_DEADLINE`] while
    /// the server is `full`.
    pub fn new(keep_alive: Duration, full: Arc<AtomicBool>) -> Self {
        Self { keep_alive, full, head: Arc::new(Mutex::new(Head::First(Instant::now()))) }
    }

    pub fn note_bytes(&self) {
        let mut head = self.head();
        if let Head::Idle(_) = *head {
            *head = Head::Begun(Instant::now());
        }
    }

    /// Notes that a head is there. What comes next is its body, or another head once it is answered.
    pub fn note_head(&self) {
        *self.head() = Head::Idle(Instant::now());
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long from `now` the next head may still take; `None` once it took too long.
    fn left(&self, now: Instant) -> Option<Duration> {
        let left = |since: Instant, limit: Duration| {
            limit.checked_sub(now.saturating_duration_since(since)).filter(|left| !left.is_zero())
        };
        match *self.head() {
            Head::First(since) | Head::Begun(since) => left(since, HEAD_DEADLINE),
            Head::Idle(since) if self.full.load(Ordering::Relaxed) => left(since, self.keep_alive.min(HEAD_DEADLINE)),
            Head::Idle(since) => left(since, self.keep_alive),
        }
    }
}

impl Timer for HeadTimer {
    /// hyper asks for it whenever it begins to wait for a head.
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let mut head = self.head();
        if !matches!(*head, Head::First(_)) {
            *head = Head::Idle(Instant::now());
        }
        drop(head);
        Box::pin(Waiting { timer: self.clone(), next_check: Box::pin(sleep(self.keep_alive.min(HEAD_DEADLINE))) })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}

/// Completes when the next head took too long.
struct Waiting {
    timer: HeadTimer,
    /// When the time left is computed again: it depends on what arrives meanwhile, and on whether the server is full.
    next_check: Pin<Box<tokio::time::Sleep>>,
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.next_check.as_mut().poll(cx));
            let Some(left) = self.timer.left(Instant::now()) else { return Poll::Ready(()) };
            let next = tokio::time::Instant::now() + left.min(HEAD_DEADLINE);
            self.next_check.as_mut().reset(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP_ALIVE: Duration = Duration::from_secs(75);

    fn timer() -> (HeadTimer, Arc<AtomicBool>) {
        let full = Arc::new(AtomicBool::new(false));
        (HeadTimer::new(KEEP_ALIVE, Arc::clone(&full)), full)
    }

    /// Whether the next head still has time after so long.
    fn waits(timer: &HeadTimer, after: Duration) -> bool {
        timer.left(Instant::now() + after).is_some()
    }

    /// Checks that it has time for so long, and no longer.
    #[track_caller]
    fn has(timer: &HeadTimer, limit: Duration) {
        let second = Duration::from_secs(1);
        assert!(waits(timer, limit.checked_sub(second).unwrap()) && !waits(timer, limit));
    }

    #[test]
    fn only_between_requests_a_connection_may_be_idle() {
        let (timer, _) = timer();
        has(&timer, HEAD_DEADLINE);
        timer.note_bytes();
        has(&timer, HEAD_DEADLINE);
        timer.note_head();
        has(&timer, KEEP_ALIVE);
        timer.note_bytes();
        has(&timer, HEAD_DEADLINE);
    }

    #[tokio::test]
    async fn a_body_is_no_head_that_has_begun() {
        let (timer, _) = timer();
        timer.note_head();
        timer.note_bytes();
        _ = timer.sleep(Duration::ZERO);
        has(&timer, KEEP_ALIVE);
    }

    #[test]
    fn while_the_server_is_full_the_idle_make_room_soon() {
        let (timer, full) = timer();
        timer.note_head();
        full.store(true, Ordering::Relaxed);
        has(&timer, HEAD_DEADLINE);
        full.store(false, Ordering::Relaxed);
        has(&timer, KEEP_ALIVE);
    }
}
