//! Every setting, one row each. From the rows come the values, the complaints, `config check`, `.env.example` and
//! docs/SETTINGS.md.

use super::database::{DatabasePassword, DatabaseUrl};
use super::dialect::DialectPath;
use super::kinds::{
    Address, Directory, Either, FailureLimit, Flag, Kind, LogFilter, Mebibytes, Networks, Number, NumberOrCores,
    OptionalAddress, OptionalFile, Seconds, Text,
};
use super::secret::{AcceptedSecrets, SigningSecret};

pub struct Setting<K: Kind + ?Sized = dyn Kind> {
    /// Name in the environment and in `.env`.
    pub name: &'static str,
    /// The heading under which it is documented.
    pub section: &'static str,
    /// Default as it would be written there; empty for none.
    pub default: &'static str,
    /// What it does, in sentences.
    pub help: &'static str,
    /// What it may be.
    pub kind: K,
}

/// Declares the settings: `NAME: Kind(range) = "default", "help";`, in sections.
macro_rules! settings {
    ($($section:literal {
        $($name:ident: $kind:ident $(($($bound:expr),+))? = $default:literal, $help:literal;)+
    })+) => {
        $($(
            pub static $name: Setting<$kind> = Setting {
                name: stringify!($name),
                section: $section,
                default: $default,
                help: $help,
                kind: $kind $(($($bound),+))?,
            };
        )+)+

        /// All settings, in the order in which they are documented.
        pub static SETTINGS: &[&Setting] = &[$($(&$name),+),+];
    };
}

