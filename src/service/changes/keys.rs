//! Idempotency keys that are being answered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use super::outcome::ChangeError;
use crate::domain::atendimento::{ChangeRequest, Denial, IdempotencyKey};
use crate::store::ScopedKey;

#[derive(Default)]
pub(super) struct Keys {
    in_flight: Arc<Mutex<Fingerprints>>,
}

/// The fingerprint of the body that came with each key.
pub(super) type Fingerprints = HashMap<ScopedKey, i64>;

/// A key whose request is being answered, until it is dropped.
pub(super) struct InFlight {
    key: ScopedKey,
    in_flight: Arc<Mutex<Fingerprints>>,
}

impl Keys {
    /// Enters the key of `request`, if it has one. What other processes are answering is not known
    /// here; the database lets one of them through, and the other one replays its answer.
    pub fn enter(&self, request: &ChangeRequest) -> Result<Option<InFlight>, ChangeError> {
        let Some((key, fingerprint)) = keyed(request) else { return Ok(None) };
        match self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).entry(key) {
            Entry::Occupied(other) => Err(conflict(*other.get(), fingerprint)),
            Entry::Vacant(free) => {
                let key = free.key().clone();
                free.insert(fingerprint);
                Ok(Some(InFlight { key, in_flight: Arc::clone(&self.in_flight) }))
            }
        }
    }

    /// Whether the key of `request` could be entered.
    pub fn check(&self, request: &ChangeRequest) -> Result<(), ChangeError> {
        let Some((key, fingerprint)) = keyed(request) else { return Ok(()) };
        match self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            Some(other) => Err(conflict(*other, fingerprint)),
            None => Ok(()),
        }
    }
}

/// The key of `request` and the fingerprint of its body, if it has a key.
pub(super) fn keyed(request: &ChangeRequest) -> Option<(ScopedKey, i64)> {
    let IdempotencyKey { key, fingerprint } = request.idempotency.as_ref()?;
    Some(((request.usuario_id, key.to_string()), *fingerprint))
}

/// The answer to a request whose key is in flight with a body of the fingerprint `other`.
fn conflict(other: i64, fingerprint: i64) -> ChangeError {
    if other == fingerprint {
        ChangeError::InProgress
    } else {
        ChangeError::Denied { denial: Denial::KeyReused, de: None }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
