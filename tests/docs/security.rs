//! `docs/SECURITY.md` and `docs/ASVS.md` name code and tests as evidence: they have to be there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many requirements of levels 1 and 2 the chapters 1 to 17 of ASVS 5.0.0 have. The two that do
/// not apply as a whole, 10 and 17, have one row each.
const REQUIREMENTS: [usize; 17] = [27, 11, 19, 10, 9, 35, 18, 7, 7, 1, 14, 9, 13, 9, 13, 16, 1];

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Both pages, one after the other.
fn documents() -> String {
    ["docs/SECURITY.md", "docs/ASVS.md"].map(|page| fs::read_to_string(path(page)).unwrap()).concat()
}

/// What stands between backquotes.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// What is cited as `file.rs::function`.
fn citations(text: &str) -> impl Iterator<Item = (&str, &str)> {
    code(text).filter_map(|code| code.split_once("::")).filter(|(file, _)| file.ends_with(".rs"))
}

/// The rows of the requirements: number, level, short form, status, evidence.
fn rows(text: &str) -> Vec<[&str; 5]> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter(|row| row.starts_with(|c: char| c.is_ascii_digit()))
        .map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            <[&str; 5]>::try_from(cells).unwrap_or_else(|cells| panic!("not five cells: {cells:?}"))
        })
        .collect()
}

#[test]
fn every_cited_test_exists() {
    let documents = documents();
    let mut cited = HashSet::new();
    let mut missing = Vec::new();
    for (file, function) in citations(&documents) {
        let source = fs::read_to_string(path(file)).unwrap_or_default();
        if !source.contains(&format!("fn {function}(")) {
            missing.push(format!("{file}::{function}"));
        }
        cited.insert((file, function));
    }
    assert_eq!(missing, [""; 0]);
    assert!(cited.len() >= 80, "{} citations were found", cited.len());
}

#[test]
fn every_named_file_exists() {
    let documents = documents();
    let folders = ["src/", "tests/", "docs/", "migrations/", ".ci/"];
    let named = code(&documents).filter(|code| folders.iter().any(|folder| code.starts_with(folder)));
    let files: HashSet<&str> = named.map(|code| code.split_once("::").map_or(code, |(file, _)| file)).collect();
    let missing: Vec<_> = files.iter().filter(|file| !path(file).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(files.len() >= 30, "{} files were found", files.len());
}

#[test]
fn the_page_for_readers_is_short() {
    let bytes = fs::metadata(path("docs/SECURITY.md")).unwrap().len();
    assert!(bytes <= 15 * 1024, "docs/SECURITY.md has {bytes} bytes");
}

/// Other pages cite the known limits by number.
#[test]
fn the_cited_limits_exist() {
    let documents = documents();
    let limits = documents.split_once("## Known limits").unwrap().1;
    for (at, cited) in documents.match_indices("known limit ") {
        let number: String = documents[at + cited.len()..].chars().take_while(char::is_ascii_digit).collect();
        assert!(limits.contains(&format!("\n{number}. **")), "known limit {number}");
    }
}

#[test]
fn every_requirement_has_a_row_and_what_a_test_shows_names_it() {
    let documents = documents();
    let mut numbers = HashSet::new();
    let mut chapters = [0_usize; 17];
    for [number, _, _, status, evidence] in rows(&documents) {
        assert!(numbers.insert(number), "{number} comes twice");
        let chapter: usize = number.split('.').next().unwrap().parse().unwrap();
        chapters[chapter - 1] += 1;
        assert!(["test", "construction", "operator", "n/a", "not met"].contains(&status), "{number}: {status}");
        assert!(status != "test" || citations(evidence).next().is_some(), "{number} names no test");
    }
    assert_eq!(chapters, REQUIREMENTS);
}
