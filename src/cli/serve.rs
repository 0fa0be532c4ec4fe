//! `serve`: puts everything together and runs until told to stop.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{CliError, Result, load, open_store, wait};
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
    let mut stop = pin!(stop_signal()?);
    let opening = wait::until(&config, async || open_store(&config).await);
    let Some(store) = wait::unless_stopped(opening, stop.as_mut()).await else { return Ok(()) };
    let store = store?;
    warn_of_readers(&config);
    for risk in store.risks().await? {
        tracing::warn!("PostgreSQL runs with {risk}: a crash of its machine may lose changes that were answered 200");
    }
    listen(&config, store, stop, http::service, |address| {
        tracing::info!(%address, "listening");
        Ok(())
    })
    .await
}

/// Serves what `service` makes of the application on `store` until `stop`. `ready` hears the address once it
/// is listened on.
pub(super) async fn listen(
    config: &Config,
    store: Arc<dyn Store>,
    stop: impl Future<Output = ()>,
    service: impl FnOnce(App) -> Frame,
    ready: impl FnOnce(SocketAddr) -> Result,
) -> Result {
    let (app, workers) = wire(config, Arc::clone(&store), Arc::new(SystemClock))?;
    let listener = http::server::listen(&config.bind).await.map_err(|error| {
        CliError::Failed(format!("can't listen on {}: {error}; choose another with --bind", printable(&config.bind)))
    })?;
    ready(listener.local_addr()?)?;
    let ended = http::server::serve(listener, service(app), config.server, stop).await;
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
    });
    Ok((app, workers))
}

/// Completes at the first SIGTERM, SIGINT or SIGHUP, which it hears from now on; a second one ends the
/// process at once.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    let mut next = async move || {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {}, _ = hup.recv() => {} }
    };
    Ok(async move {
        next().await;
        tracing::info!("stopping; once more to stop at once");
        tokio::spawn(async move {
            next().await;
            tracing::warn!("stopped at once");
            telemetry::flush();
            std::process::exit(1);
        });
    })
}
