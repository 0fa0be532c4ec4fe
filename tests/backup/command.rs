//! The commands, as an operator types them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use super::{ENGINES, empty, verified};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{program, run, run_with};

/// What a run yields in bytes.
fn piped(database: &Database, args: &[&str], stdin: &[u8]) -> Output {
    let mut command = program(database, &database.settings());
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, stdin) = (child.stdin.take().unwrap(), stdin.to_vec());
    let writing = std::thread::spawn(move || _ = input.write_all(&stdin));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

/// The names of the files in a directory that are not the database's.
fn files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("citrus-status.db")).collect();
    names.sort();
    names
}

async fn from_a_file_to_either_engine(database: &Database) {
    database.example().await.close().await;
    let made = run(database, &["backup", "criar", "a.backup"]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""), "{made:?}");
    assert!(made.stdout.starts_with("backup made: a.backup, "), "{made:?}");
    let file = database.dir.path().join("a.backup");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files(database.dir.path()), ["a.backup"]);

    let header = verified(&fs::read(&file).unwrap()).unwrap();
    let shown = run(database, &["backup", "verificar", "a.backup"]);
    let engine = if database.engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
    for part in [
        format!("made       {}\n", header.created_at),
        format!("by         citrus-status {}\n", env!("CARGO_PKG_VERSION")),
        format!("engine     {engine}\n"),
        format!("migration  {:04}\n", header.schema),
        format!("rows       {}\n", header.rows()),
        "atendimento   30\n".to_owned(),
        "\nthe backup is whole\n".to_owned(),
    ] {
        assert!(shown.stdout.contains(&part), "{part:?} is not in {shown:?}");
    }
    let listed = run(database, &["atendimento", "listar", "--json"]).stdout;
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let outcome = run(&copy, &["backup", "restaurar", file.to_str().unwrap()]);
        let (rows, made) = (header.rows(), &header.created_at);
        let name = &header.engine;
        outcome.prints(&format!("rows restored: {rows}, from a backup made {made} on {name}\n"));
        assert_eq!(run(&copy, &["atendimento", "listar", "--json"]).stdout, listed);
        run(&copy, &["backup", "restaurar", file.to_str().unwrap()]).fails(1, &["error: the database has rows in"]);
        copy.remove().await;
    }
}

async fn through_pipes(database: &Database) {
    database.example().await.close().await;
    let made = piped(database, &["backup", "criar", "-"], b"");
    assert!(made.status.success(), "{made:?}");
    let rows = verified(&made.stdout).unwrap().rows();
    assert_eq!(String::from_utf8(made.stderr).unwrap(), format!("backup made: {rows} rows\n"));
    let copy = Database::new(database.engine).await.unwrap();
    assert!(piped(&copy, &["backup", "verificar", "-"], &made.stdout).status.success());
    let restored = piped(&copy, &["backup", "restaurar", "-"], &made.stdout);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(copy.number("SELECT count(*) FROM atendimento").await, 30);
    copy.remove().await;
}

async fn what_is_there_is_not_replaced_unless_asked(database: &Database) {
    database.example().await.close().await;
    let file = database.dir.path().join("a.backup");
    fs::write(&file, "mine").unwrap();
    let says = "error: a.backup exists already; name another file, or replace it with --sobrescrever";
    run(database, &["backup", "criar", "a.backup"]).fails(1, &[says]);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(run(database, &["backup", "criar", "a.backup", "--sobrescrever"]).code, 0);
    verified(&fs::read(&file).unwrap()).unwrap();
    for special in ["/dev/null", "."] {
        let outcome = run(database, &["backup", "criar", special, "--sobrescrever"]);
        outcome.fails(1, &[&format!("error: {special} is not a file; name another")]);
    }
    run(database, &["backup", "criar", "gone/a.backup"]).fails(1, &["error: gone/a.backup can't be written: "]);
    assert_eq!(files(database.dir.path()), ["a.backup"]);
}

async fn a_backup_that_can_not_be_written_leaves_no_file(database: &Database) {
    database.example().await.close().await;
    let import: String =
        (0..40_000_u64).map(|n| format!("{:x},Aberto\n", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let imported = run_with(database, &[], &["atendimento", "importar", "-"], format!("protocolo,status\n{import}"));
    assert_eq!(imported.code, 0, "{imported:?}");
    // 128 blocks are what SQLite's files need.
    let mut command = std::process::Command::new("sh");
    let script = "ulimit -f 128; exec \"$0\" backup criar a.backup";
    command.args(["-c", script, env!("CARGO_BIN_EXE_citrus-status")]);
    command.env_clear().envs(database.settings()).current_dir(database.dir.path());
    let outcome = crate::support::program::finish(command, "");
    outcome.fails(1, &["error: the backup can't be written: "]);
    assert_eq!(files(database.dir.path()), [""; 0]);
}

async fn without_a_database_there_is_no_backup(database: &Database) {
    let outcome = run(database, &["backup", "criar", "a.backup"]);
    let says = match database.engine {
        Engine::Sqlite => "citrus-status.db is not there (DATABASE_URL, environment); ",
        Engine::Postgres => "error: the database has no tables yet; check DATABASE_URL",
    };
    outcome.fails(1, &[says]);
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 0);
    run(database, &["backup", "restaurar", "gone.backup"]).fails(1, &["error: gone.backup can't be read: "]);
    run(database, &["backup", "verificar", "gone.backup"]).fails(1, &["error: gone.backup can't be read: "]);
}

async fn a_newer_database_is_backed_up_by_its_own_release(database: &Database) {
    database.store().await.close().await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9999, 'future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    database.execute("INSERT INTO compatibilidade (versao, desde) VALUES (9999, 1)").await;
    let outcome = run(database, &["backup", "criar", "a.backup"]);
    outcome.fails(1, &["the database has migration 9999, which this release does not know"]);
    assert_eq!(files(database.dir.path()), [""; 0]);
}

both_engines! {
    from_a_file_to_either_engine,
    through_pipes,
    what_is_there_is_not_replaced_unless_asked,
    a_backup_that_can_not_be_written_leaves_no_file,
    without_a_database_there_is_no_backup,
    a_newer_database_is_backed_up_by_its_own_release,
}
