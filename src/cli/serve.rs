//! `serve`: runs the server until told to stop.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use rustix::process::geteuid;

use super::estado;
use super::support::database::{self, IfMissing, open_store};
use super::support::error::Result;
use super::support::session::load;
use super::support::{open_files, signals, wait};
use crate::app;
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::http::routes;
use crate::printable::printable;
use crate::service_manager::{Inherited, ServiceManager};
use crate::store::Target;
use crate::telemetry;

#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on [setting: `BIND_ADDR`]
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,
    /// Answer like the Citrus that this file describes [setting: `DIALECT_FILE`]
    #[arg(long, value_name = "FILE")]
    dialeto: Option<PathBuf>,
}

pub async fn run(flags: Flags, args: Args, inherited: Inherited) -> Result {
    let data_dir = flags.data_dir.clone();
    let config = load(&Flags { bind: args.bind, dialect: args.dialeto, ..flags }, telemetry::start_queued)?;
    config.require_secret()?;
    let state_file = config.state_file.as_deref().map(estado::read_setting).transpose()?;
    let manager = ServiceManager::of_process(inherited)?;
    // Before anything else, so that a signal ends the wait for the database, too.
    let mut stop = pin!(signals::stop()?);
    announce_start(&config);
    open_files::raise_limit(&config);
    // Boxed, because each that waits for it would hold it whole.
    let opening =
        manager.wait_for(Box::pin(wait::until(&config, async || open_store(&config, IfMissing::Create).await)));
    let Some(store) = wait::unless_stopped(opening, stop.as_mut()).await else { return Ok(()) };
    let store = store?;
    if let Some(host) = store.host() {
        tracing::info!(host, "using the host that can be written to");
    }
    if let Some(file) = state_file {
        // Boxed as above.
        let applying = Box::pin(estado::apply_at_start(&store, &file));
        let Some(applied) = wait::unless_stopped(applying, stop.as_mut()).await else { return Ok(()) };
        applied?;
    }
    // Kept until the end.
    let _claim = database::claim(&config.database.target);
    warn_of_readers(&config);
    database::warn_of_place(&config.database.target);
    for risk in store.risks().await? {
        tracing::warn!("PostgreSQL runs with {risk}: a crash of its machine may lose changes that were answered 200");
    }
    let first_administrator = (!store.has_usuarios().await?).then(|| command_for_administrator(data_dir));
    let sign_in = if config.http.console { "; then sign in at /console in a browser" } else { "" };
    let announce = |address| {
        tracing::info!(%address, "listening");
        if let Some(command) = first_administrator {
            tracing::warn!("there is no user, so nobody can log in; make the first administrator: {command}{sign_in}");
        }
    };
    app::listen(&config, store, Arc::new(SystemClock), manager, stop, routes::service, announce).await?;
    Ok(())
}

/// What to type for the first administrator, on the same database.
fn command_for_administrator(data_dir: Option<PathBuf>) -> String {
    let flag = data_dir.map(|dir| format!(" --data-dir '{}'", printable(&dir.to_string_lossy()))).unwrap_or_default();
    format!("citrus-status{flag} usuario criar admin --administrador")
}

/// Says what runs here and on what, before it may have to wait.
fn announce_start(config: &Config) {
    let (version, tls) = (env!("CARGO_PKG_VERSION"), config.tls());
    let (database, settings, bind) =
        (config.database.shown.as_str(), config.origins.as_str(), config.http.bind.as_str());
    tracing::info!(version, database, tls, settings, bind, "starting");
}

/// Where a container's runtime puts secrets. It decides their modes, and nobody else is in there.
const RUN_SECRETS: &str = "/run/secrets";

/// Says what others than the server may read or change. It keeps its mode: somebody may have meant it.
fn warn_of_readers(config: &Config) {
    let secrets = config.secret_files.iter().filter(|file| !file.starts_with(RUN_SECRETS));
    for file in config.private_files().iter().chain(secrets) {
        let Ok(metadata) = file.metadata() else { continue };
        let (file, mode) = (file.display(), metadata.mode() & 0o777);
        // Somebody else's file is read by its group.
        let (too_much, wanted) = if metadata.uid() == geteuid().as_raw() { (0o066, "0600") } else { (0o026, "0640") };
        if mode & too_much != 0 {
            let mode = format_args!("{mode:04o}");
            tracing::warn!(%file, %mode, "others than the server may read or change this file; make its mode {wanted}");
        }
    }
    if let Target::Sqlite { .. } = config.database.target
        && let Ok(metadata) = config.data_dir.metadata()
        && metadata.mode() & 0o066 != 0
    {
        let (dir, mode) = (config.data_dir.display(), format_args!("{:04o}", metadata.mode() & 0o777));
        tracing::warn!(%dir, %mode, "others than the server may list or change this directory; make its mode 0700");
    }
}
