//! Administration over HTTP has connections of its own, few of them, and waits for nothing for long: neither somebody's
//! lock nor many administrators hold up what else the server does.

use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Database, Pool};
use tokio::time::timeout;

use super::attempt::Freshness;
use super::error::{Result, StoreError};

/// How many connections it has. One of them makes changes; the others stay free for those who read.
pub(super) const CONNECTIONS: u32 = 3;
/// After how long an idle one is closed: most servers are rarely administered.
pub(super) const IDLE: Duration = Duration::from_mins(1);

/// How long an administrator waits for all that was asked for at once, but for its commit, whose end nobody knows before.
const PATIENCE: Duration = Duration::from_millis(3500);

/// An engine, as one of its users has it: the requests and commands, or administration over HTTP.
pub struct Handle<E, DB: Database> {
    engine: Arc<E>,
    /// For commands and migrations; or for all that administration asks.
    pub(super) desk: Pool<DB>,
    pub(super) is_bounded: bool,
}

impl<E, DB: Database> Handle<E, DB> {
    /// For requests, and for commands on `commands`.
    pub(super) fn new(engine: Arc<E>, commands: Pool<DB>) -> Self {
        Self { engine, desk: commands, is_bounded: false }
    }

    /// The same engine on another pool, with bounds on all that is asked of it.
    pub(super) fn bounded(&self, desk: &Pool<DB>) -> Self {
        Self { engine: Arc::clone(&self.engine), desk: desk.clone(), is_bounded: true }
    }
}

impl<E, DB: Database> Deref for Handle<E, DB> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.engine
    }
}

/// Until when whoever asks for something waits for all of it, however many edits that takes; `None` for commands.
#[derive(Clone, Copy)]
pub struct Patience(Option<Instant>);

impl Patience {
    pub(super) fn begin(is_bounded: bool) -> Self {
        Self(is_bounded.then(|| Instant::now() + PATIENCE))
    }

    /// How much of it is left.
    fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }

    /// What `work` yields in this time; otherwise it fails with [`StoreError::Slow`].
    pub async fn keep<T>(self, work: impl Future<Output = T>) -> Result<T> {
        timeout(self.left(), work).await.map_err(|_| StoreError::Slow)
    }
}

/// How long a statement may take: as one of a request, or as long as it likes.
#[derive(Clone)]
pub struct Bounds {
    freshness: Option<Freshness>,
    patience: Patience,
}

impl Bounds {
    /// Those of a connection whose sessions `freshness` judges.
    pub(super) fn of(freshness: &Freshness) -> Self {
        Self { freshness: Some(freshness.clone()), patience: Patience(None) }
    }

    pub(super) fn none() -> Self {
        Self { freshness: None, patience: Patience(None) }
    }

    /// The same for what somebody waits for with `patience`.
    #[must_use]
    pub(super) fn within(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same for the last statement of a transaction: nobody knows what became of one that is given up.
    #[must_use]
    pub(super) fn at_end(self) -> Self {
        self.within(Patience(None))
    }

    pub(super) fn are_set(&self) -> bool {
        self.freshness.is_some()
    }

    /// What `work` yields, in time. The database ends it by itself, a little later.
    pub(super) async fn keep<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T>
    where
        StoreError: From<E>,
    {
        // Pinned, as it may be large, and each of these would hold it.
        let work = pin!(work);
        let Some(freshness) = &self.freshness else { return Ok(work.await?) };
        let outcome = freshness.within(self.patience.left(), work).await;
        outcome.map_err(|error| if error.is_overdue() { StoreError::Slow } else { error })
    }
}
