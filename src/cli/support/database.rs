//! The database of the settings: how a command opens it, and what it says of the place where it is.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Access, access, statfs};
use rustix::process::geteuid;
use tokio::time::timeout;

use super::error::{CliError, Result};
use super::output::{self, shown};
use crate::config::{Config, DatabaseSettings, place, running_as};
use crate::printable::printable;
use crate::store::{Store, StoreError, Target};
use crate::telemetry;

/// How long the end of a statement that was given up is waited for.
const CLOSE_WAIT: Duration = Duration::from_secs(3);

/// What to do where the database is not there yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    Create,
    /// For commands that find nothing in a new one: it is not the one that was meant.
    Refuse,
}

/// Opens the database of `config`, migrated.
pub async fn open_store(config: &Config, if_missing: IfMissing) -> Result<Arc<Store>> {
    let store = connect(config, if_missing).await?;
    if if_missing == IfMissing::Refuse && !store.migrations().await?.iter().any(|migration| migration.applied) {
        return Err(missing(config, "has no tables of citrus-status"));
    }
    if config.database.auto_migrate {
        store.migrate().await.map_err(|error| explained(error, &config.database.target))?;
    } else {
        let pending = store.pending_migrations().await?;
        if !pending.is_empty() {
            let names: Vec<_> = pending.iter().map(|m| format!("{:04} {}", m.version, m.description)).collect();
            return Err(CliError::Pending(names.join(", ")));
        }
    }
    Ok(store)
}

/// Opens the database of `config`, as it is. Where it makes SQLite's file, it says so and where.
pub async fn connect(config: &Config, if_missing: IfMissing) -> Result<Arc<Store>> {
    let mut made = None;
    if let Target::Sqlite { file } = &config.database.target
        && if_missing == IfMissing::Refuse
        && let Ok(false) = file.try_exists()
    {
        return Err(missing(config, "is not there"));
    }
    if let Target::Sqlite { file } = &config.database.target {
        make_private_dir(&config.data_dir)?;
        make_private_dir(directory_of(file))?;
        made = Some(file).filter(|file| !file.exists());
    }
    let store = open(config).await?;
    if let Some(file) = made {
        let file = shown(&absolute(file));
        if telemetry::is_queued() {
            tracing::info!(%file, "created the database");
        } else {
            output::complain(format_args!("note: created the database {file}; there was none"));
        }
    }
    Ok(store)
}

/// Which database was looked for, why there, and what helps.
fn missing(config: &Config, what: &str) -> CliError {
    let DatabaseSettings { target, named_by, .. } = &config.database;
    let database = match target {
        Target::Sqlite { file } => shown(&absolute(file)),
        Target::Postgres { .. } => printable(&place(target)).into_owned(),
    };
    CliError::Failed(format!(
        "the database {database} {what} ({named_by}); run the command where the server's settings are, or set DATABASE_URL \
         or DATA_DIR as they do; for a new database, run `citrus-status migrate` first"
    ))
}

/// Opens the database of `config` where it is, and makes no directory.
pub async fn open(config: &Config) -> Result<Arc<Store>> {
    let opened = Store::open(config.database.target.clone()).await;
    opened.map_err(|error| explained(error, &config.database.target))
}

/// Closes `store`, unless a statement that was given up keeps a connection: its lock may be held for long.
pub async fn close(store: &Store) {
    _ = timeout(CLOSE_WAIT, store.close()).await;
}

/// `error` in words that name the path and the user, where SQLite's file or its directory can't be written.
fn explained(error: StoreError, target: &Target) -> CliError {
    match (target, &error) {
        (Target::Sqlite { file }, StoreError::Unavailable(_) | StoreError::ReadOnly | StoreError::Other(_)) => {
            match unwritable(file) {
                Some(text) => CliError::Failed(format!("the database {text}")),
                // The wait for the database wants to see it.
                None if error.may_pass() => error.into(),
                None => CliError::Failed(format!("{}: {error}", shown(&absolute(file)))),
            }
        }
        _ => error.into(),
    }
}

/// Which path keeps `file` from being written, whom, and what helps.
fn unwritable(file: &Path) -> Option<String> {
    let kept = |path: &Path, mode| access(path, mode).err().map(|error| (absolute(path), io::Error::from(error)));
    let (path, error) = kept(directory_of(file), Access::WRITE_OK | Access::EXEC_OK).or_else(|| {
        let is_there = file.exists();
        is_there.then(|| kept(file, Access::READ_OK | Access::WRITE_OK)).flatten()
    })?;
    let cure = if error.kind() == io::ErrorKind::ReadOnlyFilesystem {
        "mount it so that it can be written".to_owned()
    } else {
        let user = geteuid().as_raw();
        format!(
            "give it to that user, with chown -R {user} as root (for a container: on what is mounted there), or run as \
             its owner"
        )
    };
    Some(format!("can't be written: {}: {error}; {}; {cure}", shown(&path), running_as()))
}

/// Warns of a place that is bad for SQLite: one that can't be written, or that is on a network.
pub fn warn_of_place(target: &Target) {
    let Target::Sqlite { file } = target else { return };
    if let Some(text) = unwritable(file) {
        tracing::warn!("the database {text}");
    }
    if let Some(text) = network_of(target) {
        tracing::warn!("{text}");
    }
}

/// Marks SQLite's file as a server's until it is dropped, and warns where another server works on it. It is a lock on a
/// file beside it, which the system takes away however the process ends.
pub fn claim(target: &Target) -> Option<File> {
    let Target::Sqlite { file } = target else { return None };
    let mut mark = fs::canonicalize(file).ok()?.into_os_string();
    mark.push("-server");
    let mark = File::options().write(true).create(true).truncate(false).mode(0o600).open(mark).ok()?;
    match mark.try_lock() {
        Ok(()) => return Some(mark),
        Err(TryLockError::WouldBlock) => tracing::warn!(
            "another server works on the database {}; SQLite is for one: stop one of them, or use PostgreSQL",
            shown(&absolute(file))
        ),
        // A file system without locks.
        Err(TryLockError::Error(_)) => {}
    }
    None
}

/// What to say where SQLite's file is on a network.
pub fn network_of(target: &Target) -> Option<String> {
    let Target::Sqlite { file } = target else { return None };
    // The part of the path that is there: the rest will be made on the same file system.
    let absolute = absolute(file);
    let system = absolute.ancestors().find_map(|path| statfs(path).ok())?;
    let name = network(system.f_type as u32)?;
    let file = shown(&absolute);
    Some(format!(
        "the database {file} is on {name}: SQLite's locks may fail on a network, and the database be damaged; use a \
         local disk, or PostgreSQL"
    ))
}

/// The name of a network's file system, by its number in Linux's `statfs`.
fn network(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => "SMB",
        0x0102_1997 => "9P",
        0x6573_5546 => "FUSE, which may be a network's",
        0x00c3_6400 => "Ceph",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x7375_7245 => "Coda",
        _ => return None,
    })
}

fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Makes `dir` where it is missing, for its owner alone.
fn make_private_dir(dir: &Path) -> Result {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| {
        CliError::Failed(format!(
            "the directory {} can't be made: {error}; {}; name another with --data-dir",
            shown(&absolute(dir)),
            running_as()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_a_network_are_known_by_their_numbers() {
        for (magic, name) in [(0x6969, "NFS"), (0xff53_4d42, "SMB"), (0xfe53_4d42, "SMB"), (0x0102_1997, "9P")] {
            assert_eq!(network(magic), Some(name));
        }
        // ext, XFS, Btrfs, tmpfs, overlayfs.
        for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(network(magic), None);
        }
    }
}
