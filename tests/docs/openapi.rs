//! `docs/openapi.json`

use citrus_status::http::openapi;

use crate::support::database::Database;
use crate::support::program::run;

const COPY: &str = include_str!("../../docs/openapi.json");

#[test]
fn the_copy_is_current() {
    assert!(COPY == openapi::text(), "run `cargo run -- openapi > docs/openapi.json`");
}

#[test]
fn the_command_prints_it() {
    run(&Database::sqlite(), &["openapi"]).prints(openapi::text());
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
        assert!(COPY.contains(&format!("`{message}`")), "{message:?} is not in docs/openapi.json");
    }
}
