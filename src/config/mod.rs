//! Settings, understood and checked. Nothing here opens a database or a socket.

mod database;
mod dotenv;
mod reader;
mod secret;
mod settings;
mod source;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{SecretSlice, SecretString};

pub use database::place;
use ipnet::IpNet;
use reader::Reader;
pub use secret::{SecretError, running_as};
pub use settings::{SETTINGS, Setting};
pub use source::{Entries, Origin, Sources};

use crate::auth::token::TokenSettings;
use crate::http::transport::ServerSettings;
use crate::service::throttle::Limits;
use crate::store::Target;

/// The settings of one process. Deliberately without `Debug`.
pub struct Config {
    /// The database.
    pub target: Target,
    /// What of `DATABASE_URL` may be shown; SQLite's file, as an absolute path.
    pub database: String,
    /// Which settings came from where, without their values.
    pub settings: String,
    /// `DATABASE_WAIT_SECONDS`; zero for no wait.
    pub database_wait: Duration,
    /// `DATA_DIR`
    pub data_dir: PathBuf,
    /// `AUTO_MIGRATE`
    pub auto_migrate: bool,
    /// `BIND_ADDR`: a host and a port, resolved when it is listened on.
    pub bind: String,
    /// Limits of the HTTP server.
    pub server: ServerSettings,
    /// `SHUTDOWN_DELAY_SECONDS`; zero for no delay.
    pub stop_delay: Duration,
    /// `TRANSIT_MEMORY_MIB`, in bytes.
    pub transit_memory: usize,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<IpNet>,
    /// `REQUEST_TIMEOUT_SECONDS`
    pub request_deadline: Duration,
    /// `QUEUE_CAPACITY`
    pub queue_capacity: usize,
    /// `JWT_SECRET`
    jwt_secret: Option<SecretString>,
    /// `JWT_ACCEPTED_SECRETS`
    jwt_accepted: Vec<SecretString>,
    /// Issuer, audience and life of the tokens.
    pub tokens: TokenSettings,
    /// `HARDENED_LOGIN`
    pub hardened_login: bool,
    /// `LOGIN_LIMIT_PAIR`, `_ACCOUNT`, `_ADDRESS` and `_TOTAL`
    pub login_limits: Limits,
    /// `LOGIN_CONCURRENCY`
    pub login_concurrency: usize,
    /// `LOG_LEVEL`, which parses as a filter.
    pub log_filter: String,
    /// Whether `LOG_FORMAT` is `json`.
    pub log_json: bool,
}

/// Everything that is wrong with the settings, one complaint a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

/// The flags that stand for settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Stands for `BIND_ADDR`.
    pub bind: Option<String>,
    /// Stands for `DATA_DIR`.
    pub data_dir: Option<PathBuf>,
}

impl Flags {
    /// These flags, the environment and `.env`.
    pub fn sources(&self) -> Result<Sources, ConfigError> {
        let mut flags = BTreeMap::new();
        if let Some(bind) = &self.bind {
            flags.insert(settings::BIND_ADDR, bind.clone());
        }
        if let Some(data_dir) = &self.data_dir {
            let path = data_dir.to_str().ok_or_else(|| ConfigError(vec!["--data-dir is not UTF-8".to_owned()]))?;
            flags.insert(settings::DATA_DIR, path.to_owned());
        }
        Sources::from_process(flags).map_err(|complaint| ConfigError(vec![complaint]))
    }
}

