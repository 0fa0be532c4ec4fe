//! The composition root: puts the parts together and runs them until told to stop.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::config::{Config, HttpSettings, Origin, SecretError};
use crate::http::frame::Frame;
use crate::http::limits::BATCH_REQUESTS_MAX;
use crate::http::memory::Memory;
use crate::http::routes;
use crate::http::state::{AppState, Readiness, SharedState, ShownSetting};
use crate::http::transport::{self, ServerSettings};
use crate::metrics::Metrics;
use crate::printable::printable;
use crate::service::access::AccessService;
use crate::service::changes::{ChangeQueue, QueueSettings, Workers};
use crate::service::login::LoginService;
use crate::service::overview::Overviews;
use crate::service::purge::{self, Purge};
use crate::service::sessions::Sessions;
use crate::service::throttle::Throttle;
use crate::service_manager::ServiceManager;
use crate::store::Store;

/// How long the store may take to end its connections.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);
/// Most connections of those who ask for metrics, and how long the last of them may take at a stop.
const METRICS_CONNECTIONS: usize = 16;
const METRICS_STOP_DEADLINE: Duration = Duration::from_secs(1);
/// How often a server with metrics looks whether it is ready.
const READINESS_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("can't listen on {}: {source}; choose another with --bind", printable(bind))]
    Listen { bind: String, source: io::Error },
    #[error("can't listen on {}: {source}; choose another as METRICS_ADDR", printable(bind))]
    ListenMetrics { bind: String, source: io::Error },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// How a server is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// By SIGTERM, as a service manager or a container's runtime does: after `SHUTDOWN_DELAY_SECONDS`.
    Delayed,
    /// By SIGINT or SIGHUP, of somebody at a terminal.
    AtOnce,
}

