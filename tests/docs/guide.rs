//! `docs/WRITE-A-CLIENT.md` and its Portuguese twin: their clients and codes are those of the project.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The clients that CI runs, by the language of their blocks.
const CLIENTS: [(&str, &str); 4] =
    [("python", "client.py"), ("js", "client.mjs"), ("java", "Client.java"), ("bash", "client.sh")];

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The page in English and in Portuguese.
fn pages() -> [String; 2] {
    ["WRITE-A-CLIENT.md", "ESCREVA-UM-CLIENTE.md"].map(document)
}

/// The fenced blocks of a page: language and content.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect()
}

/// The cells of the rows of a page's tables, without backquotes.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches('`')).collect())
}

/// What the page says of each code: with which status codes it comes. No other table has three columns.
fn codes(page: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let rows = rows(page).filter(|row| row.len() == 3 && row[1] != "status");
    rows.map(|row| (row[0], row[1].split(", ").collect())).collect()
}

/// How deep each heading is.
fn outline(page: &str) -> Vec<usize> {
    let headings = page.lines().filter_map(|line| line.split_once(' '));
    headings.map(|(mark, _)| mark).filter(|mark| mark.trim_matches('#').is_empty()).map(str::len).collect()
}

#[test]
fn it_shows_the_clients_that_ci_runs() {
    for page in pages() {
        let mut shown = blocks(&page);
        shown.retain(|(language, _)| !["sh", "text"].contains(language));
        assert_eq!(shown.len(), CLIENTS.len());
        for (shown, (language, file)) in shown.into_iter().zip(CLIENTS) {
            let client = document(&format!("clients/{file}"));
            assert_eq!(shown, (language, client.trim_end()), "copy docs/clients/{file} into both pages");
        }
    }
}

#[test]
fn it_says_what_to_do_on_each_code() {
    let errors = document("ERRORS.md");
    let list = errors.split_once("## Codes").unwrap().1.split_once("## Errors").unwrap().0;
    let listed: BTreeSet<&str> = rows(list).map(|row| row[0]).filter(|code| *code != "code").collect();
    assert!(listed.len() > 20, "{listed:?}");
    for page in pages() {
        let codes = codes(&page);
        assert_eq!(codes.keys().copied().collect::<BTreeSet<_>>(), listed);
        for row in rows(&errors).filter(|row| row.len() == 6 && row[0] != "status") {
            assert!(codes[row[2]].contains(row[0]), "{} comes with {}, too", row[2], row[0]);
        }
    }
}

/// Sentences differ; commands, their answers and the outline do not.
#[test]
fn both_pages_are_one() {
    let [english, portuguese] = &pages();
    assert_eq!(blocks(english), blocks(portuguese));
    assert_eq!(codes(english), codes(portuguese));
    assert_eq!(outline(english), outline(portuguese));
    assert_eq!(rows(english).count(), rows(portuguese).count());
}
