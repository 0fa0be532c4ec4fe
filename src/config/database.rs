//! `DATABASE_URL`: which database it names, by which parameters, and what of it may be shown.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use url::{Url, form_urlencoded};

use super::hosts;
use super::kinds::{Kind, Parse};
use super::url_parameters::{self, MODES};
use crate::printable::printable;
use crate::store::{Target, endpoint};

const FILE: &str = "citrus-status.db";

const ESCAPE: &str = "DATABASE_URL: special characters of the password have to be percent-encoded, such as %23 for #";

/// What the driver reads of the process's environment. In `.env` it would have no effect.
const ENVIRONMENT: [&str; 13] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGDATABASE",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGOPTIONS",
    "PGAPPNAME",
];

/// A database, which [`target`] understands: it needs more than one setting.
pub struct DatabaseUrl;

impl Kind for DatabaseUrl {
    fn values(&self) -> String {
        "a URL".to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }

    fn shown(&self, text: &str) -> String {
        presentable(text)
    }
}

impl Parse for DatabaseUrl {
    type Value = String;

    fn parse(&self, _: &str, text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

/// PostgreSQL's password, apart from the URL.
pub struct DatabasePassword;

impl Kind for DatabasePassword {
    fn values(&self) -> String {
        "one line".to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }
}

impl Parse for DatabasePassword {
    type Value = Option<SecretString>;

    fn parse(&self, name: &str, text: &str) -> Result<Self::Value, String> {
        if text.contains(['\r', '\n']) {
            return Err(self.refusal(name));
        }
        Ok(Some(text).filter(|text| !text.is_empty()).map(SecretString::from))
    }
}

/// `target`, which `url` names, with the password that was set apart from it, or what is wrong with that.
pub(super) fn with_password(target: Target, url: &str, password: Option<&SecretString>) -> Result<Target, String> {
    let Some(password) = password else { return Ok(target) };
    match target {
        Target::Sqlite { .. } => Err("DATABASE_PASSWORD is for PostgreSQL, which DATABASE_URL has to name".to_owned()),
        Target::Postgres { .. } if has_password(url) => {
            Err("DATABASE_PASSWORD is set, and DATABASE_URL has a password, too; keep one".to_owned())
        }
        Target::Postgres { hosts, max_connections } => {
            let hosts = hosts.into_iter().map(|host| host.password(password.expose_secret())).collect();
            Ok(Target::Postgres { hosts, max_connections })
        }
    }
}

/// Whether `url` is that of a PostgreSQL database and holds a password, or may hold one.
pub fn has_password(url: &str) -> bool {
    let secret = |url: &Url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password");
    url.starts_with("postgres") && hosts::each(url).map_or(true, |urls| urls.iter().any(secret))
}

/// The database that `url` names, or what is wrong with it, a complaint a line.
pub(super) fn target(url: &str, data_dir: &Path, max_connections: u32) -> Result<Target, String> {
    match url.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty())) {
        Some(_) if url.contains('#') || url.split_once('?').is_some_and(|(_, rest)| rest.contains('@')) => {
            Err(ESCAPE.to_owned())
        }
        None if url.is_empty() => Ok(Target::Sqlite { file: plain(&data_dir.join(FILE)) }),
        Some(("postgres" | "postgresql", true)) => Ok(Target::Postgres { hosts: postgres(url)?, max_connections }),
        Some(("sqlite", true)) if url.contains(":memory:") => {
            Err("DATABASE_URL: SQLite in memory would lose every change; name a file".to_owned())
        }
        Some(("sqlite", true)) if url.contains('?') => {
            Err("DATABASE_URL: sqlite://<file> takes no parameters".to_owned())
        }
        Some(("sqlite", true)) => {
            let options = SqliteConnectOptions::from_str(url).map_err(|_| "DATABASE_URL is not sqlite://<file>")?;
            Ok(Target::Sqlite { file: plain(options.get_filename()) })
        }
        _ => Err("DATABASE_URL has to start with postgres:// or sqlite://".to_owned()),
    }
}

/// How to connect to each host of `url`.
fn postgres(url: &str) -> Result<Vec<PgConnectOptions>, String> {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    if path.is_some_and(|(_, path)| path.contains('@')) {
        return Err(ESCAPE.to_owned());
    }
    let mut hosts = Vec::new();
    let mut endpoints = Vec::new();
    for url in hosts::each(url)? {
        let options = PgConnectOptions::from_url(&url).map_err(|_| hosts::BROKEN)?;
        if options.get_database().is_some_and(|database| database.contains(['/', '@', ':'])) {
            return Err(ESCAPE.to_owned());
        }
        let endpoint = endpoint(&options);
        if endpoints.contains(&endpoint) {
            return Err(format!("DATABASE_URL: the host {} appears twice; keep one", printable(&endpoint)));
        }
        endpoints.push(endpoint);
        hosts.push(secured(&url, options).disable_statement_logging());
    }
    Ok(hosts)
}

