//! `demo`: `serve` on an empty database with example data, which `serve` never loads.

mod fixtures;

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use tempfile::TempDir;

use self::fixtures::{FixtureArgs, Fixtures, Introduction};
use super::probe::reachable;
use super::support::database::{IfMissing, connect};
use super::support::error::{CliError, Result};
use super::support::output::{self, quoted, shown, this_program};
use super::support::{open_files, signals, wait};
use crate::app;
use crate::clock::{MovableClock, SystemClock};
use crate::config::settings::{
    DATA_DIR, DATABASE_PASSWORD, DATABASE_URL, JWT_ACCEPTED_SECRETS, JWT_AUDIENCE, JWT_ISSUER, JWT_SECRET, STATE_FILE,
    Setting,
};
use crate::config::{Config, Flags, Sources, has_password};
use crate::dialect::Dialect;
use crate::http::routes;
use crate::printable::printable_json;
use crate::service_manager::ServiceManager;
use crate::store::{Store, Target};
use crate::telemetry;

#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on [setting: `BIND_ADDR`]
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,
    /// Answer like the Citrus that this file describes [setting: `DIALECT_FILE`]
    #[arg(long, value_name = "FILE")]
    dialeto: Option<PathBuf>,
    /// Use this database instead of a temporary one; it has to be empty. `DATABASE_URL` is ignored
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    fixtures: FixtureArgs,
}

pub async fn run(flags: Flags, args: Args) -> Result {
    let mut sources = own_sources(flags, &args)?;
    let fixtures = Fixtures::read(args.fixtures)?;
    // Kept until the server has stopped; dropping it removes the directory.
    let _temporary = temporary_data_dir(&mut sources)?;
    let config = Config::load(&sources)?;
    telemetry::start_queued(&config.log.filter, config.log.json);
    open_files::raise_limit(&config);
    let database = new_database(&config, args.database_url)?;
    let mut stop = pin!(signals::stop()?);
    let opening = wait::until(&config, async || open_empty(&config).await);
    let Some(store) = wait::unless_stopped(opening, stop.as_mut()).await else { return Ok(()) };
    let store = store?;
    let (example, introduction) = fixtures.load(&store).await?;
    let clock = Arc::new(MovableClock::new(Arc::new(SystemClock)));
    let service = |app| routes::sandbox_service(app, example, Arc::clone(&clock));
    let announce = |address| {
        output::announce(announcement(
            address,
            &introduction,
            &database,
            Container::around().as_ref(),
            config.http.dialect.as_deref(),
            config.http.console,
        ));
    };
    app::listen(&config, store, clock.clone(), ServiceManager::default(), stop, service, announce).await?;
    Ok(())
}

