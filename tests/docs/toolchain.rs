//! One Rust version, wherever it is named.

use std::fs;
use std::path::Path;

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("there is no {before}"));
    rest.split_once(after).unwrap_or_else(|| panic!("there is no {after} behind {before}")).0
}

#[test]
fn every_file_names_the_same_version() {
    let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let toolchain = read("rust-toolchain.toml");
    let version = between(&toolchain, "channel = \"", "\"");
    assert_eq!(between(&read("Cargo.toml"), "rust-version = \"", "\""), version, "the oldest that is supported");
    assert_eq!(between(&read("Dockerfile"), "FROM rust:", "-"), version, "the image");
    let package = between(&read("Cargo.toml"), "\nversion = \"", "\"").to_owned();
    assert_eq!(between(&read("Dockerfile"), "image.version=\"", "\""), package, "the image's label");
    let (major_minor, _) = version.rsplit_once('.').unwrap();
    for page in ["CONTRIBUTING.md", "docs/INSTALL.md", "docs/INSTALAR.md"] {
        assert!(read(page).contains(&format!("Rust {major_minor}")), "{page} names another version");
    }
}
