//! The files of the embedded database are their owner's alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::database::Database;
use crate::support::program::{Process, finish, program, run, run_with};

/// An address that no machine has, so that a server stops there.
const NOWHERE: (&str, &str) = ("BIND_ADDR", "192.0.2.1:9");

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// The modes of all files in `dir`, by name.
fn modes(dir: &Path) -> Vec<(String, u32)> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), mode(&entry.path()))
    };
    let mut modes: Vec<_> = fs::read_dir(dir).unwrap().map(entry).collect();
    modes.sort();
    modes
}

#[test]
fn files_are_private_under_any_umask() {
    for umask in ["000", "022", "077", "0177"] {
        let database = Database::sqlite();
        let script = format!("umask {umask}; exec \"$@\"");
        let process = Process::serve_with(&database, &[("JWT_SECRET", "")], &["sh", "-c", &script, "sh"]);
        let files = ["", "-server", "-shm", "-wal"].map(|end| format!("citrus-status.db{end}"));
        let files = files.into_iter().chain(["jwt-secret".to_owned()]);
        let private: Vec<_> = files.map(|file| (file, 0o600)).collect();
        assert_eq!(modes(database.dir.path()), private, "umask {umask}");
        process.stop();
    }
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_makes_no_difference() {
    let database = Database::sqlite();
    symlink("elsewhere.db", database.dir.path().join("citrus-status.db")).unwrap();
    let settings = [NOWHERE, ("DATABASE_URL", &database.url)];
    run_with(&database, &settings, &["serve"], "").fails(1, &["can't listen"]);
    assert_eq!(mode(&database.dir.path().join("elsewhere.db")), 0o600);
}

#[test]
fn a_file_that_is_there_keeps_its_mode_and_the_server_says_who_may_read_it() {
    let database = Database::sqlite();
    let file = database.dir.path().join("citrus-status.db");
    run(&database, &["migrate"]).prints("migrations applied: 13\n");
    assert_eq!(mode(&file), 0o600);
    let started = || run_with(&database, &[NOWHERE, ("JWT_SECRET", "")], &["serve"], "");
    let warning = "others than the server may read or change this file";
    let quiet = started();
    assert!(!quiet.stderr.contains(warning), "{quiet:?}");
    for (name, wide) in [("citrus-status.db", 0o644), ("citrus-status.db", 0o620), ("jwt-secret", 0o640)] {
        let file = database.dir.path().join(name);
        fs::set_permissions(&file, Permissions::from_mode(wide)).unwrap();
        started().fails(1, &[warning, name, &format!("mode={wide:04o}")]);
        assert_eq!(mode(&file), wide);
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn the_server_says_who_may_read_secrets_and_the_directory_of_the_data() {
    let database = Database::sqlite();
    let dir = fs::canonicalize(database.dir.path()).unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(dir.join(name), text).unwrap();
        fs::set_permissions(dir.join(name), Permissions::from_mode(mode)).unwrap();
    };
    let started = || {
        let mut command = program(&database, &[]);
        command.args(["serve", "--bind", NOWHERE.1, "--data-dir", "data"]);
        finish(command, "").stderr.lines().filter(|line| line.contains("WARN")).map(warning).collect::<Vec<_>>()
    };
    let secret = "x".repeat(32);
    write("a.secret", &secret, 0o600);
    write(".env", "JWT_SECRET_FILE=a.secret\nDATABASE_URL=\nLOG_LEVEL=info\n", 0o644);
    assert_eq!(started(), [""; 0], "there is no secret in .env");
    write("a.secret", &secret, 0o640);
    let file = "others than the server may read or change this file; make its mode 0600";
    assert_eq!(started(), [format!("{file} file=a.secret mode=0640")]);
    write(".env", &format!("JWT_SECRET={secret}\n"), 0o604);
    assert_eq!(started(), [format!("{file} file={}/.env mode=0604", dir.display())]);
    write(".env", &format!("JWT_SECRET={secret}\n"), 0o600);
    fs::set_permissions(dir.join("data"), Permissions::from_mode(0o750)).unwrap();
    let listed = "others than the server may list or change this directory; make its mode 0700 dir=data mode=0750";
    assert_eq!(started(), [listed]);
    fs::set_permissions(dir.join("data"), Permissions::from_mode(0o710)).unwrap();
    assert_eq!(started(), [""; 0]);
}

/// The file of somebody else is read by its group, as the service's package has it.
#[test]
fn a_secret_that_the_servers_group_reads_draws_no_warning() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let database = Database::sqlite();
    let file = database.dir.path().join("a.secret");
    fs::write(&file, "x".repeat(32)).unwrap();
    chown(&file, Some(0), Some(65534)).unwrap();
    chown(database.dir.path(), Some(65534), Some(65534)).unwrap();
    for (mode, is_open) in [(0o640, false), (0o644, true)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            env!("CARGO_BIN_EXE_citrus-status"),
            "serve",
        ]);
        command.env_clear().env("JWT_SECRET_FILE", &file).env("BIND_ADDR", NOWHERE.1).current_dir(database.dir.path());
        let outcome = finish(command, "");
        outcome.fails(1, &["can't listen"]);
        assert_eq!(outcome.stderr.contains("make its mode 0640"), is_open, "{outcome:?}");
    }
}

/// A line of the log from its text on.
fn warning(line: &str) -> String {
    line.split_once(": ").unwrap().1.to_owned()
}

/// A pipe to which nobody writes would be waited for without end.
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let database = Database::sqlite();
    let dir = database.dir.path();
    mknodat(CWD, dir.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    fs::create_dir(dir.join("dir")).unwrap();
    let state = "[[perfis]]\nnome = 'x'\nroot = true\n[[usuarios]]\nlogin = 'ana'\nperfil = 'x'\nsenha_file = 'pipe'\n";
    fs::write(dir.join("estado.toml"), state).unwrap();
    for (path, what) in [("pipe", "it is a pipe"), ("dir", "it is a directory"), ("/dev/zero", "it is a device")] {
        let told = [&format!("{path} can't be read: {what}, and no regular file; - stands for standard input")[..]];
        for command in [
            &["estado", "aplicar", path][..],
            &["atendimento", "importar", path],
            &["backup", "verificar", path],
            &["backup", "restaurar", path],
        ] {
            run(&database, command).fails(1, &told);
        }
        let told = [&format!("can't be read: {what}, and no regular file")[..]];
        run(&database, &["dialeto", "mostrar", path]).fails(1, &told);
        for settings in [&[("DIALECT_FILE", path)][..], &[("JWT_SECRET", ""), ("JWT_SECRET_FILE", path)]] {
            run_with(&database, settings, &["serve"], "").fails(2, &told);
        }
        let told = [&format!("STATE_FILE: {path} can't be read: {what}, and no regular file\n")[..]];
        run_with(&database, &[("STATE_FILE", path)], &["serve"], "").fails(1, &told);
    }
    let told = ["senha_file: ", "pipe can't be read: it is a pipe, and no regular file"];
    run(&database, &["estado", "aplicar", "estado.toml", "--yes"]).fails(1, &told);
    run_with(&database, &[("STATE_FILE", "-")], &["serve"], "x")
        .fails(1, &["STATE_FILE: - can't be read: No such file"]);

    mknodat(CWD, dir.join(".env"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    run(&database, &["serve"]).fails(2, &[".env can't be read: it is a pipe, and no regular file"]);
    fs::remove_file(dir.join(".env")).unwrap();
    mknodat(CWD, dir.join("jwt-secret"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    run_with(&database, &[("JWT_SECRET", "")], &["serve"], "").fails(1, &["jwt-secret", "it is a pipe"]);
}
