//! `serve`: puts everything together and runs until told to stop.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::database::{self, open_store};
use super::signals::{self, Stop};
use super::{CliError, Result, load, wait};
use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Flags, SecretError};
use crate::http::memory::Memory;
use crate::http::request::Frame;
use crate::http::{self, App, Parts, lote};
use crate::printable::printable;
use crate::service::acesso::AccessService;
use crate::service::changes::{ChangeQueue, QueueSettings, Workers};
use crate::service::login::LoginService;
use crate::service::throttle::Throttle;
use crate::store::Store;
use crate::telemetry;

/// How long the store may take to end its connections.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub(super) struct Args {
    /// Address and port to listen on [setting: BIND_ADDR]
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,
}

pub(super) async fn run(flags: Flags, args: Args) -> Result {
    let config = load(&Flags { bind: args.bind, ..flags }, telemetry::start_queued)?;
    config.require_secret()?;
    // Before anything else, so that a signal ends the wait for the database, too.
    let mut stop = pin!(signals::stop()?);
    announce_start(&config);
    let opening = wait::until(&config, async || open_store(&config).await);
    let Some(store) = wait::unless_stopped(opening, stop.as_mut()).await else { return Ok(()) };
    let store = store?;
    warn_of_readers(&config);
    database::warn_of_place(&config.target);
    for risk in store.risks().await? {
        tracing::warn!("PostgreSQL runs with {risk}: a crash of its machine may lose changes that were answered 200");
    }
    listen(&config, store, stop, http::service, |address| {
        tracing::info!(%address, "listening");
        Ok(())
    })
    .await
}

/// Says what runs here and on what, before it may have to wait.
fn announce_start(config: &Config) {
    let (version, tls) = (env!("CARGO_PKG_VERSION"), config.tls());
    let (database, settings, bind) = (config.database.as_str(), config.settings.as_str(), config.bind.as_str());
    tracing::info!(version, database, tls, settings, bind, "starting");
}

/// Serves what `service` makes of the application on `store` until `stop`. `ready` hears the address once it
/// is listened on.
pub(super) async fn listen(
    config: &Config,
    store: Arc<dyn Store>,
    stop: impl Future<Output = Stop>,
    service: impl FnOnce(App) -> Frame,
    ready: impl FnOnce(SocketAddr) -> Result,
) -> Result {
    let (app, workers) = wire(config, Arc::clone(&store), Arc::new(SystemClock))?;
    let listener = http::server::listen(&config.bind).await.map_err(|error| {
        CliError::Failed(format!("can't listen on {}: {error}; choose another with --bind", printable(&config.bind)))
    })?;
    ready(listener.local_addr()?)?;
    let stopped = {
        let app = app.clone();
        async move {
            if stop.await == Stop::Delayed && !config.stop_delay.is_zero() {
                app.is_leaving.store(true, Ordering::Relaxed);
                tracing::info!(seconds = config.stop_delay.as_secs(), "not ready any more; serving on");
                sleep(config.stop_delay).await;
            }
        }
    };
    let ended = http::server::serve(listener, service(app), config.server, stopped).await;
    if !ended {
        tracing::warn!("requests were cut off: they did not end within SHUTDOWN_TIMEOUT_SECONDS");
    }
    // What the queue has taken in is made durable even for clients that are gone.
    if timeout(config.server.stop_deadline, workers.finish()).await.is_err() {
        tracing::warn!("the change queue did not empty in time");
    }
    if timeout(CLOSE_DEADLINE, store.close()).await.is_err() {
        tracing::warn!("the database connections did not end in time");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Says which files others than their owner may read or change. They keep their modes: somebody may have meant it.
fn warn_of_readers(config: &Config) {
    for file in config.private_files() {
        let mode = file.metadata().map_or(0, |metadata| metadata.permissions().mode() & 0o777);
        if mode & 0o066 != 0 {
            let (file, mode) = (file.display(), format_args!("{mode:04o}"));
            tracing::warn!(%file, %mode, "others than the owner may read or change this file; make its mode 0600");
        }
    }
}

/// Builds the application on `store`.
pub fn wire(config: &Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<(App, Workers), SecretError> {
    let tokens = Tokens::new(&config.token_secret()?, &config.accepted_secrets(), config.tokens.clone());
    let tokens = Arc::new(tokens);
    let shards = store.writers();
    let queue = QueueSettings { shards, capacity: config.queue_capacity.div_ceil(shards) };
    let (changes, workers) = ChangeQueue::start(&store, &clock, queue);
    let app = App::new(Parts {
        access: AccessService::new(Arc::clone(&store), Arc::clone(&clock)),
        login: Arc::new(LoginService::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Passwords::new(config.login_concurrency),
            Arc::clone(&tokens),
            Throttle::new(Arc::clone(&store), Arc::clone(&clock), config.login_limits),
            config.hardened_login,
        )),
        store,
        clock,
        tokens,
        changes,
        lotes: Semaphore::new(lote::REQUESTS),
        bodies: Memory::new(config.transit_memory),
        answers: Memory::new(config.transit_memory),
        trusted_proxies: config.trusted_proxies.clone(),
        deadline: config.request_deadline,
        is_leaving: AtomicBool::new(false),
    });
    Ok((app, workers))
}