/// The settings without those of a real installation: neither its database nor what its tokens are made of.
fn own_sources(flags: Flags, args: &Args) -> Result<Sources> {
    if args.database_url.is_some() && flags.data_dir.is_some() {
        return Err(CliError::Usage("--database-url and --data-dir both say where the data goes; keep one".to_owned()));
    }
    let mut sources = Flags { bind: args.bind.clone(), dialect: args.dialeto.clone(), ..flags }.sources()?;
    let real: [&Setting; 7] = [
        &DATABASE_URL,
        &DATABASE_PASSWORD,
        &JWT_SECRET,
        &JWT_ACCEPTED_SECRETS,
        &JWT_ISSUER,
        &JWT_AUDIENCE,
        &STATE_FILE,
    ];
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
    let store = connect(config, IfMissing::Create).await?;
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

/// The container that was made for this process.
struct Container {
    /// The program that runs commands in it.
    engine: &'static str,
    /// What that program calls it.
    name: String,
}

impl Container {
    /// That of Docker or Podman. None for a process that somebody starts in a container, as in CI: its commands are
    /// followed there.
    fn around() -> Option<Self> {
        if std::process::id() != 1 {
            return None;
        }
        let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
        let (_, engine) = marks.into_iter().find(|(file, _)| Path::new(file).exists())?;
        Some(Self { engine, name: std::env::var("HOSTNAME").unwrap_or_else(|_| "CONTAINER".to_owned()) })
    }
}

/// What to say of an address that other machines may reach; nothing of one that they can't.
fn exposure(listening: SocketAddr, container: Option<&Container>) -> String {
    let port = listening.port();
    match container {
        _ if listening.ip().is_loopback() => String::new(),
        Some(_) => format!(
            "  !! In a container: publish the port on this machine alone, as in -p 127.0.0.1:{port}:{port}.\n  \
             !! The addresses below assume that it has the same number there.\n\n"
        ),
        None => format!(
            "  !! It listens on {listening}: OTHER MACHINES CAN REACH IT. --bind 127.0.0.1:{port} ends that.\n\n"
        ),
    }
}

/// How a shell takes the token out of a login's answer, and the header that carries it.
fn token_use(dialect: Option<&Dialect>) -> (&'static str, String) {
    let Some(dialect) = dialect else {
        return (r#"sed 's/.*"accessToken":"\([^"]*\)".*/\1/'"#, "Authorization: Bearer $TOKEN".to_owned());
    };
    // Wherever a dialect has it.
    let find = r"grep -o 'eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*' | head -n 1";
    (find, dialect.token_headers()[0].carrying("$TOKEN"))
}

fn announcement(
    listening: SocketAddr,
    introduction: &Introduction,
    database: &str,
    container: Option<&Container>,
    dialect: Option<&Dialect>,
    has_console: bool,
) -> String {
    let (find_token, carry_token) = token_use(dialect);
    let console = if has_console { " for the API, and /console for people" } else { "" };
    let (address, exposure) = (reachable(listening)[0], exposure(listening, container));
    let Introduction { users, login, senha, atendimentos, protocolo } = introduction;
    let [login, senha, inner] = [login, senha, protocolo].map(|text| in_json(text));
    let protocolo = quoted(protocolo);
    let database = if has_password(database) { "…".to_owned() } else { quoted(database) };
    let program = this_program();
    let command = match container {
        Some(Container { engine, name }) => {
            format!("{engine} exec -e DATABASE_URL={database} {} {program}", quoted(name))
        }
        None => format!("DATABASE_URL={database} {program}"),
    };
    format!(
        r#"
citrus-status demo on http://{address}

  !! Example data only. The passwords are PUBLIC: never put this on a network. !!

{exposure}{users}
  {atendimentos}

In a browser: http://{address}/docs{console}. Or here: log in, then change a status:

TOKEN=$(curl -s http://{address}/api/usuario/login -d '{{"login": {login}, "senha": {senha}}}' | {find_token})
curl -s http://{address}/api/atendimentos/status -H "{carry_token}" -d '{{"protocolo": {inner}, "status": "Finalizado", "comentario": "Resolvido", "visivelCliente": "True"}}'

Then look at its record:

{command} atendimento mostrar {protocolo}

See a failure (docs/ERRORS.md has the codes) after a delay, and restore the example data:

curl -s http://{address}/api/motivos -H 'X-Sandbox-Falha: expired_token' -H 'X-Sandbox-Atraso: 500'
curl -s -X POST http://{address}/sandbox/reset

Make the next change, but lose its answer (docs/SANDBOX.md has more):

curl -s http://{address}/sandbox/falhas -d '{{"rota": "status", "modo": "perdida", "codigo": "reset"}}'

Ctrl-C stops it."#
    )
}

/// `text` as a string of JSON that stands between single quotes of a shell.
fn in_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    printable_json('\n', &json).replace('\'', r"'\''")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Known;

    fn announced(listening: &str, container: Option<&str>) -> String {
        let container = container.map(|name| Container { engine: "docker", name: name.to_owned() });
        announcement(
            listening.parse().unwrap(),
            &Introduction::of_example(),
            "sqlite:///data/x.db",
            container.as_ref(),
            None,
            true,
        )
    }

    #[test]
    fn an_address_that_others_reach_is_shown_as_this_machine_reaches_it_and_warned_of() {
        let all = announced("0.0.0.0:8080", None);
        assert!(all.contains("citrus-status demo on http://127.0.0.1:8080\n"), "{all}");
        assert!(all.contains("It listens on 0.0.0.0:8080: OTHER MACHINES CAN REACH IT"), "{all}");
        assert!(!all.contains("http://0.0.0.0"), "{all}");
        assert!(announced("[::]:80", None).contains("on http://[::1]:80\n"));
        assert!(announced("192.0.2.1:80", None).contains("OTHER MACHINES"));
        let own = announced("127.0.0.1:8080", None);
        assert!(own.contains("http://127.0.0.1:8080/docs for the API, and /console for people."), "{own}");
        assert!(!own.contains("OTHER MACHINES") && own.contains("\nDATABASE_URL=sqlite:///data/x.db "), "{own}");
    }

    #[test]
    fn in_a_dialect_the_token_goes_where_that_takes_it() {
        let dialect = Dialect::parse("[token]\ncabecalhos = ['x-access-token']", &Known::new()).unwrap();
        let said =
            announcement("127.0.0.1:1".parse().unwrap(), &Introduction::of_example(), "x", None, Some(&dialect), false);
        assert!(!said.contains("for people"), "{said}");
        assert!(said.contains(r#"-H "x-access-token: $TOKEN""#) && !said.contains("accessToken"), "{said}");
        assert!(announced("127.0.0.1:1", None).contains(r#"-H "Authorization: Bearer $TOKEN""#));
    }

    #[test]
    fn in_a_container_the_record_is_read_there() {
        let inside = announced("0.0.0.0:8080", Some("f00"));
        assert!(inside.contains("as in -p 127.0.0.1:8080:8080"), "{inside}");
        assert!(inside.contains("\ndocker exec -e DATABASE_URL=sqlite:///data/x.db f00 /"), "{inside}");
    }
}