impl Config {
    /// Understands `sources`, or says everything that is wrong with them.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader { sources, complaints: sources.mistakes() };
        let data_dir = PathBuf::from(reader.text(settings::DATA_DIR));
        let max_connections = reader.number(settings::DATABASE_MAX_CONNECTIONS, 3, 10_000);
        let url = reader.text(settings::DATABASE_URL);
        let target = database::target(&url, &data_dir, max_connections as u32);
        let target = reader.checked(target, || Target::Sqlite { file: PathBuf::new() });
        let config = Self {
            database: database::presentable_target(&url, &target),
            settings: sources.summary(),
            target,
            database_wait: reader.seconds_or_none(settings::DATABASE_WAIT_SECONDS),
            auto_migrate: reader.flag(settings::AUTO_MIGRATE),
            bind: reader.address(settings::BIND_ADDR),
            server: ServerSettings {
                max_connections: reader.number(settings::MAX_CONNECTIONS, 1, 1_000_000) as usize,
                keep_alive: reader.seconds(settings::KEEP_ALIVE_SECONDS),
                stop_deadline: reader.seconds(settings::SHUTDOWN_TIMEOUT_SECONDS),
            },
            stop_delay: reader.seconds_or_none(settings::SHUTDOWN_DELAY_SECONDS),
            transit_memory: reader.number(settings::TRANSIT_MEMORY_MIB, 8, 1_000_000) as usize * 1024 * 1024,
            trusted_proxies: reader.networks(settings::TRUSTED_PROXIES),
            request_deadline: reader.seconds(settings::REQUEST_TIMEOUT_SECONDS),
            queue_capacity: reader.number(settings::QUEUE_CAPACITY, 1, 1_000_000) as usize,
            jwt_secret: reader.jwt_secret(),
            jwt_accepted: reader.jwt_accepted(),
            tokens: TokenSettings {
                issuer: reader.text(settings::JWT_ISSUER),
                audience: reader.text(settings::JWT_AUDIENCE),
                ttl: reader.number(settings::TOKEN_TTL_SECONDS, 1, 31_536_000) as i64,
            },
            hardened_login: reader.flag(settings::HARDENED_LOGIN),
            login_limits: reader.limits(),
            login_concurrency: reader.login_concurrency(),
            log_filter: reader.log_filter(),
            log_json: reader.log_json(),
            data_dir,
        };
        if matches!(config.target, Target::Postgres { .. }) {
            reader.complaints.extend(database::mistakes_around(sources));
        }
        if reader.complaints.is_empty() { Ok(config) } else { Err(ConfigError(reader.complaints)) }
    }

    /// What TLS does for the connections to the database, in words; nothing for SQLite.
    pub fn tls(&self) -> Option<&'static str> {
        database::tls(&self.target)
    }

    /// Complains when the secret is neither set nor one that can be generated: with PostgreSQL all
    /// servers have to sign alike.
    pub fn require_secret(&self) -> Result<(), ConfigError> {
        match (&self.target, &self.jwt_secret) {
            (Target::Postgres { .. }, None) => Err(ConfigError(vec![secret::required()])),
            _ => Ok(()),
        }
    }

    /// The secret that signs the tokens: the one set, else the one in `DATA_DIR`, made where it is missing.
    pub fn token_secret(&self) -> Result<SecretSlice<u8>, SecretError> {
        match &self.jwt_secret {
            Some(secret) => Ok(secret::bytes(secret)),
            None => secret::generated(&self.data_dir),
        }
    }

    /// The files that nobody but their owner should read, whether they are there or not.
    pub fn private_files(&self) -> Vec<PathBuf> {
        let Target::Sqlite { file } = &self.target else { return Vec::new() };
        let beside = |end| PathBuf::from([file.as_os_str(), OsStr::new(end)].into_iter().collect::<OsString>());
        vec![file.clone(), beside("-wal"), beside("-shm"), secret::path(&self.data_dir)]
    }

    /// More secrets whose tokens count.
    pub fn accepted_secrets(&self) -> Vec<SecretSlice<u8>> {
        self.jwt_accepted.iter().map(secret::bytes).collect()
    }
}

/// `BIND_ADDR` alone: a host and a port.
pub fn bind_of(sources: &Sources) -> Result<String, ConfigError> {
    let mut reader = Reader { sources, complaints: Vec::new() };
    let bind = reader.address(settings::BIND_ADDR);
    if reader.complaints.is_empty() { Ok(bind) } else { Err(ConfigError(reader.complaints)) }
}

