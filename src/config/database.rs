//! `DATABASE_URL`: which database it names, by which parameters, and what of it may be shown.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use strsim::damerau_levenshtein;
use url::Url;

use super::source::Sources;
use crate::printable::printable;
use crate::store::Target;

/// The embedded database's file in `DATA_DIR`.
const FILE: &str = "citrus-status.db";

const ESCAPE: &str = "DATABASE_URL: special characters of the password have to be percent-encoded, such as %23 for #";
const MODES: &str = "disable, allow, prefer, require, verify-ca or verify-full";

/// The parameters of a PostgreSQL URL, each with the other spellings that the driver takes for the same. What is not
/// here the driver would ignore.
const PARAMETERS: [(&str, &[&str]); 12] = [
    ("sslmode", &["ssl-mode"]),
    ("sslrootcert", &["ssl-root-cert", "ssl-ca"]),
    ("sslcert", &["ssl-cert"]),
    ("sslkey", &["ssl-key"]),
    ("host", &["hostaddr"]),
    ("port", &[]),
    ("dbname", &[]),
    ("user", &[]),
    ("password", &[]),
    ("application_name", &[]),
    ("options", &[]),
    ("statement-cache-capacity", &[]),
];

/// What others call the same, without `-`, `_` and capitals, and what it is here.
const ELSEWHERE: [(&[&str], &str); 7] = [
    (&["ssl", "tls", "usessl", "requiressl", "sslrequire"], "sslmode=require, or sslmode=verify-full"),
    (&["schema", "currentschema", "searchpath"], "options=-c%20search_path%3DNAME"),
    (&["sslca", "cacert", "sslrootcertificate"], "sslrootcert"),
    (&["username", "login", "role"], "user"),
    (&["database", "db", "databasename"], "dbname"),
    (&["pass", "passwd", "pwd"], "password"),
    (&["hostname", "server", "socket"], "host"),
];

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

/// The database that `url` names, or what is wrong with it, a complaint a line.
pub(super) fn target(url: &str, data_dir: &Path, max_connections: u32) -> Result<Target, String> {
    match url.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty())) {
        Some(_) if url.contains('#') || url.split_once('?').is_some_and(|(_, rest)| rest.contains('@')) => {
            Err(ESCAPE.to_owned())
        }
        None if url.is_empty() => Ok(Target::Sqlite { file: plain(&data_dir.join(FILE)) }),
        Some(("postgres" | "postgresql", true)) => {
            Ok(Target::Postgres { options: Box::new(postgres(url)?), max_connections })
        }
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

fn postgres(url: &str) -> Result<PgConnectOptions, String> {
    let broken = "DATABASE_URL is not a PostgreSQL URL: postgres://user:password@host:5432/database";
    let parsed = Url::parse(url).map_err(|_| broken)?;
    check_parameters(&parsed)?;
    let options = PgConnectOptions::from_str(url).map_err(|_| broken)?;
    if options.get_database().is_some_and(|database| database.contains(['/', '@', ':'])) {
        return Err(ESCAPE.to_owned());
    }
    // As libpq does: who names an authority wants it to be asked.
    let has_authority = parsed.query_pairs().any(|(name, _)| canonical(&name) == Some("sslrootcert"))
        || std::env::var_os("PGSSLROOTCERT").is_some_and(|file| !file.is_empty());
    let mode = match options.get_ssl_mode() {
        PgSslMode::Require if has_authority => PgSslMode::VerifyCa,
        mode => mode,
    };
    Ok(options.ssl_mode(mode).disable_statement_logging())
}

/// The parameter that `name` is a spelling of. `options[NAME]` is one for each NAME.
fn canonical(name: &str) -> Option<&str> {
    let known = PARAMETERS.iter().find(|(parameter, spellings)| name == *parameter || spellings.contains(&name));
    known.map(|(parameter, _)| *parameter).or_else(|| is_one_option(name).then_some(name))
}

fn is_one_option(name: &str) -> bool {
    name.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']')).is_some_and(|option| !option.is_empty())
}

