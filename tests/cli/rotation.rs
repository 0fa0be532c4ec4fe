//! The setting for the secrets that are accepted beside the one that signs.

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{finish, program, run_with};

const ONE: &str = "a secret, with 32 bytes and a comma";

async fn accepted_secrets_are_never_shown(database: &Database) {
    let file = database.dir.path().join("accepted");
    std::fs::write(&file, format!("{ONE}\n{ONE} too\n")).unwrap();
    let mut settings = database.settings();
    let from_file = ("JWT_ACCEPTED_SECRETS_FILE".to_owned(), file.to_str().unwrap().to_owned());
    let plain = ("JWT_ACCEPTED_SECRETS".to_owned(), ONE.to_owned());
    for source in [from_file.clone(), plain.clone()] {
        settings.push(source);
        let mut command = program(database, &settings);
        command.args(["config", "check"]);
        let outcome = finish(command, "");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
        let row = outcome.stdout.lines().find(|line| line.starts_with("JWT_ACCEPTED_SECRETS ")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["JWT_ACCEPTED_SECRETS", "***", "environment"]);
        assert!(!outcome.stdout.contains("with 32 bytes and a comma"));
        settings.pop();
    }
    settings.extend([from_file, plain]);
    let mut command = program(database, &settings);
    command.args(["config", "check"]);
    let outcome = finish(command, "");
    let complaint = "JWT_ACCEPTED_SECRETS and JWT_ACCEPTED_SECRETS_FILE are both set; keep one";
    assert!(outcome.code == 2 && outcome.stderr.contains(complaint), "{outcome:?}");
}

async fn accepted_secrets_that_are_too_short_stop_the_start(database: &Database) {
    let accepted = format!("{ONE}\nhunter2");
    let outcome = run_with(database, &[("JWT_ACCEPTED_SECRETS", &accepted)], &["serve"], "");
    outcome.fails(2, &["JWT_ACCEPTED_SECRETS: secret 2 has 7 bytes and needs 32"]);
    assert!(!outcome.stderr.contains("hunter2") && !outcome.stderr.contains("comma"), "{outcome:?}");
}

both_engines! {
    accepted_secrets_are_never_shown,
    accepted_secrets_that_are_too_short_stop_the_start,
}