/// `options` with TLS as libpq has it: an authority that is named is asked.
fn secured(url: &Url, options: PgConnectOptions) -> PgConnectOptions {
    let has_authority = url.query_pairs().any(|(name, _)| url_parameters::canonical(&name) == Some("sslrootcert"))
        || std::env::var_os("PGSSLROOTCERT").is_some_and(|file| !file.is_empty());
    match options.get_ssl_mode() {
        PgSslMode::Require if has_authority => options.ssl_mode(PgSslMode::VerifyCa),
        _ => options,
    }
}

/// What is wrong with what the driver reads of the environment, for a PostgreSQL database.
pub(super) fn mistakes_around(environment: &[(String, String)], dotenv: &[(String, String)]) -> Vec<String> {
    let value = |entries: &[(String, String)], name: &str| {
        entries.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone())
    };
    let mut complaints = Vec::new();
    if value(environment, "PGSSLMODE").is_some_and(|mode| PgSslMode::from_str(&mode).is_err()) {
        complaints.push(format!("PGSSLMODE has to be {MODES}"));
    }
    if value(environment, "PGPORT").is_some_and(|port| port.parse::<u16>().is_err()) {
        complaints.push("PGPORT has to be a number up to 65535".to_owned());
    }
    if ["PGHOST", "PGHOSTADDR"].iter().any(|name| value(environment, name).is_some_and(|hosts| hosts.contains(','))) {
        complaints.push("PGHOST can name one host; put several into DATABASE_URL".to_owned());
    }
    for name in ENVIRONMENT {
        if value(dotenv, name).is_some() && value(environment, name).is_none() {
            complaints.push(format!(
                "{name} has no effect in .env; put it into the environment, or what it says into DATABASE_URL"
            ));
        }
    }
    complaints
}

/// A database URL without what is secret in it; stars where it is not understood.
pub(super) fn presentable(url: &str) -> String {
    match target(url, Path::new(""), 1) {
        _ if url.is_empty() => String::new(),
        Ok(target @ Target::Sqlite { .. }) => format!("sqlite://{}", place(&target)),
        Ok(Target::Postgres { ref hosts, .. }) => {
            let (user, parameters) = (hosts[0].get_username(), presentable_parameters(url));
            format!("postgres://{user}:***@{}{parameters}", servers(hosts))
        }
        Err(_) => "***".to_owned(),
    }
}

/// The same of the database that `url` names, for a log: a file with its whole path.
pub(super) fn presentable_target(url: &str, target: &Target) -> String {
    match target {
        Target::Sqlite { file } => {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            format!("sqlite://{}", file.display())
        }
        Target::Postgres { .. } => presentable(url),
    }
}

fn presentable_parameters(url: &str) -> String {
    let (_, parameters) = url.split_once('?').unwrap_or_default();
    // A certificate or a key may stand there itself.
    let hides = |name: &str, value: &str| name == "password" || value.contains("-----BEGIN");
    let shown: Vec<String> = form_urlencoded::parse(parameters.as_bytes())
        .map(|(name, value)| format!("{name}={}", if hides(&name, &value) { "***" } else { &*value }))
        .collect();
    if shown.is_empty() { String::new() } else { format!("?{}", shown.join("&")) }
}

/// Where a database is, for people: its file, or hosts, ports and name. Never a user or a password.
pub fn place(target: &Target) -> String {
    match target {
        Target::Sqlite { file } => file.display().to_string(),
        Target::Postgres { hosts, .. } => servers(hosts),
    }
}

fn servers(hosts: &[PgConnectOptions]) -> String {
    let endpoints: Vec<_> = hosts.iter().map(endpoint).collect();
    // The server takes the user's name where no database is named.
    let database = hosts[0].get_database().unwrap_or(hosts[0].get_username());
    format!("{}/{database}", endpoints.join(","))
}

/// What TLS does for the connections to a server, in words; nothing for a file.
pub(super) fn tls(target: &Target) -> Option<&'static str> {
    let Target::Postgres { hosts, .. } = target else { return None };
    let is_socket = hosts.iter().all(|host| host.get_socket().is_some() || host.get_host().starts_with('/'));
    Some(match hosts[0].get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer if is_socket => "none, on a Unix socket",
        PgSslMode::Disable => "disable: not encrypted",
        PgSslMode::Allow => "allow: not encrypted",
        PgSslMode::Prefer => {
            "prefer: encrypted only where the server offers it; neither its certificate nor its name is checked"
        }
        PgSslMode::Require => "require: encrypted; neither the server's certificate nor its name is checked",
        PgSslMode::VerifyCa => "verify-ca: encrypted; the server's certificate is checked, its name is not",
        PgSslMode::VerifyFull => "verify-full: encrypted; the server's certificate and its name are checked",
    })
}

