//! `demo`: `serve` on an empty database with example data, which `serve` never loads.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::sync::Arc;

use tempfile::TempDir;
use url::Url;

use super::support::database::connect;
use super::support::error::{CliError, Result};
use super::support::output::{self, shown};
use super::support::{signals, wait};
use crate::app;
use crate::config::settings::{
    DATA_DIR, DATABASE_URL, JWT_ACCEPTED_SECRETS, JWT_AUDIENCE, JWT_ISSUER, JWT_SECRET, Setting,
};
use crate::config::{Config, Flags, Sources};
use crate::example::{ATENDIMENTOS, FIRST_PROTOCOLO, SENHA, example, load_example_data};
use crate::http::routes;
use crate::printable::printable;
use crate::store::{Store, Target};
use crate::telemetry;

#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on [setting: `BIND_ADDR`]
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,
    /// Use this database instead of a temporary one; it has to be empty. `DATABASE_URL` is ignored
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

pub async fn run(flags: Flags, args: Args) -> Result {
    let mut sources = own_sources(flags, &args)?;
    // Kept until the server has stopped; dropping it removes the directory.
    let _temporary = temporary_data_dir(&mut sources)?;
    let config = Config::load(&sources)?;
    telemetry::start_queued(&config.log.filter, config.log.json);
    let database = new_database(&config, args.database_url)?;
    let mut stop = pin!(signals::stop()?);
    let opening = wait::until(&config, async || open_empty(&config).await);
    let Some(store) = wait::unless_stopped(opening, stop.as_mut()).await else { return Ok(()) };
    let store = store?;
    load_example_data(&store).await?;
    let service = |app| routes::sandbox_service(app, example());
    app::listen(&config, store, stop, service, |address| output::announce(announcement(address, &database))).await?;
    Ok(())
}

/// The settings without those of a real installation: neither its database nor what its tokens are made of.
fn own_sources(flags: Flags, args: &Args) -> Result<Sources> {
    if args.database_url.is_some() && flags.data_dir.is_some() {
        return Err(CliError::Usage("--database-url and --data-dir both say where the data goes; keep one".to_owned()));
    }
    let mut sources = Flags { bind: args.bind.clone(), ..flags }.sources()?;
    let real: [&Setting; 5] = [&DATABASE_URL, &JWT_SECRET, &JWT_ACCEPTED_SECRETS, &JWT_ISSUER, &JWT_AUDIENCE];
    real.into_iter().for_each(|setting| sources.clear(setting));
    if let Some(url) = &args.database_url {
        // The environment's DATA_DIR may have the token secret of a real installation.
        sources.clear(&DATA_DIR);
        sources.flags.insert(DATABASE_URL.name, url.clone());
    }
    Ok(sources)
}

/// A directory for the data, unless `sources` name one. Dropping it removes it.
fn temporary_data_dir(sources: &mut Sources) -> Result<Option<TempDir>> {
    if sources.is_set(&DATA_DIR) {
        return Ok(None);
    }
    let for_owner = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().prefix("citrus-status-demo-").permissions(for_owner).tempdir()?;
    if let Some(path) = dir.path().to_str() {
        sources.flags.insert(DATA_DIR.name, path.to_owned());
    }
    Ok(Some(dir))
}

/// The database's URL, for the announcement. A file has to be a new one.
fn new_database(config: &Config, url: Option<String>) -> Result<String> {
    match &config.database.target {
        Target::Sqlite { file } if file.exists() => Err(CliError::Failed(format!(
            "{} exists already, and the demo needs an empty directory; remove it, or run `citrus-status serve` on it",
            shown(file)
        ))),
        Target::Sqlite { file } => Ok(format!("sqlite://{}", file.display())),
        Target::Postgres { .. } => Ok(url.unwrap_or_default()),
    }
}

/// Opens and migrates the database of `config`, which has to be empty.
async fn open_empty(config: &Config) -> Result<Arc<Store>> {
    let store = connect(config).await?;
    if !store.is_empty().await? {
        return Err(CliError::Failed(
            "the database has tables already, and the demo needs an empty one, so that its example data cannot get \
             into a real installation; make a new database for it, or run `citrus-status serve` on this one"
                .to_owned(),
        ));
    }
    store.migrate().await?;
    Ok(store)
}

fn announcement(address: SocketAddr, database: &str) -> String {
    let last = FIRST_PROTOCOLO + ATENDIMENTOS as u64 - 1;
    let database = if has_password(database) { "…".to_owned() } else { quoted(database) };
    let program =
        std::env::current_exe().map_or_else(|_| "citrus-status".to_owned(), |path| quoted(&path.display().to_string()));
    format!(
        r#"
citrus-status demo on http://{address}

  !! Example data only. The passwords are PUBLIC: never put this on a network. !!

  user.api / {SENHA}              may change statuses
  user.sem.permissao / {SENHA}    can log in, has no permissions
  admin / {SENHA}                 on a root profile
  atendimentos {FIRST_PROTOCOLO} to {last}

In a browser: http://{address}/docs. Or here: log in, then change a status:

TOKEN=$(curl -s http://{address}/api/usuario/login -d '{{"login": "user.api", "senha": "{SENHA}"}}' | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')
curl -s http://{address}/api/atendimentos/status -H "Authorization: Bearer $TOKEN" -d '{{"protocolo": "{FIRST_PROTOCOLO}", "status": "Finalizado", "comentario": "Resolvido", "visivelCliente": "True"}}'

Then look at its record:

DATABASE_URL={database} {program} atendimento mostrar {FIRST_PROTOCOLO}

See a failure (docs/ERRORS.md has the codes) after a delay, and restore the example data:

curl -s http://{address}/api/motivos -H 'X-Sandbox-Falha: expired_token' -H 'X-Sandbox-Atraso: 500'
curl -s -X POST http://{address}/sandbox/reset

Ctrl-C stops it."#
    )
}

/// Whether `url` holds one, which then is not repeated.
fn has_password(url: &str) -> bool {
    let secret = |url: Url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password");
    url.starts_with("postgres") && Url::parse(url).map_or(true, secret)
}

/// `text` as bash takes it. What steers a terminal is spelled out in bytes, whatever the shell's encoding.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/:._-".contains(c);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    if printable(text) == text {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let spelled = |c: char| {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes);
        let steers = printable(bytes) != *bytes;
        if steers {
            bytes.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
        } else if "\\'".contains(c) {
            format!("\\{c}")
        } else {
            c.to_string()
        }
    };
    format!("$'{}'", text.chars().map(spelled).collect::<String>())
}
