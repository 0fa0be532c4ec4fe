//! `diagnostico`: one page for a request for support, without secrets. Where a part fails, the part says so.

mod server;
mod system;

use std::fmt::Display;
use std::time::Duration;

use tokio::time::timeout;

use super::support::database::open;
use super::support::error::Result;
use super::support::output::{say, shown};
use crate::config::{Config, Flags, effective};
use crate::metrics::{COMMIT, PROFILE};
use crate::printable::printable;
use crate::store::{Store, Target};

/// How long one question may take, such as how many rows a large table has.
const DEADLINE: Duration = Duration::from_secs(10);
/// After how long the database itself ends a statement, so that none outlives the question.
const STATEMENT_LIMIT: Duration = Duration::from_secs(9);

/// What is known of something: its name, and the value or why there is none.
type Fact = (String, Result<String, String>);

pub async fn run(flags: Flags) -> Result {
    let config = flags.sources().and_then(|sources| Config::load(&sources));
    part("Program", program())?;
    part("System", system::facts(config.as_ref().ok().map(|config| config.data_dir.as_path())))?;
    part("Settings", settings(&flags))?;
    match &config {
        Ok(config) => part("Database", database(config).await)?,
        Err(error) => part(
            "Database",
            [unknown("connection", format_args!("not tried, because the settings are wrong:\n{error}"))],
        )?,
    }
    part("Running server", server::facts(&flags, config.ok().and_then(|config| config.http.metrics)).await)
}

fn known(name: &str, value: impl Display) -> Fact {
    (name.to_owned(), Ok(value.to_string()))
}

fn unknown(name: &str, why: impl Display) -> Fact {
    (name.to_owned(), Err(why.to_string()))
}

/// What `question` yields, if it does so in time.
async fn asked<T, E: Display>(question: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match timeout(DEADLINE, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}

/// Prints a part of the page.
fn part(title: &str, facts: impl IntoIterator<Item = Fact>) -> Result {
    say!("== {title}")?;
    for (name, value) in facts {
        let value = match value {
            Ok(value) => value,
            Err(why) => format!("NOT KNOWN: {why}"),
        };
        // A complaint may have several lines.
        let value: Vec<_> = value.lines().map(printable).collect();
        say!("{}: {}", printable(&name), value.join("\n    "))?;
    }
    Ok(say!("")?)
}

fn program() -> Vec<Fact> {
    vec![
        known("version", env!("CARGO_PKG_VERSION")),
        known("commit", COMMIT),
        known("build", format_args!("{PROFILE}, {}-{}", std::env::consts::ARCH, std::env::consts::OS)),
    ]
}

/// The settings as `config check` shows them.
fn settings(flags: &Flags) -> Vec<Fact> {
    match flags.sources().and_then(|sources| effective(&sources)) {
        Ok(rows) => rows
            .into_iter()
            .map(|(name, value, origin)| known(name, format_args!("{value} ({})", origin.name()).to_string().trim()))
            .collect(),
        Err(error) => vec![unknown("settings", error)],
    }
}

async fn database(config: &Config) -> Vec<Fact> {
    let mut facts = vec![known("target", &config.database.shown)];
    if let Some(tls) = config.tls() {
        facts.push(known("TLS", tls));
    }
    if let Target::Sqlite { file } = &config.database.target {
        // It would be made.
        if !file.exists() {
            facts.push(unknown("file", format_args!("{} is not there", shown(file))));
            return facts;
        }
        facts.extend(system::files(&config.private_files()));
    }
    match asked(open(config)).await {
        Ok(store) => {
            facts.extend(stored(&store).await);
            // A question that took too long may keep its connection.
            _ = timeout(DEADLINE, store.close()).await;
        }
        Err(error) => facts.push(unknown("connection", error)),
    }
    facts
}

/// What the database says.
async fn stored(store: &Store) -> Vec<Fact> {
    let mut facts = vec![("engine".to_owned(), asked(store.description()).await), schema(store).await];
    match asked(store.database_settings(STATEMENT_LIMIT)).await {
        Ok(settings) => facts.extend(settings.into_iter().map(|(name, value)| known(&name, value))),
        Err(error) => facts.push(unknown("settings", error)),
    }
    match asked(store.sizes(STATEMENT_LIMIT)).await {
        Ok(sizes) => facts.extend(sizes.into_iter().map(|(name, bytes)| {
            known(&format!("size of {name}"), bytes.map_or_else(|| "-".to_owned(), system::mebibytes))
        })),
        Err(error) => facts.push(unknown("sizes", error)),
    }
    for what in Store::counted() {
        let count = asked(store.count(what, STATEMENT_LIMIT)).await;
        facts.push((what.to_owned(), count.map(|count| count.unwrap_or_default().to_string())));
    }
    facts
}

async fn schema(store: &Store) -> Fact {
    let migrations = asked(store.migrations()).await.map(|migrations| {
        let applied = migrations.iter().filter(|migration| migration.applied);
        let newest = applied.map(|migration| format!("{:04} {}", migration.version, migration.description)).next_back();
        let pending = migrations.iter().filter(|migration| !migration.applied).count();
        format!("{}; pending: {pending}", newest.unwrap_or_else(|| "none".to_owned()))
    });
    ("newest migration".to_owned(), migrations)
}
