//! Values that reach the program otherwise than they were meant: from `.env`, a secret's file, a container's
//! environment, a pipe, or as a parameter of a URL.

use argon2::PasswordVerifier;
use std::fs;

use super::administration::SENHA_RULE;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, finish, program, run, run_with};

/// `config check` with nothing but what `environment` has, and `.env`.
fn check(database: &Database, environment: &[(&str, &str)]) -> Outcome {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut command = program(database, &environment.iter().map(own).collect::<Vec<_>>());
    command.args(["config", "check"]);
    finish(command, "")
}

/// Checks that it was refused in these words, after the table of the settings or before.
#[track_caller]
fn refused(outcome: &Outcome, words: &str) {
    assert!(outcome.code == 2 && outcome.stderr.contains(words), "{words:?} is not in {outcome:?}");
    assert!(!(outcome.stdout.clone() + &outcome.stderr).contains("hunter2"), "{outcome:?}");
}

#[test]
fn an_unknown_parameter_of_the_url_stops_the_start() {
    let database = Database::sqlite();
    let secret = ("JWT_SECRET", "a secret for the tests, 32 bytes or more");
    for (parameters, words) in [
        ("sslMode=verify-full", "DATABASE_URL: sslMode is not a parameter; did you mean sslmode?"),
        ("ssl=true", "DATABASE_URL: ssl is not a parameter; did you mean sslmode=require"),
        ("schema=hunter2", "DATABASE_URL: schema is not a parameter; did you mean options="),
        ("sslmode=disable&sslmode=require", "DATABASE_URL: sslmode appears twice"),
    ] {
        let url = format!("postgres://u:hunter2@127.0.0.1:1/d?{parameters}");
        let url = ("DATABASE_URL", url.as_str());
        refused(&check(&database, &[secret, url]), words);
        run_with(&database, &[url], &["serve"], "").fails(2, &[words]);
    }
    let url = ("DATABASE_URL", "postgres://u:hunter2@h/d?sslmode=verify-full&application_name=x");
    let shown = check(&database, &[secret, url]).stdout;
    assert!(shown.contains(" postgres://u:***@h:5432/d?sslmode=verify-full&application_name=x "), "{shown}");
    let words = "\nTLS to the database: verify-full: encrypted; the server's certificate and its name are checked\n";
    assert!(shown.contains(words), "{shown}");
    let from_environment = check(&database, &[secret, ("DATABASE_URL", "postgres://h/d"), ("PGSSLMODE", "verify-ca")]);
    assert!(from_environment.stdout.contains("TLS to the database: verify-ca: "), "{from_environment:?}");
    refused(
        &check(&database, &[secret, ("DATABASE_URL", "postgres://h/d"), ("PGSSLMODE", "verify_full")]),
        "PGSSLMODE has to be disable, allow, prefer, require, verify-ca or verify-full",
    );
    fs::write(database.dir.path().join(".env"), "PGSSLMODE=verify-full\n").unwrap();
    let without_effect = check(&database, &[secret, ("DATABASE_URL", "postgres://h/d")]);
    refused(&without_effect, "PGSSLMODE has no effect in .env");
}

#[test]
fn a_file_of_settings_means_one_thing_or_is_refused() {
    let database = Database::sqlite();
    let written = |bytes: &[u8]| {
        fs::write(database.dir.path().join(".env"), bytes).unwrap();
        check(&database, &[])
    };
    let good = written("\u{feff}JWT_ISSUER='x$HOME' # who\r\nJWT_AUDIENCE=a$b${c}\r\n".as_bytes());
    let rows: Vec<_> = good.stdout.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(rows.contains(&"JWT_ISSUER x$HOME .env".to_owned()), "{good:?}");
    assert!(rows.contains(&"JWT_AUDIENCE a$b${c} .env".to_owned()), "{good:?}");
    for (text, words) in [
        ("LOG_LEVEL=hunter2\nexport LOG_LEVEL=info\n", ".env: line 2 sets LOG_LEVEL a second time; keep one"),
        ("x\nJWT_SECRET=hunter2", ".env: line 1 is not NAME=value"),
        ("JWT_SECRET=hunter2\"x\"", ".env: line 1 is not NAME=value: a quote or a backslash in a value"),
    ] {
        refused(&written(text.as_bytes()), words);
    }
    refused(&written(b"\xff\xfeL\0"), ".env is UTF-16; save it as UTF-8");
}

#[test]
fn quotes_that_docker_leaves_around_a_value_are_refused() {
    let database = Database::sqlite();
    for (name, value) in [("JWT_SECRET", "\"hunter2\""), ("LOG_LEVEL", "'info'"), ("DATABASE_URL", "\"hunter2\"")] {
        refused(
            &check(&database, &[(name, value)]),
            &format!("{name} begins and ends with a quote; `docker run --env-file`"),
        );
    }
}

async fn a_piped_senha_loses_its_mark_and_its_line_end_and_nothing_else(database: &Database) {
    let store = database.example().await;
    let login = crate::support::server::nome("user.api").key;
    let set = |piped: &str| run_with(database, &[], &["usuario", "senha", "user.api", "--senha-stdin"], piped);
    for (piped, senha) in [
        ("\u{feff} uma senha \r\n", " uma senha "),
        ("uma senha\n", "uma senha"),
        ("umasenha\r", "umasenha"),
        ("\u{feff}éuasenha", "éuasenha"),
    ] {
        assert_eq!(set(piped).code, 0, "{piped:?}");
        let hash = store.credential(&login).await.unwrap().unwrap().senha_hash;
        let parsed = argon2::password_hash::phc::PasswordHash::new(&hash).unwrap();
        assert!(argon2::Argon2::default().verify_password(senha.as_bytes(), &parsed).is_ok(), "{piped:?}");
    }
    for piped in ["one\ntwo", "one\n\n", "one\r\rtwo"] {
        set(piped).fails(1, &["the senha on standard input has more than one line"]);
    }
    set("a\0b\0").fails(1, &[SENHA_RULE]);
    store.close().await;
}

#[test]
fn a_secret_of_several_lines_is_refused() {
    let database = Database::sqlite();
    let wrapped = format!("{}\n{}", "x".repeat(64), "y".repeat(40));
    refused(&check(&database, &[("JWT_SECRET", &wrapped)]), "JWT_SECRET has more than one line; it has to be one");
    run(&database, &["nivel", "criar", "Empresa"]).prints("nível 'Empresa' created\n");
}

both_engines! {
    a_piped_senha_loses_its_mark_and_its_line_end_and_nothing_else,
}
