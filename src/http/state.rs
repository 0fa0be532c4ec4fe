//! The state that every handler gets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::domain::rules::Rules;
use crate::http::memory::Memory;
use crate::metrics::Metrics;
use crate::service::access::AccessService;
use crate::service::changes::ChangeQueue;
use crate::service::login::LoginService;
use crate::service::overview::Overviews;
use crate::service::purge::Purge;
use crate::service::sessions::Sessions;
use crate::store::{Store, StoreError};

/// How long the database may take to say that it works.
const READY_DEADLINE: Duration = Duration::from_secs(3);
/// How often the log repeats that the server is not ready.
const REPEAT: Duration = Duration::from_mins(1);

pub type SharedState = Arc<AppState>;

pub struct AppState {
    /// For the readiness probe, and what clients read.
    pub store: Arc<Store>,
    /// For administration over HTTP, which has connections of its own and waits for nothing for long.
    pub administration: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub tokens: Arc<Tokens>,
    /// `DIALECT_FILE`; `None` where the contract holds.
    pub dialect: Option<Arc<Dialect>>,
    pub access: AccessService,
    /// Hashes and verifies, for the login and for administration.
    pub passwords: Arc<Passwords>,
    pub login: Arc<LoginService>,
    pub changes: ChangeQueue,
    /// Who is signed in to the console.
    pub sessions: Sessions,
    /// Set once somebody is known to exist who can sign in.
    pub has_usuarios: OnceLock<()>,
    /// How things stand, for the console.
    pub overviews: Arc<Overviews>,
    /// `CONSOLE`: whether there is one.
    pub console: bool,
    /// Goes on as long as somebody is served.
    pub purge: Purge,
    /// All settings, as `config check` shows them.
    pub settings: Vec<ShownSetting>,
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
    /// Whether it was ready when somebody last asked.
    pub readiness: Readiness,
}

/// A setting without its secrets.
pub struct ShownSetting {
    pub name: &'static str,
    pub value: String,
    /// Where the value stands.
    pub origin: &'static str,
}

impl AppState {
    /// What holds where the vendor's page is silent.
    pub fn rules(&self) -> Rules {
        self.dialect.as_ref().map(|dialect| dialect.rules).unwrap_or_default()
    }

    /// Whether the server can do its work: it is not about to stop, and the database is reachable, migrated and takes
    /// changes. Logs what is wrong, once and then now and again, and when it is over.
    pub async fn is_ready(&self) -> bool {
        if self.is_leaving.load(Ordering::Relaxed) {
            return false;
        }
        let ready = timeout(READY_DEADLINE, async {
            self.store.ready().await?;
            self.changes.check().await
        })
        .await;
        let error = ready.unwrap_or(Err(StoreError::Slow)).err();
        match (self.readiness.note(error.is_none(), Instant::now()), &error) {
            (Some(News::Lost), Some(error)) => tracing::warn!(%error, "not ready"),
            (Some(News::StillLost(seconds)), Some(error)) => tracing::warn!(%error, "still not ready, for {seconds} s"),
            (Some(News::Back(seconds)), _) => tracing::info!("ready again, after {seconds} s"),
            _ => {}
        }
        error.is_none()
    }

    /// How long a body may take to arrive: less than the request as a whole, so that it is named as the cause.
    pub fn body_deadline(&self) -> Duration {
        self.deadline * 2 / 3
    }
}

/// Since when the server is not ready, and what the log has of it: many may ask, and often.
#[derive(Default)]
pub struct Readiness(Mutex<Option<Outage>>);

struct Outage {
    since: Instant,
    logged: Instant,
}

/// What the log should say. The seconds are those that the outage has taken.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Lost,
    StillLost(u64),
    Back(u64),
}

impl Readiness {
    fn note(&self, is_ready: bool, now: Instant) -> Option<News> {
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_ready {
            let over = outage.take()?;
            return Some(News::Back(now.duration_since(over.since).as_secs()));
        }
        match &mut *outage {
            None => {
                *outage = Some(Outage { since: now, logged: now });
                Some(News::Lost)
            }
            Some(outage) if now.duration_since(outage.logged) >= REPEAT => {
                outage.logged = now;
                Some(News::StillLost(now.duration_since(outage.since).as_secs()))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_once_then_each_minute_and_when_it_is_over() {
        let (readiness, began) = (Readiness::default(), Instant::now());
        let note = |second, is_ready| readiness.note(is_ready, began + Duration::from_secs(second));
        assert_eq!(note(0, true), None);
        assert_eq!(note(1, false), Some(News::Lost));
        assert_eq!((note(2, false), note(60, false)), (None, None));
        assert_eq!(note(61, false), Some(News::StillLost(60)));
        assert_eq!(note(120, false), None);
        assert_eq!(note(122, false), Some(News::StillLost(121)));
        assert_eq!(note(123, true), Some(News::Back(122)));
        assert_eq!(note(124, true), None);
        assert_eq!(note(125, false), Some(News::Lost));
    }
}
