//! The file: how it is made, and whether it is still where it was.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::store::error::{Result, StoreError};

/// Where a file was when it was opened.
pub(super) struct Place {
    file: PathBuf,
    /// Device and inode; `None` for no file.
    identity: Option<(u64, u64)>,
}

impl Place {
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), identity: identity(file) }
    }

    /// Fails where another file is there now, or none: no connection may be opened to it, and those that are open go
    /// on with the old one. Another one is never taken up: a commit that is under way to the old one could not tell.
    pub fn check(&self) -> Result<()> {
        if identity(&self.file) == self.identity { Ok(()) } else { Err(StoreError::Moved) }
    }
}

fn identity(file: &Path) -> Option<(u64, u64)> {
    fs::metadata(file).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Creates `file` where it is missing, for its owner alone; SQLite gives the mode to the files beside it. One that
/// is there is not even opened: to close it would release the locks that SQLite has on it in this process.
pub(super) fn create_private(file: &Path) {
    let mut file = file.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&file) else { break };
        file = file.parent().unwrap_or(Path::new("")).join(target);
    }
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    if let Ok(created) = created {
        // A umask may have taken away too much. SQLite says so itself when it can't open the file.
        _ = created.set_permissions(Permissions::from_mode(0o600));
    }
}

/// A lock on the directory of `file` until it is dropped; none where the file system has no locks.
pub(super) fn take_turn(file: &Path) -> Option<File> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = File::open(directory).ok()?;
    directory.lock().ok()?;
    Some(directory)
}