/// Refuses what the driver would ignore, or take in another sense than was meant. Values are never repeated.
fn check_parameters(url: &Url) -> Result<(), String> {
    let without_value = |pair: &str| !pair.is_empty() && !pair.contains('=');
    if url.query().unwrap_or_default().split('&').any(without_value) {
        let escape = "a & in a value has to be percent-encoded, as %26";
        return Err(format!("DATABASE_URL: a parameter is not NAME=value; {escape}"));
    }
    let (mut complaints, mut seen) = (Vec::new(), Vec::new());
    for (name, value) in url.query_pairs() {
        let Some(parameter) = canonical(&name).map(str::to_owned) else {
            complaints.push(unknown(&name));
            continue;
        };
        if seen.contains(&parameter) {
            complaints.push(format!("{parameter} appears twice; keep one"));
        }
        complaints.extend(wrong_value(&parameter, &value));
        seen.push(parameter);
    }
    let lines: Vec<_> = complaints.iter().map(|complaint| format!("DATABASE_URL: {complaint}")).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

fn wrong_value(parameter: &str, value: &str) -> Option<String> {
    match parameter {
        "sslmode" if PgSslMode::from_str(value).is_err() => Some(format!("{parameter} has to be {MODES}")),
        "port" if value.parse::<u16>().is_err() => Some(format!("{parameter} has to be a number up to 65535")),
        _ if value.is_empty() => Some(format!("{parameter} has no value")),
        _ => None,
    }
}

/// What to say of a parameter that is none.
fn unknown(name: &str) -> String {
    let bare = bare(name);
    let elsewhere = || ELSEWHERE.iter().find(|(names, _)| names.contains(&bare.as_str())).map(|(_, meant)| *meant);
    let nearest = || {
        let distances = PARAMETERS.iter().map(|(name, _)| (damerau_levenshtein(&bare, &self::bare(name)), *name));
        distances.min().filter(|(distance, _)| *distance <= 2).map(|(_, name)| name)
    };
    // Part of a password with a bare & may stand here: what is no name is not repeated.
    let shown = if is_name(name) { printable(name) } else { "one of its parameters".into() };
    match elsewhere().or_else(nearest) {
        Some(meant) => format!("{shown} is not a parameter; did you mean {meant}?"),
        None => {
            let known: Vec<_> = PARAMETERS.iter().map(|(name, _)| *name).collect();
            format!("{shown} is not a parameter; there are {}", known.join(", "))
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.[]".contains(c))
}

/// `name` in small letters, without what stands between words.
fn bare(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', '.'], "")
}

/// What is wrong with what the driver reads of the environment, for a PostgreSQL database.
pub(super) fn mistakes_around(sources: &Sources) -> Vec<String> {
    let value = |entries: &[(String, String)], name: &str| {
        entries.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone())
    };
    let mut complaints = Vec::new();
    if value(&sources.environment, "PGSSLMODE").is_some_and(|mode| PgSslMode::from_str(&mode).is_err()) {
        complaints.push(format!("PGSSLMODE has to be {MODES}"));
    }
    if value(&sources.environment, "PGPORT").is_some_and(|port| port.parse::<u16>().is_err()) {
        complaints.push("PGPORT has to be a number up to 65535".to_owned());
    }
    for name in ENVIRONMENT {
        if value(&sources.dotenv, name).is_some() && value(&sources.environment, name).is_none() {
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
        Ok(Target::Postgres { ref options, .. }) => {
            let (user, parameters) = (options.get_username(), presentable_parameters(url));
            format!("postgres://{user}:***@{}{parameters}", server(options))
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
    let Ok(url) = Url::parse(url) else { return String::new() };
    // A certificate or a key may stand there itself.
    let hides = |name: &str, value: &str| name == "password" || value.contains("-----BEGIN");
    let shown: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| format!("{name}={}", if hides(&name, &value) { "***" } else { &*value }))
        .collect();
    if shown.is_empty() { String::new() } else { format!("?{}", shown.join("&")) }
}

/// Where a database is, for people: its file, or host, port and name. Never a user or a password.
pub fn place(target: &Target) -> String {
    match target {
        Target::Sqlite { file } => file.display().to_string(),
        Target::Postgres { options, .. } => server(options),
    }
}

fn server(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or(options.get_host().into(), |socket| socket.to_string_lossy());
    // The server takes the user's name where no database is named.
    let database = options.get_database().unwrap_or(options.get_username());
    format!("{host}:{}/{database}", options.get_port())
}

/// What TLS does for the connections to a server, in words; nothing for a file.
pub(super) fn tls(target: &Target) -> Option<&'static str> {
    let Target::Postgres { options, .. } = target else { return None };
    let is_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    Some(match options.get_ssl_mode() {
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

    fn complaint(url: &str) -> String {
        target(url, Path::new(""), 1).err().unwrap_or_else(|| panic!("{url} should be refused"))
    }

    fn tls_of(parameters: &str) -> &'static str {
        tls(&target(&format!("postgres://u@h/d{parameters}"), Path::new(""), 1).unwrap()).unwrap()
    }

    #[test]
    fn a_parameter_that_is_none_is_refused_by_name_with_the_near_one() {
        for (parameter, meant) in [
            ("sslMode=verify-full", "sslMode is not a parameter; did you mean sslmode?"),
            ("SSLMODE=verify-full", "SSLMODE is not a parameter; did you mean sslmode?"),
            ("ssl_mode=verify-full", "ssl_mode is not a parameter; did you mean sslmode?"),
            ("sslmdoe=verify-full", "sslmdoe is not a parameter; did you mean sslmode?"),
            ("sslmod%65e=verify-full", "sslmodee is not a parameter; did you mean sslmode?"),
            ("ssl=true", "ssl is not a parameter; did you mean sslmode=require, or sslmode=verify-full?"),
            ("schema=x", "schema is not a parameter; did you mean options=-c%20search_path%3DNAME?"),
            ("currentSchema=x", "currentSchema is not a parameter; did you mean options=-c%20search_path%3DNAME?"),
            ("sslRootCert=x", "sslRootCert is not a parameter; did you mean sslrootcert?"),
            ("ApplicationName=x", "ApplicationName is not a parameter; did you mean application_name?"),
            ("username=x", "username is not a parameter; did you mean user?"),
            ("options[x=1", "options[x is not a parameter; did you mean options?"),
            ("connect_timeout=10", "connect_timeout is not a parameter; there are sslmode, "),
            ("%1b[2Jx=1", "one of its parameters is not a parameter; there are sslmode, "),
        ] {
            let complaint = complaint(&format!("postgres://u:hunter2@h/d?application_name=hunter3&{parameter}"));
            assert!(complaint.starts_with(&format!("DATABASE_URL: {meant}")), "{parameter}: {complaint}");
            assert!(!complaint.contains("hunter"), "{complaint}");
        }
    }

    #[test]
    fn a_parameter_stands_once_and_has_a_value_that_it_can_have() {
        for (parameters, wrong) in [
            ("sslmode=verify-full&sslmode=disable", "sslmode appears twice; keep one"),
            ("sslmode=verify-full&ssl-mode=disable", "sslmode appears twice; keep one"),
            ("host=a&hostaddr=127.0.0.1", "host appears twice; keep one"),
            ("options=-ca%3Db&options=-cc%3Dd", "options appears twice; keep one"),
            ("options[a]=b&options[a]=c", "options[a] appears twice; keep one"),
            ("sslmode=hunter2", "sslmode has to be disable, allow, prefer, require, verify-ca or verify-full"),
            ("sslmode=", "sslmode has to be disable, allow, "),
            ("port=hunter2", "port has to be a number up to 65535"),
            ("sslrootcert=", "sslrootcert has no value"),
            ("password=hunter2&hunter2", "a parameter is not NAME=value; a & in a value has to be percent-encoded"),
        ] {
            let complaint = complaint(&format!("postgres://u@h/d?{parameters}"));
            assert!(complaint.starts_with(&format!("DATABASE_URL: {wrong}")), "{parameters}: {complaint}");
            assert!(!complaint.contains("hunter2"), "{complaint}");
        }
        for (parameter, spellings) in PARAMETERS {
            for name in [parameter].iter().chain(spellings) {
                let value = match parameter {
                    "sslmode" => "VERIFY-FULL",
                    "host" => "127.0.0.1",
                    "port" | "statement-cache-capacity" => "1",
                    _ => "x",
                };
                assert!(target(&format!("postgres://u@h/d?{name}={value}"), Path::new(""), 1).is_ok(), "{name}");
            }
        }
        assert!(target("postgres://u@h/d?options[search_path]=x&options[jit]=off", Path::new(""), 1).is_ok());
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
        assert_eq!(shown("postgres://u@h/d?sslcert=-----BEGIN%20x"), "postgres://u:***@h:5432/d?sslcert=***");
        assert_eq!(shown("sqlite://x/y.db"), "sqlite://x/y.db");
        assert_eq!(shown(""), "");
        let unclear = [
            "hunter2",
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
    fn what_the_driver_reads_of_the_environment_is_checked_where_it_counts() {
        let entry = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mistakes = |environment: &[(&str, &str)], dotenv: &[(&str, &str)]| {
            let own = |entries: &[(&str, &str)]| entries.iter().map(|(name, value)| entry(name, value)).collect();
            mistakes_around(&Sources { environment: own(environment), dotenv: own(dotenv), ..Sources::default() })
        };
        assert_eq!(mistakes(&[("PGSSLMODE", "verify-full"), ("PGPASSWORD", "hunter2")], &[]), [""; 0]);
        assert_eq!(mistakes(&[("PGSSLMODE", "verify_full")], &[]), [format!("PGSSLMODE has to be {MODES}")]);
        assert_eq!(mistakes(&[("PGPORT", "x")], &[]), ["PGPORT has to be a number up to 65535"]);
        let quiet = mistakes(&[], &[("PGSSLMODE", "verify-full")]);
        assert!(quiet[0].starts_with("PGSSLMODE has no effect in .env"), "{quiet:?}");
        assert_eq!(mistakes(&[("PGPASSWORD", "x")], &[("PGPASSWORD", "x"), ("POSTGRES_PASSWORD", "y")]), [""; 0]);
    }
}