settings! {
    "Database" {
        DATABASE_URL: DatabaseUrl = "",
            "The database: postgres://user:password@host/database or sqlite://file. Empty: SQLite in DATA_DIR. Several \
             hosts: host1:5432,host2:5432 in the place of host, and ?target_session_attrs=read-write at the end; the \
             server uses the one that can be written to.";
        DATABASE_PASSWORD: DatabasePassword = "",
            "The password for PostgreSQL, instead of one in DATABASE_URL. No character of it has to be percent-encoded.";
        DATABASE_MAX_CONNECTIONS: Number(3, 10_000) = "10",
            "Most connections to PostgreSQL for each server process, the change queue's two among them. Administration has \
             up to three more.";
        DATABASE_WAIT_SECONDS: Seconds(0, 3_600) = "30",
            "How long serve, demo and migrate wait at the start for a database that is not there yet. 0: they do \
             not wait. The log says what they wait for.";
        DATA_DIR: Directory = "./data",
            "Directory of the embedded database and of the generated token secret. Flag --data-dir.";
        AUTO_MIGRATE: Flag = "true",
            "Migrate the database at the start. false: refuse to start while migrations are pending.";
        STATE_FILE: OptionalFile = "",
            "A file of níveis, perfis, users and motivos, which serve registers at the start, before it listens. It \
             removes nothing. A server that is as the file says is left alone. Empty: none. docs/STATE.md describes it.";
    }
    "HTTP server" {
        BIND_ADDR: Address = "127.0.0.1:8080",
            "Address and port to listen on; 0.0.0.0:8080 for all interfaces. A host name is resolved at the start. \
             Flag --bind.";
        MAX_CONNECTIONS: Number(1, 1_000_000) = "10000",
            "Most client connections open at once; more wait in the system's queue.";
        KEEP_ALIVE_SECONDS: Seconds(1, 3_600) = "75",
            "How long a client connection may be idle between two requests. Keep it above the idle limit of a load \
             balancer in front, which is usually 60 s; otherwise it sends requests into connections that are being \
             closed. While MAX_CONNECTIONS are open, those idle for 10 s make room.";
        TRANSIT_MEMORY_MIB: Mebibytes(8, 1_000_000) = "64",
            "Most memory for large answers that clients have not read yet. Large bodies that are still arriving have \
             a second share of the same size. When a share is used up, requests that need more of it get 503.";
        TRUSTED_PROXIES: Networks = "",
            "The proxies in front, with commas between. For their requests the client's address is the right-most one \
             of X-Forwarded-For that is not such a proxy; a malformed header counts as none. For all other requests \
             it is the peer's address. ::ffff:10.0.0.0/104 means 10.0.0.0/8.";
        REQUEST_TIMEOUT_SECONDS: Seconds(1, 3_600) = "30",
            "Longest time for a request, after which it gets 503. Its body has two thirds of that time to arrive, \
             else it gets 408.";
        SHUTDOWN_DELAY_SECONDS: Seconds(0, 3_600) = "0",
            "How long the server goes on serving after SIGTERM, with GET /health/ready at 503 and each connection ended \
             by its next answer, before it stops. Make it long enough for a load balancer to notice. 0: it stops at once.";
        SHUTDOWN_TIMEOUT_SECONDS: Seconds(1, 3_600) = "8",
            "Longest time for the requests in flight when the server is told to stop.";
        CONSOLE: Flag = "true",
            "Serve the console, the pages for people, at /console. false: the server has no such pages.";
        QUEUE_CAPACITY: Number(1, 1_000_000) = "4096",
            "Most status changes waiting; more get 503 at once.";
    }
    "Answers" {
        DIALECT_FILE: DialectPath = "",
            "The file that says how your Citrus answers, as conferir --gravar writes it. Empty: the contract. Flag \
             --dialeto.";
    }
    "Watching" {
        METRICS_ADDR: OptionalAddress = "",
            "Address and port of a second listener, which serves GET /metrics to Prometheus. It asks nobody for a \
             password: choose an address that only your network reaches. Empty: no metrics.";
    }
    "Tokens" {
        JWT_SECRET: SigningSecret = "",
            "Signs the tokens. With PostgreSQL, serve and config check require it; the other commands work without. \
             With SQLite it is generated in DATA_DIR.";
        JWT_ACCEPTED_SECRETS: AcceptedSecrets = "",
            "More secrets whose tokens are valid, one a line, for changing JWT_SECRET without downtime. In .env: quotes \
             around the lines.";
        JWT_ISSUER: Text = "citrus-status",
            "The claim iss of the tokens.";
        JWT_AUDIENCE: Text = "citrus-status",
            "The claim aud of the tokens.";
        TOKEN_TTL_SECONDS: Seconds(1, 31_536_000) = "3600",
            "Life of a token.";
    }
    "Login" {
        HARDENED_LOGIN: Flag = "false",
            "Answer an unknown user like a wrong password, so that most logins cannot be guessed.";
        LOGIN_CONCURRENCY: NumberOrCores(1, 1_024) = "",
            "Most passwords verified at once, 19 MiB each; half of them, at least one, while 100 status changes a second \
             or more are made. Empty: one for each core.";
        LOGIN_LIMIT_PAIR: FailureLimit = "10/600",
            "How many wrong passwords of one login from one address are accepted before refusal, and in how many \
             seconds the limit recovers.";
        LOGIN_LIMIT_ACCOUNT: FailureLimit = "100/3600",
            "The same for one login, from all addresses where it has not succeeded in the last 30 days.";
        LOGIN_LIMIT_ADDRESS: FailureLimit = "100/600",
            "The same for one address, with all logins that have not succeeded there in the last 30 days.";
        LOGIN_LIMIT_TOTAL: FailureLimit = "3000/300",
            "The same for all logins, except where they have succeeded in the last 30 days.";
    }
    "Log" {
        LOG_LEVEL: LogFilter = "info",
            "What is logged. A part without = must be a level, or off.";
        LOG_FORMAT: Either("text", "json") = "text",
            "How it is logged. The log goes to standard error.";
        ACCESS_LOG: Flag = "false",
            "Log a line for each request, with the target access at the level info: method, route, status, duration, \
             ids and the client's address.";
    }
}

pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().copied().find(|setting| setting.name == name)
}
