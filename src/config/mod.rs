//! Settings, understood and checked. Nothing here opens a database or a socket.

mod database;
mod dialect;
mod dotenv;
mod hosts;
mod kinds;
mod reader;
mod secret;
pub mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod url_parameters;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{SecretSlice, SecretString};

pub use database::{has_password, place};
pub use dialect::read as read_dialect;
use reader::Reader;
pub use secret::{SecretError, running_as};
use settings::{SETTINGS, Setting};
pub use sources::{Origin, Sources};

use crate::auth::token::TokenSettings;
use crate::dialect::{Dialect, HeaderCase};
use crate::http::transport::ServerSettings;
use crate::service::throttle::Limits;
use crate::store::Target;

/// The settings of one process. Deliberately without `Debug`.
pub struct Config {
    /// Which settings came from where, without their values.
    pub origins: String,
    /// Every setting as `config check` shows it.
    pub effective: Vec<(&'static str, String, Origin)>,
    /// The files of secrets, and `.env` where a secret stands in it.
    pub secret_files: Vec<PathBuf>,
    pub data_dir: PathBuf,
    /// `STATE_FILE`; `None` for none.
    pub state_file: Option<PathBuf>,
    pub database: DatabaseSettings,
    pub http: HttpSettings,
    /// `QUEUE_CAPACITY`: most status changes waiting.
    pub queue_capacity: usize,
    /// Issuer, audience and life of the tokens.
    pub tokens: TokenSettings,
    jwt_secret: Option<SecretString>,
    jwt_accepted: Vec<SecretString>,
    pub login: LoginSettings,
    pub log: LogSettings,
}

pub struct DatabaseSettings {
    pub target: Target,
    /// What of `DATABASE_URL` may be shown; SQLite's file, as an absolute path.
    pub shown: String,
    /// Which setting says where the database is, and where that setting stands, for people.
    pub named_by: String,
    /// `DATABASE_WAIT_SECONDS`; zero for no wait.
    pub wait: Duration,
    pub auto_migrate: bool,
}

/// How the HTTP server listens and what it allows.
pub struct HttpSettings {
    /// `BIND_ADDR`: a host and a port, resolved when it is listened on.
    pub bind: String,
    /// `METRICS_ADDR`; `None` for no metrics.
    pub metrics: Option<String>,
    /// Limits of the connections.
    pub server: ServerSettings,
    /// `DIALECT_FILE`; `None` for the contract.
    pub dialect: Option<Arc<Dialect>>,
    /// `CONSOLE`: whether there are pages for people.
    pub console: bool,
    /// `SHUTDOWN_DELAY_SECONDS`; zero for no delay.
    pub stop_delay: Duration,
    /// `TRANSIT_MEMORY_MIB`, in bytes.
    pub transit_memory: usize,
    pub trusted_proxies: Vec<IpNet>,
    pub request_deadline: Duration,
}

/// How passwords are checked.
pub struct LoginSettings {
    pub hardened: bool,
    pub concurrency: usize,
    /// `LOGIN_LIMIT_PAIR`, `_ACCOUNT`, `_ADDRESS` and `_TOTAL`
    pub limits: Limits,
}

pub struct LogSettings {
    /// `LOG_LEVEL`, which parses as a filter.
    pub filter: String,
    /// Whether `LOG_FORMAT` is `json`.
    pub json: bool,
    /// Whether each request leaves a line.
    pub access: bool,
}

/// Everything that is wrong with the settings, one complaint a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

/// The flags that stand for settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub bind: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub dialect: Option<PathBuf>,
}

impl Flags {
    pub fn sources(&self) -> Result<Sources, ConfigError> {
        let mut flags = BTreeMap::new();
        if let Some(bind) = &self.bind {
            flags.insert(settings::BIND_ADDR.name, bind.clone());
        }
        for (flag, setting, path) in [
            ("--data-dir", settings::DATA_DIR.name, &self.data_dir),
            ("--dialeto", settings::DIALECT_FILE.name, &self.dialect),
        ] {
            if let Some(path) = path {
                let path = path.to_str().ok_or_else(|| ConfigError(vec![format!("{flag} is not UTF-8")]))?;
                flags.insert(setting, path.to_owned());
            }
        }
        Sources::from_process(flags).map_err(|complaint| ConfigError(vec![complaint]))
    }
}

