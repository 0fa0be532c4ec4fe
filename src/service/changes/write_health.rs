//! Whether changes fail in a way that the database does not admit when it is asked, such as on a full disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::{Store, StoreError};

/// At most one trial in this time: strangers, too, may ask for the readiness, and must not keep the disk busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Begins when a change fails, and ends when one is made or a trial succeeds. A load balancer that sends no more
/// changes must see it end.
#[derive(Clone, Default)]
pub(super) struct WriteHealth(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_failing: bool,
    /// How many changes have failed; a trial that began before the last of them says nothing.
    failures: u64,
    tried: Option<Instant>,
}

impl WriteHealth {
    pub fn note_success(&self) {
        self.state().is_failing = false;
    }

    /// Notes that a change failed, and how.
    pub fn note_failure(&self, error: &StoreError) {
        if error.escapes_probes() {
            let mut state = self.state();
            state.is_failing = true;
            state.failures += 1;
        }
    }

    /// Fails while changes fail. Now and then a trial shows whether they still do.
    pub async fn check(&self, store: &Store) -> Result<(), StoreError> {
        let before = {
            let mut state = self.state();
            if !state.is_failing {
                return Ok(());
            }
            if state.tried.is_some_and(|tried| tried.elapsed() < PAUSE) {
                return Err(StoreError::Failing);
            }
            state.tried = Some(Instant::now());
            state.failures
        };
        store.try_write().await?;
        let mut state = self.state();
        if state.failures != before {
            return Err(StoreError::Failing);
        }
        state.is_failing = false;
        tracing::info!("a write succeeds again");
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