/// Serves what `service` makes of the application on `store` and `clock` until `stop`, and tells `manager` how it gets
/// on. `ready` hears the address once it is listened on.
pub async fn listen(
    config: &Config,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    mut manager: ServiceManager,
    stop: impl Future<Output = Stop>,
    service: impl FnOnce(SharedState) -> Frame,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), AppError> {
    let (app, workers) = wire(config, Arc::clone(&store), clock)?;
    let listener = listener(manager.api.take(), "BIND_ADDR", &config.http.bind)
        .await
        .map_err(|source| AppError::Listen { bind: config.http.bind.clone(), source })?;
    let metrics = MetricsListener::start(config, manager.metrics.take(), &app).await?;
    let (address, liveness) = (listener.local_addr()?, app.changes.liveness());
    ready(address);
    manager.note_ready(address);
    let stopped = {
        let (app, manager) = (app.clone(), &manager);
        async move {
            let stop = stop.await;
            manager.note_stopping(longest_stop(config));
            if stop == Stop::Delayed && !config.http.stop_delay.is_zero() {
                app.is_leaving.store(true, Ordering::Relaxed);
                tracing::info!(seconds = config.http.stop_delay.as_secs(), "no longer ready; still serving");
                sleep(config.http.stop_delay).await;
            }
        }
    };
    // In one task with the accept loop, so that its end is noticed, too.
    let ended = tokio::select! {
        ended = transport::serve(listener, service(app), config.http.server, stopped) => ended,
        never = manager.keep_watch(|| liveness.is_stuck(Instant::now())) => match never {},
    };
    if !ended {
        tracing::warn!("requests were cut off: they did not end within SHUTDOWN_TIMEOUT_SECONDS");
    }
    // Until here, so that the stop can be watched too.
    if let Some(metrics) = metrics {
        metrics.stop().await;
    }
    // What the queue has taken in is made durable even for clients that are gone.
    if timeout(config.http.server.stop_deadline, workers.finish()).await.is_err() {
        tracing::warn!("the change queue did not empty in time");
    }
    if timeout(CLOSE_DEADLINE, store.close()).await.is_err() {
        tracing::warn!("the database connections did not end in time");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The socket that was `handed` over, or one on the address of the setting `name`.
async fn listener(handed: Option<StdListener>, name: &str, address: &str) -> io::Result<TcpListener> {
    let Some(socket) = handed else { return transport::listen(address).await };
    tracing::info!("using the service manager's socket in place of {name}");
    TcpListener::from_std(socket)
}

/// How long a stop may take: the delay, the requests, the change queue, and the ends of connections.
fn longest_stop(config: &Config) -> Duration {
    let HttpSettings { stop_delay, server, .. } = &config.http;
    *stop_delay + 2 * server.stop_deadline + METRICS_STOP_DEADLINE + CLOSE_DEADLINE
}

/// The listener for Prometheus, and what looks after the server for it.
struct MetricsListener {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<bool>,
    looking: JoinHandle<()>,
}

impl MetricsListener {
    /// Starts it where the settings want one, or a socket for it was `handed` over.
    async fn start(config: &Config, handed: Option<StdListener>, app: &SharedState) -> Result<Option<Self>, AppError> {
        if config.http.metrics.is_none() && handed.is_none() {
            return Ok(None);
        }
        let bind = config.http.metrics.as_deref().unwrap_or_default();
        let listener = listener(handed, "METRICS_ADDR", bind)
            .await
            .map_err(|source| AppError::ListenMetrics { bind: bind.to_owned(), source })?;
        tracing::info!(address = %listener.local_addr()?, "serving metrics");
        let settings = ServerSettings {
            max_connections: METRICS_CONNECTIONS,
            stop_deadline: METRICS_STOP_DEADLINE,
            ..config.http.server
        };
        let (stop, stopped) = oneshot::channel();
        let service = routes::metrics_service(Arc::clone(app));
        let serving = transport::serve(listener, service, settings, async { _ = stopped.await });
        let looking = tokio::spawn(watch_readiness(Arc::clone(app)));
        Ok(Some(Self { stop, serving: tokio::spawn(serving), looking }))
    }

    /// Ends it, with whom it is talking to.
    async fn stop(self) {
        drop(self.stop);
        _ = self.serving.await;
        self.looking.abort();
        _ = self.looking.await;
    }
}

/// Notes now and then whether the server is ready: nobody else may be asking.
async fn watch_readiness(app: SharedState) {
    let mut ticks = interval(READINESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.metrics.ready(app.is_ready().await);
    }
}

fn shown_setting((name, value, origin): &(&'static str, String, Origin)) -> ShownSetting {
    ShownSetting { name, value: value.clone(), origin: origin.name() }
}

pub fn wire(config: &Config, store: Arc<Store>, clock: Arc<dyn Clock>) -> Result<(SharedState, Workers), SecretError> {
    let tokens = Tokens::new(&config.token_secret()?, &config.accepted_secrets(), config.tokens.clone());
    let tokens = Arc::new(tokens);
    let shards = store.writers();
    let queue = QueueSettings { shards, capacity: config.queue_capacity.div_ceil(shards) };
    let metrics = Arc::new(Metrics::default());
    let (changes, workers) = ChangeQueue::start(&store, &metrics, queue);
    let activity = changes.activity();
    let passwords = Arc::new(Passwords::new(config.login.concurrency, move || activity.is_busy(Instant::now())));
    let administration = store.administration();
    let app = Arc::new(AppState {
        administration: Arc::clone(&administration),
        access: AccessService::new(Arc::clone(&store), Arc::clone(&clock)),
        login: Arc::new(LoginService::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&passwords),
            Arc::clone(&tokens),
            Throttle::new(Arc::clone(&store), config.login.limits),
            Arc::clone(&metrics),
            config.login.hardened,
        )),
        passwords,
        purge: Purge::start(&store, &clock, config.login.limits, purge::EVERY),
        sessions: Sessions::new(Arc::clone(&administration), Arc::clone(&clock)),
        has_usuarios: OnceLock::new(),
        overviews: Arc::new(Overviews::new(Arc::clone(&administration))),
        console: config.http.console,
        store,
        clock,
        tokens,
        dialect: config.http.dialect.clone(),
        changes,
        settings: config.effective.iter().map(shown_setting).collect(),
        metrics,
        lotes: Semaphore::new(BATCH_REQUESTS_MAX),
        bodies: Memory::new(config.http.transit_memory),
        answers: Memory::new(config.http.transit_memory),
        trusted_proxies: config.http.trusted_proxies.clone(),
        access_log: config.log.access,
        deadline: config.http.request_deadline,
        is_leaving: Arc::default(),
        readiness: Readiness::default(),
    });
    Ok((app, workers))
}
