//! The state that every handler gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::domain::rules::Rules;
use crate::http::memory::Memory;
use crate::metrics::Metrics;
use crate::service::access::AccessService;
use crate::service::changes::ChangeQueue;
use crate::service::login::LoginService;
use crate::service::purge::Purge;
use crate::store::{Store, StoreError};

/// How long the database may take to say that it works.
const READY_DEADLINE: Duration = Duration::from_secs(3);

pub type SharedState = Arc<AppState>;

pub struct AppState {
    /// For the readiness probe, and what clients read.
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub tokens: Arc<Tokens>,
    /// `DIALECT_FILE`; `None` where the contract holds.
    pub dialect: Option<Arc<Dialect>>,
    pub access: AccessService,
    pub login: Arc<LoginService>,
    pub changes: ChangeQueue,
    /// Goes on as long as somebody is served.
    pub purge: Purge,
    pub metrics: Arc<Metrics>,
    /// Room for requests of many changes.
    pub lotes: Semaphore,
    /// For large bodies on their way in.
    pub bodies: Memory,
    /// For large answers that wait for their readers.
    pub answers: Memory,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// `ACCESS_LOG`
    pub access_log: bool,
    pub deadline: Duration,
    /// Whether the server is about to stop: it still serves, and is not ready.
    pub is_leaving: Arc<AtomicBool>,
}

impl AppState {
    /// What holds where the vendor's page is silent.
    pub fn rules(&self) -> Rules {
        self.dialect.as_ref().map(|dialect| dialect.rules).unwrap_or_default()
    }

    /// Whether the server can do its work: it is not about to stop, and the database is reachable, migrated and takes
    /// changes. Logs what is wrong.
    pub async fn is_ready(&self) -> bool {
        if self.is_leaving.load(Ordering::Relaxed) {
            return false;
        }
        let ready = timeout(READY_DEADLINE, async {
            self.store.ready().await?;
            self.changes.check().await
        })
        .await;
        let ready = ready.unwrap_or(Err(StoreError::Slow));
        ready.inspect_err(|error| tracing::warn!(%error, "not ready")).is_ok()
    }

    /// How long a body may take to arrive: less than the request as a whole, so that it is named as the cause.
    pub fn body_deadline(&self) -> Duration {
        self.deadline * 2 / 3
    }
}