impl Config {
    /// Understands `sources`, or says everything that is wrong with them.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader { sources, complaints: sources.mistakes() };
        let data_dir = reader.read(&settings::DATA_DIR);
        let config = Self {
            origins: sources.summary(),
            effective: effective(sources).unwrap_or_default(),
            secret_files: sources.secret_files(),
            database: database_settings(&mut reader, &data_dir),
            data_dir,
            state_file: reader.read(&settings::STATE_FILE),
            http: http_settings(&mut reader),
            queue_capacity: reader.read(&settings::QUEUE_CAPACITY) as usize,
            jwt_secret: reader.read(&settings::JWT_SECRET),
            jwt_accepted: reader.read(&settings::JWT_ACCEPTED_SECRETS),
            tokens: token_settings(&mut reader),
            login: login_settings(&mut reader),
            log: log_settings(&mut reader),
        };
        if matches!(config.database.target, Target::Postgres { .. }) {
            reader.complaints.extend(database::mistakes_around(&sources.environment, &sources.dotenv));
        }
        if reader.complaints.is_empty() { Ok(config) } else { Err(ConfigError(reader.complaints)) }
    }

    /// What TLS does for the connections to the database, in words; nothing for SQLite.
    pub fn tls(&self) -> Option<&'static str> {
        database::tls(&self.database.target)
    }

    /// Complains when the secret is neither set nor one that can be generated: with PostgreSQL all
    /// servers have to sign alike.
    pub fn require_secret(&self) -> Result<(), ConfigError> {
        match (&self.database.target, &self.jwt_secret) {
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

    /// The files of the program's own that nobody but their owner should read, whether they are there or not.
    pub fn private_files(&self) -> Vec<PathBuf> {
        let Target::Sqlite { file } = &self.database.target else { return Vec::new() };
        let beside = |end| PathBuf::from([file.as_os_str(), OsStr::new(end)].into_iter().collect::<OsString>());
        vec![file.clone(), beside("-wal"), beside("-shm"), secret::path(&self.data_dir)]
    }

    /// More secrets whose tokens count.
    pub fn accepted_secrets(&self) -> Vec<SecretSlice<u8>> {
        self.jwt_accepted.iter().map(secret::bytes).collect()
    }
}

fn database_settings(reader: &mut Reader<'_>, data_dir: &Path) -> DatabaseSettings {
    let max_connections = reader.read(&settings::DATABASE_MAX_CONNECTIONS);
    let url = reader.read(&settings::DATABASE_URL);
    let password = reader.read(&settings::DATABASE_PASSWORD);
    let target = database::target(&url, data_dir, max_connections);
    let target = reader.checked(target.and_then(|target| database::with_password(target, &url, password.as_ref())));
    let target = target.unwrap_or(Target::Sqlite { file: PathBuf::new() });
    DatabaseSettings {
        shown: database::presentable_target(&url, &target),
        named_by: reader.sources.origin_of(&[&settings::DATABASE_URL, &settings::DATA_DIR]),
        target,
        wait: reader.read(&settings::DATABASE_WAIT_SECONDS),
        auto_migrate: reader.read(&settings::AUTO_MIGRATE),
    }
}

fn http_settings(reader: &mut Reader<'_>) -> HttpSettings {
    let dialect = reader.read(&settings::DIALECT_FILE);
    HttpSettings {
        bind: reader.read(&settings::BIND_ADDR),
        metrics: reader.read(&settings::METRICS_ADDR),
        server: ServerSettings {
            max_connections: reader.read(&settings::MAX_CONNECTIONS) as usize,
            keep_alive: reader.read(&settings::KEEP_ALIVE_SECONDS),
            stop_deadline: reader.read(&settings::SHUTDOWN_TIMEOUT_SECONDS),
            title_case_headers: dialect
                .as_ref()
                .is_some_and(|dialect| dialect.header_case == HeaderCase::IniciaisMaiusculas),
        },
        dialect,
        console: reader.read(&settings::CONSOLE),
        stop_delay: reader.read(&settings::SHUTDOWN_DELAY_SECONDS),
        transit_memory: reader.read(&settings::TRANSIT_MEMORY_MIB),
        trusted_proxies: reader.read(&settings::TRUSTED_PROXIES),
        request_deadline: reader.read(&settings::REQUEST_TIMEOUT_SECONDS),
    }
}

fn token_settings(reader: &mut Reader<'_>) -> TokenSettings {
    TokenSettings {
        issuer: reader.read(&settings::JWT_ISSUER),
        audience: reader.read(&settings::JWT_AUDIENCE),
        ttl: reader.read(&settings::TOKEN_TTL_SECONDS).as_secs() as i64,
    }
}

fn login_settings(reader: &mut Reader<'_>) -> LoginSettings {
    LoginSettings {
        hardened: reader.read(&settings::HARDENED_LOGIN),
        concurrency: reader.read(&settings::LOGIN_CONCURRENCY),
        limits: Limits {
            pair: reader.read(&settings::LOGIN_LIMIT_PAIR),
            account: reader.read(&settings::LOGIN_LIMIT_ACCOUNT),
            address: reader.read(&settings::LOGIN_LIMIT_ADDRESS),
            total: reader.read(&settings::LOGIN_LIMIT_TOTAL),
        },
    }
}

fn log_settings(reader: &mut Reader<'_>) -> LogSettings {
    LogSettings {
        filter: reader.read(&settings::LOG_LEVEL),
        json: reader.read(&settings::LOG_FORMAT) == "json",
        access: reader.read(&settings::ACCESS_LOG),
    }
}

/// `BIND_ADDR` alone: a host and a port.
pub fn bind_of(sources: &Sources) -> Result<String, ConfigError> {
    let mut reader = Reader { sources, complaints: Vec::new() };
    let bind = reader.read(&settings::BIND_ADDR);
    if reader.complaints.is_empty() { Ok(bind) } else { Err(ConfigError(reader.complaints)) }
}

/// Every setting as `config check` shows it: name, value without secrets, origin.
pub fn effective(sources: &Sources) -> Result<Vec<(&'static str, String, Origin)>, ConfigError> {
    let shown = |setting: &&Setting| {
        let (text, origin) = sources.value(setting).map_err(|complaint| ConfigError(vec![complaint]))?;
        Ok((setting.name, setting.kind.shown(&text), origin))
    };
    SETTINGS.iter().map(shown).collect()
}
