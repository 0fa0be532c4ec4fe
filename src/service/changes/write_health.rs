//! Whether writes succeed, also where they fail in a way that the database does not admit when it is asked, such as on
//! a full disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::store::{Store, StoreError};

/// At most one trial in this time: strangers, too, may ask for the readiness, and must not keep the disk busy.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the first trial may wait for somebody's lock, which is no failure.
const FIRST_DEADLINE: Duration = Duration::from_secs(1);

/// After the start it is unknown, until a change is made or a trial ends. It fails when a change fails, until one is
/// made or a trial succeeds: a load balancer that sends no more changes must see the end.
#[derive(Clone, Default)]
pub(super) struct WriteHealth(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    proof: Proof,
    /// How many changes have failed; a trial that began before the last of them says nothing.
    failures: u64,
    tried: Option<Instant>,
}

/// What is known of writes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Proof {
    #[default]
    Unknown,
    Succeed,
    Fail,
}

impl WriteHealth {
    pub fn note_success(&self) {
        self.state().proof = Proof::Succeed;
    }

    /// Notes that a change failed, and how.
    pub fn note_failure(&self, error: &StoreError) {
        if error.escapes_probes() {
            let mut state = self.state();
            state.proof = Proof::Fail;
            state.failures += 1;
        }
    }

    /// Fails while writes fail. A trial shows whether they do after the start, and now and then whether they still do.
    pub async fn check(&self, store: &Store) -> Result<(), StoreError> {
        let (proof, failures) = {
            let mut state = self.state();
            let has_just_tried = state.tried.is_some_and(|tried| tried.elapsed() < PAUSE);
            match state.proof {
                Proof::Succeed => return Ok(()),
                Proof::Unknown if has_just_tried => return Ok(()),
                Proof::Fail if has_just_tried => return Err(StoreError::Failing),
                Proof::Unknown | Proof::Fail => {}
            }
            state.tried = Some(Instant::now());
            (state.proof, state.failures)
        };
        if proof == Proof::Fail {
            store.try_write().await?;
        } else {
            match timeout(FIRST_DEADLINE, store.try_write()).await {
                Ok(Ok(())) => {}
                // Somebody is in the way.
                Err(_) | Ok(Err(StoreError::Contention(_))) => return Ok(()),
                Ok(Err(error)) => {
                    self.state().proof = Proof::Fail;
                    return Err(error);
                }
            }
        }
        let mut state = self.state();
        if state.failures != failures {
            return Err(StoreError::Failing);
        }
        state.proof = Proof::Succeed;
        if proof == Proof::Fail {
            tracing::info!("a write succeeds again");
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
