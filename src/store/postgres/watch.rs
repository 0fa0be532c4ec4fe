//! Follows the database to another of its hosts.

use std::iter;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPool};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::hosts::{Hosts, is_writable};
use super::session::OPENING_TIMEOUT;
use crate::store::attempt::Freshness;

/// How often the host in use is asked whether it can still be written to, however little happens.
const PERIOD: Duration = Duration::from_secs(1);
/// How long it may take to say so.
const ANSWER: Duration = Duration::from_secs(1);
/// The pause after a look at all hosts.
const PAUSE: Duration = Duration::from_millis(250);

/// The task that follows; it ends when this is dropped.
pub(super) struct Watch(AbortHandle);

impl Watch {
    /// Watches the host of `session`, which is in use, and leads `pools` and all sessions that are opened from then on
    /// to the next one.
    pub fn start(hosts: Hosts, pools: Vec<PgPool>, freshness: Freshness, session: PgConnection) -> Self {
        let watcher = Watcher { hosts, pools, freshness, session: Some(session), switched: None };
        Self(tokio::spawn(watcher.run()).abort_handle())
    }

    pub fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Watcher {
    hosts: Hosts,
    pools: Vec<PgPool>,
    freshness: Freshness,
    /// To the host in use, which could be written to when it was last asked.
    session: Option<PgConnection>,
    /// When another host was last taken into use.
    switched: Option<Instant>,
}

impl Watcher {
    async fn run(mut self) {
        let mut is_lost = false;
        loop {
            let look_at_once = is_lost
                || tokio::select! {
                    () = self.freshness.trouble() => true,
                    () = sleep(PERIOD) => false,
                };
            self.end_late_sessions();
            if !look_at_once && self.is_well().await {
                continue;
            }
            match self.hosts.look().await {
                Ok((number, session)) => {
                    self.session = Some(session);
                    self.follow(number, is_lost);
                    is_lost = false;
                }
                Err(error) => {
                    self.session = None;
                    if !is_lost {
                        tracing::warn!(%error, "looking for a host that can be written to");
                    }
                    is_lost = true;
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// Whether the host in use can still be written to.
    async fn is_well(&mut self) -> bool {
        match &mut self.session {
            Some(session) => matches!(timeout(ANSWER, is_writable(session)).await, Ok(Ok(true))),
            None => false,
        }
    }

    /// Uses the host `number` from now on.
    fn follow(&mut self, number: usize, was_lost: bool) {
        let before = self.hosts.in_use();
        if number == before {
            if was_lost {
                tracing::info!(host = self.hosts.endpoint(number), "the host can be written to again");
            }
            return;
        }
        self.hosts.use_now(number);
        for pool in &self.pools {
            pool.set_connect_options(self.hosts.options().clone());
        }
        self.freshness.leave();
        for idle in self.pools.iter().flat_map(|pool| iter::from_fn(|| pool.try_acquire())) {
            tokio::spawn(idle.close());
        }
        self.switched = Some(Instant::now());
        let (from, to) = (self.hosts.endpoint(before), self.hosts.endpoint(number));
        tracing::warn!(from, to, "the database has failed over to another host");
    }

    /// Ends the sessions whose opening had begun before the host was changed.
    fn end_late_sessions(&mut self) {
        if let Some(switched) = self.switched {
            self.freshness.taint();
            self.switched = Some(switched).filter(|switched| switched.elapsed() <= OPENING_TIMEOUT);
        }
    }
}
