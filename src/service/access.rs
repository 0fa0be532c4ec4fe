//! Who a user is and what it may do, asked of the store at most twice a second and user, and once more for each new token
//! or session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use time::{Duration, OffsetDateTime};

use crate::clock::Clock;
use crate::domain::access::AccessRights;
use crate::store::{Result, Store, StoreError};

/// How old an answer may be, counted from when it was asked for. Half of the contract's second, so
/// that a withdrawal shows within it although the reading takes time.
const MAX_AGE: Duration = Duration::milliseconds(500);

pub struct AccessService {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    /// Only users for whom we signed a token have an entry, so it is bounded by their number.
    entries: Mutex<HashMap<i64, Arc<Entry>>>,
}

/// The latest answer; its lock lets one caller ask the store while the others wait for the answer.
type Entry = tokio::sync::Mutex<Latest>;

#[derive(Default)]
struct Latest {
    answer: Option<Loaded>,
    /// Generations that were others than the user's when the store was asked because of them. None comes back: each is
    /// drawn anew. Forgotten once the answer is old.
    refused: Vec<i64>,
    /// When the store last failed. Those that have waited since before then share the failure, as they share an
    /// answer that was asked for after they came: if each asked the store itself, the last would wait longest.
    failed: Option<Instant>,
}

struct Loaded {
    asked: OffsetDateTime,
    asked_at: Instant,
    access: Option<Arc<AccessRights>>,
}

impl Loaded {
    /// Whether tokens and sessions of `generation` are the user's.
    fn has(&self, generation: i64) -> bool {
        self.access.as_ref().is_some_and(|access| access.generation == generation)
    }

    /// By both clocks: one that is set back, or stands still, must not keep an answer alive.
    fn is_fresh(&self, now: OffsetDateTime) -> bool {
        (Duration::ZERO..MAX_AGE).contains(&(now - self.asked)) && self.asked_at.elapsed() < MAX_AGE
    }
}

impl AccessService {
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, entries: Mutex::default() }
    }

    /// What decides the access of `usuario_id`; `None` when there is no such user.
    pub async fn access(&self, usuario_id: i64) -> Result<Option<Arc<AccessRights>>> {
        self.answer(usuario_id, None).await
    }

    /// The same for a token or a session of `generation`. Where the latest answer has another one, it may have been asked
    /// for before that one began.
    pub async fn access_in(&self, usuario_id: i64, generation: i64) -> Result<Option<Arc<AccessRights>>> {
        self.answer(usuario_id, Some(generation)).await
    }

    async fn answer(&self, usuario_id: i64, generation: Option<i64>) -> Result<Option<Arc<AccessRights>>> {
        let came = Instant::now();
        let entry = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(entries.entry(usuario_id).or_default())
        };
        let mut latest = entry.lock().await;
        let now = self.clock.now();
        if let Some(answer) = latest.answer.as_ref() {
            let is_judged = |generation| answer.has(generation) || latest.refused.contains(&generation);
            let is_fresh = answer.is_fresh(now);
            if answer.asked_at >= came || is_fresh && generation.is_none_or(is_judged) {
                return Ok(answer.access.clone());
            }
            if !is_fresh {
                latest.refused.clear();
            }
        }
        if latest.failed.is_some_and(|failed| failed >= came) {
            return Err(StoreError::Slow);
        }
        let asked_at = Instant::now();
        // Rare and large: boxed, so that not every request carries room for it.
        let loaded =
            Box::pin(self.store.access(usuario_id)).await.inspect_err(|_| latest.failed = Some(Instant::now()));
        let access = loaded?.map(Arc::new);
        let answer = Loaded { asked: now, asked_at, access: access.clone() };
        latest.refused.extend(generation.filter(|generation| !answer.has(*generation)));
        latest.answer = Some(answer);
        Ok(access)
    }
}
