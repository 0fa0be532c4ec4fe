//! The fuzz targets' seeds, through the functions that the targets run. So what fuzzing found stays found.

use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod invariants;

/// Feeds the seeds of a target to `holds`; which were accepted.
fn feed(target: &str, holds: fn(&[u8]) -> bool) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut accepted = Vec::new();
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap();
        let name = seed.file_name().into_string().unwrap();
        println!("{target}/{name}");
        if holds(&std::fs::read(seed.path()).unwrap()) {
            accepted.push(name);
        }
    }
    accepted.sort();
    accepted
}

#[test]
fn bodies() {
    let accepted = feed("command", invariants::command);
    assert_eq!(accepted, ["both", "change", "change-escaped", "change-least", "login", "mark", "numbers"]);
}

#[test]
fn tokens() {
    assert_eq!(feed("token", invariants::token), ["claims-good", "good"]);
}

#[test]
fn files_to_import() {
    let accepted = feed("import", invariants::import);
    let expected =
        ["csv", "csv-broken", "csv-not-utf8", "csv-spreadsheet", "json-array", "ndjson", "quotes", "utf-16", "xls"];
    assert_eq!(accepted, expected);
}
