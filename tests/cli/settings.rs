//! Settings and start-up failures.

use std::process::Stdio;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, finish, program, run, run_with};

async fn migrate_shows_and_applies(database: &Database) {
    let status = |applied| {
        format!(
            "migration  description           applied\n\
             0001       schema                {applied}\n\
             0002       login attempts        {applied}\n\
             0003       idempotency           {applied}\n\
             0004       compatibility         {applied}\n\
             0005       clock                 {applied}\n\
             0006       login of attempts     {applied}\n\
             0007       audit entries         {applied}\n\
             0008       ids given once        {applied}\n\
             0009       administration        {applied}\n\
             0010       sessions              {applied}\n\
             0011       administration pages  {applied}\n\
             0012       audit filters         {applied}\n\
             0013       registrations         {applied}\n"
        )
    };
    database.open().await.close().await;
    run(database, &["migrate", "--status"]).prints(&status("no"));
    run(database, &["migrate"]).prints("migrations applied: 13\n");
    run(database, &["migrate"]).prints("the database is up to date\n");
    run(database, &["migrate", "--status"]).prints(&status("yes"));
}

async fn processes_that_start_together_migrate_once(database: &Database) {
    let start = |number: usize| {
        let mut command = program(database, &database.settings());
        command
            .args(["motivo", "criar", &format!("Motivo {number}")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..8).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

async fn without_auto_migrate_pending_migrations_stop_the_start(database: &Database) {
    for args in [&["serve"][..], &["nivel", "criar", "Empresa"]] {
        let outcome = run_with(database, &[("AUTO_MIGRATE", "false")], args, "");
        outcome.fails(1, &["pending migrations: 0001 schema, 0002 login attempts, ", "; run `citrus-status migrate`"]);
    }
    run(database, &["migrate"]);
    run_with(database, &[("AUTO_MIGRATE", "false")], &["motivo", "listar"], "").prints("motivo  active\n");
}

async fn a_newer_schema_stops_the_start(database: &Database) {
    run(database, &["migrate"]);
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 9999, 'future', success, checksum, 1 FROM _sqlx_migrations LIMIT 1",
        )
        .await;
    run(database, &["serve"]).fails(1, &["the database has migration 9999, which this release does not know"]);
}

async fn config_check_shows_what_counts_and_no_secret(database: &Database) {
    let outcome = run_with(database, &[("LOG_LEVEL", "debug")], &["config", "check"], "");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    let row = |name: &str| {
        let line = outcome.stdout.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is missing")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("LOG_LEVEL"), "LOG_LEVEL debug environment");
    assert_eq!(row("AUTO_MIGRATE"), "AUTO_MIGRATE true default");
    assert_eq!(row("JWT_SECRET"), "JWT_SECRET *** environment");
    assert!(outcome.stdout.ends_with("\nthe settings are valid\n"));
    assert!(!outcome.stdout.contains("secret for the tests"));

    let url = "postgres://user:hunter2@localhost:1/db?password=hunter2";
    let masked = run_with(database, &[("DATABASE_URL", url)], &["config", "check"], "");
    assert!(masked.stdout.contains("postgres://user:***@localhost:1/db?password=*** "), "{masked:?}");
    assert!(!masked.stdout.contains("hunter2"));
}

async fn wrong_settings_are_usage_errors_that_say_what_to_do(database: &Database) {
    for (name, value, complaint) in [
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x", "DATABASE_URL has to start with postgres:// or sqlite://"),
        ("DATABASE_URL", "postgres://u:hunter2@[/x", "DATABASE_URL is not a PostgreSQL URL"),
        ("JWT_SECRET", "hunter2", "JWT_SECRET has 7 bytes and needs 32; here is a fresh one:\nJWT_SECRET="),
        ("JWT_SECERT", "hunter2", "JWT_SECERT is not a setting; did you mean JWT_SECRET?"),
        ("DATA_DRI", "hunter2", "DATA_DRI is not a setting; did you mean DATA_DIR?"),
        ("BIND_ADDR", "hunter2", "BIND_ADDR has to be an address and a port"),
        ("LOG_FORMAT", "hunter2", "LOG_FORMAT has to be text or json"),
        ("JWT_SECRET_FILE", "/nowhere", "JWT_SECRET and JWT_SECRET_FILE are both set; keep one"),
    ] {
        let outcome = run_with(database, &[(name, value)], &["serve"], "");
        outcome.fails(2, &["error: ", complaint]);
        assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
        assert!(
            outcome.stderr.lines().last().unwrap().starts_with("correct the settings and try again; "),
            "{outcome:?}"
        );
    }
}

async fn a_database_that_is_away_stops_the_start_with_the_reason(database: &Database) {
    let nowhere = match database.engine {
        Engine::Sqlite => "sqlite:///dev/null/x.db",
        Engine::Postgres => "postgres://user:hunter2@127.0.0.1:1/db",
    };
    let reason = match database.engine {
        Engine::Sqlite => "the directory /dev/null can't be made",
        Engine::Postgres => "the database is unavailable: error communicating with database: Connection refused",
    };
    let settings = [("DATABASE_URL", nowhere), ("DATABASE_WAIT_SECONDS", "0")];
    let outcome = run_with(database, &settings, &["serve"], "");
    outcome.fails(1, &[reason]);
    assert!(!outcome.stderr.contains("hunter2"));
}

async fn dotenv_comes_after_the_environment(database: &Database) {
    let env = database.dir.path().join(".env");
    std::fs::write(&env, "LOG_LEVEL=warn\nHARDENED_LOGIN=true\nPOSTGRES_PASSWORD=x\n").unwrap();
    let outcome = run_with(database, &[("LOG_LEVEL", "error")], &["config", "check"], "");
    let shown: Vec<_> = outcome.stdout.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(shown.contains(&"LOG_LEVEL error environment".to_owned()), "{outcome:?}");
    assert!(shown.contains(&"HARDENED_LOGIN true .env".to_owned()), "{outcome:?}");

    std::fs::write(&env, "HARDENED_LOGINS=true\n").unwrap();
    run(database, &["config", "check"])
        .fails_after_output(2, "HARDENED_LOGINS is not a setting; did you mean HARDENED_LOGIN?");
    std::fs::write(&env, "# a comment\n\nJWT_SECRET='hunter2\n").unwrap();
    let broken = run(database, &["config", "check"]);
    broken.fails(2, &[".env: line 3 is not NAME=value: its quote is not closed"]);
    assert!(!broken.stderr.contains("hunter2"));
}

async fn a_secret_is_generated_for_sqlite_and_required_with_postgres(database: &Database) {
    let mut settings = database.settings();
    settings.retain(|(name, _)| name != "JWT_SECRET");
    settings.push(("BIND_ADDR".to_owned(), "192.0.2.1:9".to_owned()));
    let mut command = program(database, &settings);
    command.arg("serve");
    let outcome = finish(command, "");
    let file = database.dir.path().join("jwt-secret");
    match database.engine {
        Engine::Sqlite => {
            // The address is nobody's, so that the start ends there.
            outcome.fails(1, &["can't listen on 192.0.2.1:9", "choose another with --bind"]);
            assert_eq!(std::fs::read(file).unwrap().len(), 43);
        }
        Engine::Postgres => {
            outcome.fails(2, &["JWT_SECRET is required with PostgreSQL", "here is a fresh one:\nJWT_SECRET="]);
            assert!(!file.exists());
        }
    }
}

impl Outcome {
    /// As `fails`, for a command that prints before it fails.
    #[track_caller]
    fn fails_after_output(&self, code: i32, complaint: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains(complaint), "{self:?}");
    }
}

both_engines! {
    migrate_shows_and_applies,
    processes_that_start_together_migrate_once,
    without_auto_migrate_pending_migrations_stop_the_start,
    a_newer_schema_stops_the_start,
    config_check_shows_what_counts_and_no_secret,
    wrong_settings_are_usage_errors_that_say_what_to_do,
    a_database_that_is_away_stops_the_start_with_the_reason,
    dotenv_comes_after_the_environment,
    a_secret_is_generated_for_sqlite_and_required_with_postgres,
}
