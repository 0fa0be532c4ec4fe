//! The setting for the secrets that are accepted beside the one that signs.

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, finish, program, run_with};

const ONE: &str = "a secret, with 32 bytes and a comma";
const ANOTHER: &str = "another secret, with 32 bytes or more";

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

/// As docs/DOCKER.md has it: the file is there, and empty but for the time of a change.
async fn secrets_in_files_change_without_losing_a_token(database: &Database) {
    database.example().await.close().await;
    let file = |name: &str| database.dir.path().join(name).to_str().unwrap().to_owned();
    let (signs, accepts) = (file("jwt_secret"), file("jwt_accepted_secrets"));
    let serve = |secret: &str, accepted: &str| {
        std::fs::write(&signs, format!("{secret}\n")).unwrap();
        std::fs::write(&accepts, accepted).unwrap();
        let files = [("JWT_SECRET", ""), ("JWT_SECRET_FILE", &signs), ("JWT_ACCEPTED_SECRETS_FILE", &accepts)];
        Process::serve_with(database, &files, &[])
    };
    let before = serve(ONE, "");
    let old = before.token("user.api").await;
    before.stop();
    let during = serve(ANOTHER, &format!("{ONE}\n"));
    let new = during.token("user.api").await;
    assert_eq!([during.get("/api/motivos", &old).await, during.get("/api/motivos", &new).await], [200, 200]);
    during.stop();
    let after = serve(ANOTHER, "");
    assert_eq!([after.get("/api/motivos", &old).await, after.get("/api/motivos", &new).await], [401, 200]);
    after.stop();
}

async fn accepted_secrets_that_are_too_short_stop_the_start(database: &Database) {
    let accepted = format!("{ONE}\nhunter2");
    let outcome = run_with(database, &[("JWT_ACCEPTED_SECRETS", &accepted)], &["serve"], "");
    outcome.fails(2, &["JWT_ACCEPTED_SECRETS: secret 2 has 7 bytes and needs 32"]);
    assert!(!outcome.stderr.contains("hunter2") && !outcome.stderr.contains("comma"), "{outcome:?}");
}

both_engines! {
    accepted_secrets_are_never_shown,
    secrets_in_files_change_without_losing_a_token,
    accepted_secrets_that_are_too_short_stop_the_start,
}
