//! All settings together.

use std::path::Path;

use sqlx::ConnectOptions;

use super::*;
use crate::auth::token::SECRET_MIN;
use crate::service::throttle::Limit;

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
    assert!(matches!(config.database.target, Target::Sqlite { file } if file == Path::new("./data/citrus-status.db")));
    assert_eq!(config.http.bind, "127.0.0.1:8080");
    assert_eq!(config.tokens.ttl, 3600);
    assert!(config.database.auto_migrate && !config.login.hardened && !config.log.json);
}

#[test]
fn the_scheme_picks_the_engine() {
    let file = |url| match load(&[("DATABASE_URL", url)]).unwrap().database.target {
        Target::Sqlite { file } => file,
        Target::Postgres { .. } => panic!("{url} is SQLite"),
    };
    assert_eq!(file("sqlite://x/y.db"), Path::new("x/y.db"));
    assert_eq!(file("sqlite:///x/y.db"), Path::new("/x/y.db"));
    for url in ["postgres://u:p@localhost/d", "postgresql://localhost/d"] {
        assert!(matches!(load(&[("DATABASE_URL", url), SECRET]).unwrap().database.target, Target::Postgres { .. }));
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
fn the_password_stands_apart_from_the_url_or_in_it() {
    let password = "p%41#/?@: x";
    let url = "postgres://u@h1,h2/d?target_session_attrs=read-write";
    let target = load(&[("DATABASE_URL", url), ("DATABASE_PASSWORD", password), SECRET]).unwrap();
    let Target::Postgres { hosts, .. } = target.database.target else { panic!("it is PostgreSQL") };
    assert_eq!(hosts.len(), 2);
    for options in hosts {
        let encoded = format!("password={}", options.to_url_lossy().password().unwrap());
        let (_, decoded) = url::form_urlencoded::parse(encoded.as_bytes()).next().unwrap();
        assert_eq!(decoded, password);
    }
    assert!(!target.database.shown.contains("%41"), "{}", target.database.shown);
    for url in [
        "postgres://u:hunter2@h/d",
        "postgres://u@h/d?password=hunter2",
        "postgres://u:hunter2@h1,h2/d?target_session_attrs=read-write",
    ] {
        let both = complaint(&[("DATABASE_URL", url), ("DATABASE_PASSWORD", "hunter2"), SECRET]);
        assert_eq!(both, "DATABASE_PASSWORD is set, and DATABASE_URL has a password, too; keep one");
    }
    let alone = "DATABASE_PASSWORD is for PostgreSQL, which DATABASE_URL has to name";
    assert_eq!(complaint(&[("DATABASE_PASSWORD", "hunter2")]), alone);
    let lines = complaint(&[("DATABASE_URL", "postgres://u@h/d"), ("DATABASE_PASSWORD", "a\nb"), SECRET]);
    assert_eq!(lines, "DATABASE_PASSWORD has to be one line");
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
    assert_eq!(
        both.iter().map(secrecy::ExposeSecret::expose_secret).collect::<Vec<_>>(),
        [one.as_bytes(), two.as_bytes()]
    );
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
    let file = |environment: &[(&str, &str)]| match load(environment).unwrap().database.target {
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
    let pair = |text| load(&[("LOGIN_LIMIT_PAIR", text)]).unwrap().login.limits.pair;
    assert_eq!(pair("5/60"), Some(Limit { quota: 5, window: 60 }));
    assert_eq!(pair(" 2000 / 2 "), Some(Limit { quota: 2000, window: 2 }));
    assert_eq!(pair("OFF"), None);
    for bad in ["5", "/", "0/60", "5/0", "2001/2", "-5/60", "5/2592001", "5/60/7", "none"] {
        let complaint = complaint(&[("LOGIN_LIMIT_PAIR", bad)]);
        assert!(complaint.starts_with("LOGIN_LIMIT_PAIR has to be off, or failures/seconds"), "{complaint}");
    }
}

#[test]
fn proxies_written_as_ipv6_mean_the_ipv4_that_they_map() {
    let proxies = |text: &str| load(&[("TRUSTED_PROXIES", text)]).unwrap().http.trusted_proxies;
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
