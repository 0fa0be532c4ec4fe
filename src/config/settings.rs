//! Every setting: its name, default and meaning. `.env.example` is checked against this table.

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Name in the environment and in `.env`.
    pub name: &'static str,
    /// Default as it would be written there; empty for none.
    pub default: &'static str,
    /// One line of explanation.
    pub help: &'static str,
    /// Never shown; may come from the file that `<name>_FILE` names.
    pub secret: bool,
}

const fn plain(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, help, secret: false }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", help, secret: true }
}

pub(super) const DATABASE_URL: &str = "DATABASE_URL";
pub(super) const DATABASE_MAX_CONNECTIONS: &str = "DATABASE_MAX_CONNECTIONS";
pub(super) const DATABASE_WAIT_SECONDS: &str = "DATABASE_WAIT_SECONDS";
pub(super) const DATA_DIR: &str = "DATA_DIR";
pub(super) const AUTO_MIGRATE: &str = "AUTO_MIGRATE";
pub(super) const BIND_ADDR: &str = "BIND_ADDR";
pub(super) const MAX_CONNECTIONS: &str = "MAX_CONNECTIONS";
pub(super) const KEEP_ALIVE_SECONDS: &str = "KEEP_ALIVE_SECONDS";
pub(super) const TRANSIT_MEMORY_MIB: &str = "TRANSIT_MEMORY_MIB";
pub(super) const TRUSTED_PROXIES: &str = "TRUSTED_PROXIES";
pub(super) const REQUEST_TIMEOUT_SECONDS: &str = "REQUEST_TIMEOUT_SECONDS";
pub(super) const SHUTDOWN_DELAY_SECONDS: &str = "SHUTDOWN_DELAY_SECONDS";
pub(super) const SHUTDOWN_TIMEOUT_SECONDS: &str = "SHUTDOWN_TIMEOUT_SECONDS";
pub(super) const QUEUE_CAPACITY: &str = "QUEUE_CAPACITY";
pub(super) const JWT_SECRET: &str = "JWT_SECRET";
pub(super) const JWT_ACCEPTED_SECRETS: &str = "JWT_ACCEPTED_SECRETS";
pub(super) const JWT_ISSUER: &str = "JWT_ISSUER";
pub(super) const JWT_AUDIENCE: &str = "JWT_AUDIENCE";
pub(super) const TOKEN_TTL_SECONDS: &str = "TOKEN_TTL_SECONDS";
pub(super) const HARDENED_LOGIN: &str = "HARDENED_LOGIN";
pub(super) const LOGIN_CONCURRENCY: &str = "LOGIN_CONCURRENCY";
pub(super) const LOGIN_LIMIT_PAIR: &str = "LOGIN_LIMIT_PAIR";
pub(super) const LOGIN_LIMIT_ACCOUNT: &str = "LOGIN_LIMIT_ACCOUNT";
pub(super) const LOGIN_LIMIT_ADDRESS: &str = "LOGIN_LIMIT_ADDRESS";
pub(super) const LOGIN_LIMIT_TOTAL: &str = "LOGIN_LIMIT_TOTAL";
pub(super) const LOG_LEVEL: &str = "LOG_LEVEL";
pub(super) const LOG_FORMAT: &str = "LOG_FORMAT";

/// All settings, in the order in which they are documented.
pub const SETTINGS: &[Setting] = &[
    secret(DATABASE_URL, "postgres://user:password@host/database or sqlite://file; empty: SQLite in DATA_DIR."),
    plain(DATABASE_MAX_CONNECTIONS, "10", "Most connections to PostgreSQL, for each server process."),
    plain(DATABASE_WAIT_SECONDS, "30", "Longest wait for a database that is not there yet at the start; 0: none."),
    plain(DATA_DIR, "./data", "Directory of the embedded database and of the generated token secret."),
    plain(AUTO_MIGRATE, "true", "Migrate the database at start; false: refuse to start while migrations are pending."),
    plain(BIND_ADDR, "127.0.0.1:8080", "Address and port to listen on; 0.0.0.0:8080 for all interfaces."),
    plain(MAX_CONNECTIONS, "10000", "Most client connections open at once; more wait in the system's queue."),
    plain(
        KEEP_ALIVE_SECONDS,
        "75",
        "How long a client connection may be idle between two requests; longer than a load balancer's own limit.",
    ),
    plain(
        TRANSIT_MEMORY_MIB,
        "64",
        "Most memory for large answers that clients have not read yet, and as much for large bodies that still arrive.",
    ),
    plain(TRUSTED_PROXIES, "", "Addresses or networks of the proxies in front, whose X-Forwarded-For counts."),
    plain(REQUEST_TIMEOUT_SECONDS, "30", "Longest time for a request, after which it is answered 503."),
    plain(
        SHUTDOWN_DELAY_SECONDS,
        "0",
        "How long the server goes on serving after SIGTERM, not ready any more, before it stops; 0: it stops at once.",
    ),
    plain(SHUTDOWN_TIMEOUT_SECONDS, "8", "Longest time for the requests in flight when the server is told to stop."),
    plain(QUEUE_CAPACITY, "4096", "Most status changes waiting; more are answered 503 at once."),
    secret(
        JWT_SECRET,
        "Signs the tokens, 32 bytes or more; required with PostgreSQL, generated in DATA_DIR with SQLite.",
    ),
    secret(
        JWT_ACCEPTED_SECRETS,
        "More secrets whose tokens count, one a line, 32 bytes or more each; for changing JWT_SECRET.",
    ),
    plain(JWT_ISSUER, "citrus-status", "The claim iss of the tokens."),
    plain(JWT_AUDIENCE, "citrus-status", "The claim aud of the tokens."),
    plain(TOKEN_TTL_SECONDS, "3600", "Life of a token."),
    plain(
        HARDENED_LOGIN,
        "false",
        "Answer an unknown user like a wrong password, so that most logins can't be guessed.",
    ),
    plain(LOGIN_CONCURRENCY, "", "Most passwords verified at once, 19 MiB each; empty: one for each core."),
    plain(
        LOGIN_LIMIT_PAIR,
        "10/600",
        "Wrong passwords of one login from one address, and the seconds until all are given back; or off.",
    ),
    plain(
        LOGIN_LIMIT_ACCOUNT,
        "100/3600",
        "The same of one login, from all addresses where it has not succeeded lately.",
    ),
    plain(
        LOGIN_LIMIT_ADDRESS,
        "100/600",
        "The same from one address, for all logins that have not succeeded there lately.",
    ),
    plain(LOGIN_LIMIT_TOTAL, "3000/300", "The same of all logins, except where they have succeeded lately."),
    plain(LOG_LEVEL, "info", "error, warn, info, debug or trace; or a filter such as info,citrus_status=debug."),
    plain(LOG_FORMAT, "text", "text or json."),
];

/// The setting called `name`.
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