/// Every setting as `config check` shows it: name, value without secrets, origin.
pub fn effective(sources: &Sources) -> Result<Vec<(&'static str, String, Origin)>, ConfigError> {
    SETTINGS
        .iter()
        .map(|setting| {
            let (text, origin) = sources.value(setting).map_err(|complaint| ConfigError(vec![complaint]))?;
            let shown = match setting.name {
                settings::DATABASE_URL => database::presentable(&text),
                _ if setting.secret && !text.is_empty() => "***".to_owned(),
                _ => text,
            };
            Ok((setting.name, shown, origin))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::auth::token::SECRET_MIN;
    use crate::service::throttle::{Limit, NAMES};
    use secrecy::ExposeSecret;

    fn load(environment: &[(&str, &str)]) -> Result<Config, String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let sources = Sources { environment: environment.iter().map(own).collect(), ..Sources::default() };
        Config::load(&sources)
            .and_then(|config| config.require_secret().map(|()| config))
            .map_err(|error| error.to_string())
    }

    fn complaint(environment: &[(&str, &str)]) -> String {
        load(environment).err().expect("it should be refused")
    }

    const SECRET: (&str, &str) = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");

    #[test]
    fn the_defaults_stand_for_themselves() {
        let config = load(&[]).unwrap();
        assert!(matches!(config.target, Target::Sqlite { file } if file == Path::new("./data/citrus-status.db")));
        assert_eq!(config.bind, "127.0.0.1:8080");
        assert_eq!(config.tokens.ttl, 3600);
        assert!(config.auto_migrate && !config.hardened_login && !config.log_json);
    }

    #[test]
    fn the_scheme_picks_the_engine() {
        let file = |url| match load(&[("DATABASE_URL", url)]).unwrap().target {
            Target::Sqlite { file } => file,
            Target::Postgres { .. } => panic!("{url} is SQLite"),
        };
        assert_eq!(file("sqlite://x/y.db"), Path::new("x/y.db"));
        assert_eq!(file("sqlite:///x/y.db"), Path::new("/x/y.db"));
        for url in ["postgres://u:p@localhost/d", "postgresql://localhost/d"] {
            assert!(matches!(load(&[("DATABASE_URL", url), SECRET]).unwrap().target, Target::Postgres { .. }));
        }
    }

    #[test]
    fn other_databases_are_refused_without_an_echo() {
        for url in ["mysql://u:hunter2@h/d", "hunter2", "postgres:/hunter2", "postgres://", "sqlite://"] {
            assert_eq!(complaint(&[("DATABASE_URL", url)]), "DATABASE_URL has to start with postgres:// or sqlite://");
        }
        assert!(complaint(&[("DATABASE_URL", "sqlite://:memory:")]).contains("name a file"));
        let port = complaint(&[("DATABASE_URL", "postgres://u:hunter2@h:port/d"), SECRET]);
        assert!(port.starts_with("DATABASE_URL is not a PostgreSQL URL") && !port.contains("hunter2"), "{port}");
    }

    #[test]
    fn postgres_needs_a_secret_and_is_offered_one() {
        let offered = complaint(&[("DATABASE_URL", "postgres://localhost/d")]);
        let secret = offered.rsplit_once("JWT_SECRET=").unwrap().1;
        assert!(secret.len() >= SECRET_MIN);
        assert_ne!(complaint(&[("DATABASE_URL", "postgres://localhost/d")]), offered, "a fresh one each time");
        assert!(load(&[("DATABASE_URL", "postgres://localhost/d"), ("JWT_SECRET", secret)]).is_ok());
        let short = complaint(&[("JWT_SECRET", "hunter2")]);
        assert!(short.contains("has 7 bytes") && !short.contains("hunter2"), "{short}");
    }

    #[test]
    fn accepted_secrets_are_lines_and_each_is_checked_without_an_echo() {
        let accepted = |text: &str| load(&[("JWT_ACCEPTED_SECRETS", text)]).map(|config| config.accepted_secrets());
        let [one, two] = ["a secret, with 32 bytes and a comma", "another one of thirty-two bytes."];
        let both = accepted(&format!("\u{feff}{one}\r\n\n\u{feff}{two}\n")).unwrap();
        assert_eq!(both.iter().map(|s| s.expose_secret()).collect::<Vec<_>>(), [one.as_bytes(), two.as_bytes()]);
        assert!(accepted("").unwrap().is_empty());
        let short = complaint(&[("JWT_ACCEPTED_SECRETS", &format!("{one}\nhunter2"))]);
        assert_eq!(short, "JWT_ACCEPTED_SECRETS: secret 2 has 7 bytes and needs 32");
        let many = complaint(&[("JWT_ACCEPTED_SECRETS", &format!("{one}\n").repeat(9))]);
        assert_eq!(many, "JWT_ACCEPTED_SECRETS has 9 secrets and takes 8 at most");
    }

    #[test]
    fn every_complaint_names_its_setting_and_all_come_at_once() {
        let wrong = [
            ("AUTO_MIGRATE", "maybe"),
            ("BIND_ADDR", "8080"),
            ("TRUSTED_PROXIES", "10.0.0.0/33"),
            ("TOKEN_TTL_SECONDS", "0"),
            ("LOGIN_LIMIT_ACCOUNT", "5"),
            ("LOGIN_LIMIT_TOTAL", "5/0"),
            ("LOG_LEVEL", "loud=very"),
            ("LOG_FORMAT", "xml"),
            ("JWT_SECERT", "hunter2"),
        ];
        let complaints = complaint(&wrong);
        assert_eq!(complaints.lines().count(), wrong.len(), "{complaints}");
        for (name, _) in wrong {
            assert!(complaints.lines().any(|line| line.starts_with(name)), "{name}: {complaints}");
        }
        assert!(!complaints.contains("hunter2"));
    }

    #[test]
    fn sqlite_is_a_file_and_nothing_more() {
        for url in ["sqlite://x.db?mode=ro", "sqlite://:memory:", "sqlite://x.db#y"] {
            assert!(load(&[("DATABASE_URL", url)]).is_err(), "{url}");
        }
        assert!(load(&[("DATABASE_URL", "sqlite:///in-memory-of/x.db")]).is_ok());
        let file = |environment: &[(&str, &str)]| match load(environment).unwrap().target {
            Target::Sqlite { file } => file.to_str().unwrap().to_owned(),
            Target::Postgres { .. } => panic!("it is SQLite"),
        };
        for (url, name) in [
            ("sqlite://file:x.db", "./file:x.db"),
            ("sqlite://file:x.db%3Fmode=memory", "./file:x.db?mode=memory"),
            ("sqlite://%3Amemory%3A", "./:memory:"),
        ] {
            assert_eq!(file(&[("DATABASE_URL", url)]), name);
        }
        assert_eq!(file(&[("DATA_DIR", "file:d")]), "./file:d/citrus-status.db");
    }

    #[test]
    fn login_limits_are_failures_per_seconds_or_off() {
        let pair = |text| load(&[("LOGIN_LIMIT_PAIR", text)]).unwrap().login_limits[0];
        assert_eq!(pair("5/60"), ("pair", Some(Limit { quota: 5, window: 60 })));
        assert_eq!(pair(" 2000 / 2 "), ("pair", Some(Limit { quota: 2000, window: 2 })));
        assert_eq!(pair("OFF"), ("pair", None));
        for bad in ["5", "/", "0/60", "5/0", "2001/2", "-5/60", "5/2592001", "5/60/7", "none"] {
            let complaint = complaint(&[("LOGIN_LIMIT_PAIR", bad)]);
            assert!(complaint.starts_with("LOGIN_LIMIT_PAIR has to be off, or failures/seconds"), "{complaint}");
        }
        assert_eq!(load(&[]).unwrap().login_limits.map(|(name, _)| name), NAMES);
    }

    #[test]
    fn proxies_written_as_ipv6_mean_the_ipv4_that_they_map() {
        let proxies = |text: &str| load(&[("TRUSTED_PROXIES", text)]).unwrap().trusted_proxies;
        for (written, meant) in [
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:7f00:1", "127.0.0.1/32"),
            ("0:0:0:0:0:FFFF:7F00:0001", "127.0.0.1/32"),
            ("::ffff:127.0.0.1/128", "127.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/104", "10.1.2.3/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(proxies(written), [meant.parse().unwrap()], "{written}");
        }
        for wide in
            ["::ffff:10.0.0.0/95", "::ffff:0:0/64", "::ffff:10.0.0.0/8", "::/80", "::fffe:0:0/95", "::ffff:10.0.0.0/0"]
        {
            let complaint = complaint(&[("TRUSTED_PROXIES", wide)]);
            assert!(complaint.starts_with("TRUSTED_PROXIES has to list addresses or networks"), "{wide}: {complaint}");
        }
    }

    #[test]
    fn log_levels_are_known_words_or_targets_with_one() {
        for good in ["info", "WARN", "off", "info,sqlx=warn", "citrus_status::http=debug,error"] {
            assert!(load(&[("LOG_LEVEL", good)]).is_ok(), "{good}");
        }
        for bad in ["inof", "info,sqlx", "sqlx=loud"] {
            assert!(complaint(&[("LOG_LEVEL", bad)]).starts_with("LOG_LEVEL has to be"), "{bad}");
        }
    }

    #[test]
    fn the_example_file_lists_every_setting_with_its_default() {
        let example = include_str!("../../.env.example");
        let written: Vec<&str> = example.lines().filter_map(|line| line.strip_prefix("#")).collect();
        for Setting { name, default, help, .. } in SETTINGS {
            let at = written.iter().position(|line| *line == format!("{name}={default}"));
            let at = at.unwrap_or_else(|| panic!(".env.example lacks #{name}={default}"));
            assert_eq!(written[at - 1], format!(" {help}"), "the line above {name}");
        }
        let names = written.iter().filter(|line| line.split_once('=').is_some_and(|(n, _)| !n.contains(' ')));
        assert_eq!(names.count(), SETTINGS.len(), ".env.example has a setting that is none");
    }
}
