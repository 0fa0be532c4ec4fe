//! `docs/openapi.json`

use citrus_status::http::openapi;

use crate::support::database::Database;
use crate::support::program::run;

#[test]
fn it_is_current() {
    assert!(openapi::TEXT == openapi::generate(), "run `cargo run -- openapi > docs/openapi.json`");
}

#[test]
fn the_command_prints_it() {
    run(&Database::sqlite(), &["openapi"]).prints(openapi::TEXT);
}

/// `docs/ERRORS.md` lists every error; the texts that have a number or a name in them are the same examples there.
#[test]
fn every_message_is_in_it() {
    let messages: Vec<&str> = include_str!("../../docs/ERRORS.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | `")?.1.split_once('`'))
        .map(|(message, _)| message)
        .collect();
    assert!(messages.len() > 35, "{messages:?}");
    for message in messages {
        assert!(openapi::TEXT.contains(&format!("`{message}`")), "{message:?} is not in docs/openapi.json");
    }
}

/// The three tables of the contract that have the vendor page's cases, by the headings above them.
const TABLES: [&str; 3] = ["## `POST /api/usuario/login`", "## The token", "## `POST /api/atendimentos/status`"];

/// The mark that a row of the contract gives its message: `[doc]` where all of it is the page's.
fn mark(cells: &[&str]) -> &'static str {
    let documented: Vec<bool> = cells.iter().map(|cell| cell.contains("**[doc]**")).collect();
    match documented.as_slice() {
        [true, false] => "[doc: texto]",
        [false, ..] => "[ours]",
        _ => "[doc]",
    }
}

/// In the table of the token the text alone is marked: the page has no status codes for it.
#[test]
fn the_marks_are_those_of_the_contract() {
    let contract = include_str!("../../docs/CONTRACT.md");
    let mut compared = 0;
    for heading in TABLES {
        let section = contract.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
        let refusal = |line: &&str| line.starts_with("| ") && (line.contains(" | 4") || line.contains(" | 5"));
        for row in section.lines().filter(refusal) {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let message = cells[2].trim_matches('`').split('`').next().unwrap();
            let marks = if heading.contains("token") { vec![cells[3], ""] } else { cells[3..].to_vec() };
            let line = format!("- `{}` {}", message.replace("Found: N", "Found: 0"), mark(&marks));
            assert!(openapi::TEXT.contains(&format!("{line}\\n")), "{line} is not in docs/openapi.json");
            compared += 1;
        }
    }
    assert_eq!(compared, 36);
}