/// `file` so that SQLite takes it for a name: one that begins with `file:` would be a URI, and one with a colon may be
/// a database in memory.
fn plain(file: &Path) -> PathBuf {
    let special = file.to_str().is_some_and(|name| name.starts_with("file:") || name.starts_with(':'));
    if special { Path::new(".").join(file) } else { file.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls_of(parameters: &str) -> &'static str {
        tls(&target(&format!("postgres://u@h/d{parameters}"), Path::new(""), 1).unwrap()).unwrap()
    }

    #[test]
    fn what_tls_does_follows_from_the_mode() {
        for (parameters, begins) in [
            ("", "prefer: encrypted only where the server offers it; "),
            ("?sslmode=disable", "disable: not encrypted"),
            ("?sslmode=allow", "allow: not encrypted"),
            ("?sslmode=require", "require: encrypted; neither"),
            ("?sslmode=require&sslrootcert=x.pem", "verify-ca: encrypted; the server's certificate is checked"),
            ("?sslmode=prefer&sslrootcert=x.pem", "prefer: "),
            ("?ssl-mode=verify-ca", "verify-ca: "),
            ("?%73slmode=verify-full", "verify-full: encrypted; the server's certificate and its name are checked"),
            ("?host=/run/postgresql", "none, on a Unix socket"),
            ("?host=/run/postgresql&sslmode=verify-full", "verify-full: "),
        ] {
            assert!(tls_of(parameters).starts_with(begins), "{parameters}: {}", tls_of(parameters));
        }
        assert_eq!(tls(&Target::Sqlite { file: PathBuf::new() }), None);
    }

    #[test]
    fn a_url_is_shown_with_its_parameters_and_without_its_secrets_or_not_at_all() {
        let shown = |url| presentable(url);
        assert_eq!(
            shown("postgres://user:hunter2@host:5433/db?password=hunter2&sslmode=verify-full&sslkey=/a%20b.pem"),
            "postgres://user:***@host:5433/db?password=***&sslmode=verify-full&sslkey=/a b.pem"
        );
        assert_eq!(
            shown("postgres://u:hunter2@h1,[::1]:5433/d?target_session_attrs=read-write&password=hunter2"),
            "postgres://u:***@h1:5432,[::1]:5433/d?target_session_attrs=read-write&password=***"
        );
        assert_eq!(shown("postgres://u@h/d?sslcert=-----BEGIN%20x"), "postgres://u:***@h:5432/d?sslcert=***");
        assert_eq!(shown("sqlite://x/y.db"), "sqlite://x/y.db");
        assert_eq!(shown(""), "");
        let unclear = [
            "hunter2",
            "postgres://user:1,2/34secret@host/db",
            "mysql://u:hunter2@h/d",
            "postgres://user:12#34secret@host/db",
            "postgres://user:12/34secret@host/db",
            "postgres://user:12?34secret@host/db",
            "postgres://user@host/db?sslpassword=hunter2",
        ];
        for url in unclear {
            assert_eq!(shown(url), "***", "{url}");
        }
    }

    #[test]
    fn a_host_that_stands_twice_is_refused_by_name() {
        for hosts in ["h:5432,h2,h", "h,h2,h"] {
            let url = format!("postgres://u:hunter2@{hosts}/d?target_session_attrs=read-write");
            let complaint = target(&url, Path::new(""), 1).err();
            assert_eq!(complaint.as_deref(), Some("DATABASE_URL: the host h:5432 appears twice; keep one"));
        }
    }

    #[test]
    fn what_the_driver_reads_of_the_environment_is_checked_where_it_counts() {
        let entry = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mistakes = |environment: &[(&str, &str)], dotenv: &[(&str, &str)]| {
            let own =
                |entries: &[(&str, &str)]| entries.iter().map(|(name, value)| entry(name, value)).collect::<Vec<_>>();
            mistakes_around(&own(environment), &own(dotenv))
        };
        assert_eq!(mistakes(&[("PGSSLMODE", "verify-full"), ("PGPASSWORD", "hunter2")], &[]), [""; 0]);
        assert_eq!(mistakes(&[("PGSSLMODE", "verify_full")], &[]), [format!("PGSSLMODE has to be {MODES}")]);
        let several = mistakes(&[("PGHOST", "h1,h2")], &[]);
        assert_eq!(several, ["PGHOST can name one host; put several into DATABASE_URL"]);
        assert_eq!(mistakes(&[("PGPORT", "x")], &[]), ["PGPORT has to be a number up to 65535"]);
        let quiet = mistakes(&[], &[("PGSSLMODE", "verify-full")]);
        assert!(quiet[0].starts_with("PGSSLMODE has no effect in .env"), "{quiet:?}");
        assert_eq!(mistakes(&[("PGPASSWORD", "x")], &[("PGPASSWORD", "x"), ("POSTGRES_PASSWORD", "y")]), [""; 0]);
    }
}
