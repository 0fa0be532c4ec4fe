//! `serve`: runs the server until told to stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use rustix::process::geteuid;

use super::estado;
use super::support::database::{self, IfMissing, open_store};
use super::support::error::Result;
use super::support::output::{quoted, this_program};
use super::support::session::load;
use super::support::{open_files, signals, wait};
use crate::app;
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::http::routes;
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
    let first_administrator = (!store.has_usuarios().await?).then(|| command_for_administrator(&config));
    let has_console = config.http.console;
    let announce = |address: SocketAddr| {
        tracing::info!(%address, "listening");
        if let Some(command) = first_administrator {
            let at = console_at(address);
            let sign_in = if has_console { format!("; then sign in at {at} in a browser") } else { String::new() };
            tracing::warn!("there is no user, so nobody can log in; make the first administrator: {command}{sign_in}");
        }
    };
    app::listen(&config, store, Arc::new(SystemClock), manager, stop, routes::service, announce).await?;
    Ok(())
}

/// Where the console of a server is that listens on `address`: a browser on this machine goes there.
fn console_at(address: SocketAddr) -> String {
    let is_any = address.ip().is_unspecified();
    let address = if is_any { SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) } else { address };
    format!("http://{address}/console")
}

/// What to type for the first administrator, on the same database, wherever it is typed. An address of a database may have
/// a password in it, and is not repeated.
fn command_for_administrator(config: &Config) -> String {
    const CRIAR: &str = "usuario criar admin --administrador";
    let program = this_program();
    let named_by = &config.database.named_by;
    if named_by.starts_with("DATABASE_URL") {
        return format!("with the server's own database ({named_by}), {program} {CRIAR}");
    }
    let dir = config.data_dir.canonicalize();
    let dir = dir.as_ref().unwrap_or(&config.data_dir).to_string_lossy();
    format!("{program} --data-dir {} {CRIAR}", quoted(&dir))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_is_where_the_server_listens() {
        for (address, at) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/console"),
            ("0.0.0.0:80", "http://127.0.0.1:80/console"),
            ("[::]:8080", "http://127.0.0.1:8080/console"),
            ("[::1]:8080", "http://[::1]:8080/console"),
        ] {
            assert_eq!(console_at(address.parse().unwrap()), at);
        }
    }
}
