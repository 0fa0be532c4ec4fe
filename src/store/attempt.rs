//! How statements of requests are tried: how long they may take, how long they wait for locks, and which
//! sessions they may use.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

use super::error::{Result, StoreError};

/// How long a statement of a request may take. A connection that was cut without a word stays silent
/// for ever, and all has to be well again within 5 s.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a request waits for somebody else's lock.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(20);

/// Repeats `attempt` while it meets somebody else's lock, for so long.
pub async fn retry_on_contention<T, F>(wait: Duration, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let start = Instant::now();
    loop {
        match attempt().await {
            Err(StoreError::Contention(_)) if start.elapsed() < wait => sleep(PAUSE).await,
            outcome => return outcome,
        }
    }
}

/// Tries the statements of requests. The engines' own lock time-outs are short, so that a statement which
/// meets a lock soon gives its connection back.
pub(super) struct Attempts {
    pub freshness: Freshness,
    /// How many statements may try again at the same time; the other connections stay free for those that
    /// meet no lock.
    again: Semaphore,
}

impl Attempts {
    pub fn new(connections: u32) -> Self {
        Self { freshness: Freshness::default(), again: Semaphore::new((connections as usize / 2).max(1)) }
    }

    /// What `attempt` yields, which takes a connection and runs one statement on it. It is repeated while it
    /// meets a lock, up to [`LOCK_WAIT`], and once on a fresh session after one that may not write.
    pub async fn run<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let start = Instant::now();
        let mut attempt = || self.freshness.in_time(attempt());
        let mut outcome = self.freshness.renew(&mut attempt).await;
        while let Err(StoreError::Contention(_)) = outcome
            && start.elapsed() < LOCK_WAIT
        {
            sleep(PAUSE).await;
            let left = LOCK_WAIT.saturating_sub(start.elapsed());
            let Ok(_place) = timeout(left, self.again.acquire()).await else { break };
            outcome = self.freshness.renew(&mut attempt).await;
        }
        outcome
    }
}

/// Which sessions may be used: those opened after the database last said that it takes no work. An older one
/// may keep what it was opened with, such as being read-only, when all is well again.
#[derive(Clone, Default)]
pub(super) struct Freshness {
    tainted: Arc<Mutex<Option<Instant>>>,
    trouble: Arc<Notify>,
    moved: Arc<Notify>,
    trusted: Arc<AtomicBool>,
}

impl Freshness {
    /// What `statement` yields, unless it takes too long, or the database moves to another host: a session of the old
    /// one may stay silent.
    pub async fn in_time<T, E>(&self, statement: impl Future<Output = Result<T, E>>) -> Result<T>
    where
        StoreError: From<E>,
    {
        // Pinned for the same reason as in `within`.
        self.within(STATEMENT_TIMEOUT, pin!(statement)).await
    }

    /// The same where it may take as long as `most`, and no longer than any other.
    pub async fn within<T, E>(&self, most: Duration, statement: impl Future<Output = Result<T, E>>) -> Result<T>
    where
        StoreError: From<E>,
    {
        // Pinned, as it may have 15 KB, and each of these would move it.
        let statement = pin!(statement);
        tokio::select! {
            outcome = timeout(most.min(STATEMENT_TIMEOUT), statement) => Ok(outcome.map_err(|_| StoreError::Slow)??),
            () = self.moved() => Err(StoreError::Slow),
        }
    }

    /// What `attempt` yields, which takes a session that may be used. Where that one may not write, nothing was
    /// written, and a fresh one is tried.
    pub async fn renew<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let outcome = attempt().await.inspect_err(|error| self.note(error));
        match outcome {
            Err(error) if error.is_read_only() => attempt().await.inspect_err(|error| self.note(error)),
            outcome => outcome,
        }
    }

    /// Notes what a session met.
    pub fn note(&self, error: &StoreError) {
        if error.taints_sessions() {
            self.taint();
        }
        if error.may_be_over_elsewhere() {
            self.trouble.notify_one();
        }
        if let StoreError::Slow = error {
            self.trusted.store(false, Ordering::Relaxed);
        }
    }

    /// Whether commits may hang, as far as anybody knows: at the start, and after a statement was not answered in time.
    pub fn is_in_doubt(&self) -> bool {
        !self.trusted.load(Ordering::Relaxed)
    }

    /// Notes that commits do not hang.
    pub fn trust(&self) {
        self.trusted.store(true, Ordering::Relaxed);
    }

    /// Lets no session be used that was opened until now.
    pub fn taint(&self) {
        *self.tainted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Lets no session be used that was opened until now, and gives up what is asked of them: the database is on
    /// another host.
    pub fn leave(&self) {
        self.taint();
        self.moved.notify_waiters();
    }

    /// Completes once the database is on another host than when this was called.
    pub fn moved(&self) -> Notified<'_> {
        self.moved.notified()
    }

    /// Completes once a session has met what another host might not have.
    pub async fn trouble(&self) {
        self.trouble.notified().await;
    }

    /// Whether a session opened `age` ago may be used.
    pub fn allows(&self, age: Duration) -> bool {
        let last = *self.tainted.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| age < last.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_used_until_the_database_takes_no_work() {
        let freshness = Freshness::default();
        assert!(freshness.allows(Duration::from_hours(1)));
        freshness.note(&StoreError::Slow);
        assert!(freshness.allows(Duration::from_hours(1)));
        freshness.note(&StoreError::ReadOnly);
        assert!(!freshness.allows(Duration::from_hours(1)));
        let opened = Instant::now();
        while opened.elapsed().is_zero() {}
        assert!(freshness.allows(Duration::ZERO));
    }
    #[tokio::test]
    async fn another_host_is_looked_for_once_one_may_help() {
        let freshness = Freshness::default();
        freshness.note(&StoreError::Corrupt("x".to_owned()));
        freshness.note(&StoreError::Pending);
        assert!(timeout(Duration::ZERO, freshness.trouble()).await.is_err());
        for error in [StoreError::Slow, StoreError::ReadOnly, StoreError::Refused("x".to_owned())] {
            freshness.note(&error);
            freshness.trouble().await;
        }
    }
}
