//! The files of the embedded database are their owner's alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::database::Database;
use crate::support::program::{Process, run, run_with};

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
        let files = ["citrus-status.db", "citrus-status.db-shm", "citrus-status.db-wal", "jwt-secret"];
        assert_eq!(modes(database.dir.path()), files.map(|file| (file.to_owned(), 0o600)), "umask {umask}");
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
    run(&database, &["migrate"]).prints("migrations applied: 8\n");
    assert_eq!(mode(&file), 0o600);
    let started = || run_with(&database, &[NOWHERE, ("JWT_SECRET", "")], &["serve"], "");
    let warning = "others than the owner may read or change this file";
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
