//! The state that every handler gets.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Semaphore;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::http::memory::Memory;
use crate::metrics::Metrics;
use crate::service::access::AccessService;
use crate::service::changes::ChangeQueue;
use crate::service::login::LoginService;
use crate::service::purge::Purge;
use crate::store::Store;

pub type SharedState = Arc<AppState>;

pub struct AppState {
    /// For the readiness probe, and what clients read.
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub tokens: Arc<Tokens>,
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
    /// How long a body may take to arrive: less than the request as a whole, so that it is named as the cause.
    pub fn body_deadline(&self) -> Duration {
        self.deadline * 2 / 3
    }
}
