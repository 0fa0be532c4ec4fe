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
