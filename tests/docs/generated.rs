//! Files that are made from the code.

use std::fs;
use std::path::Path;

/// Checks that the file at `path`, from the root of the project, holds `text`. With `UPDATE_DOCS` set, writes it.
pub fn is_current(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(file, text).unwrap();
    } else {
        let message = "is not current; run `UPDATE_DOCS=1 cargo test --test main docs::`";
        assert!(fs::read_to_string(file).unwrap() == text, "{path} {message}");
    }
}
