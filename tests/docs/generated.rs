//! Documents that are made from the code, as a whole or in part.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Asserts that the project's file `path` is `text`. With `UPDATE_DOCS=1` it is written instead.
pub fn is_current(path: &str, text: &str) {
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(file(path), text).unwrap();
    }
    assert!(read(path) == text, "{path} is out of date: run `UPDATE_DOCS=1 cargo test --test main docs::`");
}

/// What the project's file `path` has now.
pub fn read(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap()
}

/// `text`, with `part` as its generated part `name`: between the comments `<!-- generated: name -->` and
/// `<!-- end: name -->`.
pub fn with_part(text: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- generated: {name} -->"), format!("<!-- end: {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("there is no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("there is no {end}"));
    format!("{before}{begin}\n\n{part}\n{end}{after}")
}
