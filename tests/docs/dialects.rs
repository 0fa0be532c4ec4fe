//! The names of answers: the kit's own table and the page's list, beside the server's.

use std::collections::BTreeSet;

use citrus_status::conferir::answers::{AnswerName, error_name};
use citrus_status::http::answer::catalogue::ApiError;
use citrus_status::http::openapi::errors::{OPERATIONS, known};

use citrus_status::conferir::record::asked_names;

use super::generated::{is_current, read, with_part};

/// Texts that no case of the kit has: they take what can't be provoked, or a spoilt byte.
const NOT_ASKED: [&str; 7] = [
    "malformed",
    "body_not_utf8",
    "body_not_in_charset",
    "body_malformed_text",
    "body_cut",
    "body_slow",
    "in_progress",
];

#[test]
fn the_kit_names_each_answer_as_the_server_does() {
    for error in ApiError::told_apart() {
        let row = error.row();
        if error.is_ours_alone() || NOT_ASKED.contains(&row.name) {
            continue;
        }
        let text: &'static str = Box::leak(error.message().into_owned().into_boxed_str());
        assert_eq!(error_name(text).map(|known| known.name), Some(row.name), "{text}");
    }
}

#[test]
fn the_kit_names_each_field_as_the_server_does() {
    let errors = OPERATIONS.iter().flat_map(|(_, lists)| lists.concat()).filter(|error| error.subject().is_some());
    for error in errors {
        let text: &'static str = Box::leak(error.message().into_owned().into_boxed_str());
        assert_eq!(error_name(text).map(AnswerName::key), Some(error.key()), "{text}");
    }
}

/// Errors of the two routes of the vendor's page for which no recording asks by a case, and why.
const NOT_RECORDED: [(&str, &str); 24] = [
    ("malformed", "no client sends such a request"),
    ("body_cut", "no client sends half a body"),
    ("body_slow", "it takes longer than a run"),
    ("body_not_utf8", "no client sends such bytes"),
    ("body_not_in_charset", "no client sends such bytes"),
    ("body_malformed_text", "no client sends such bytes"),
    ("body_duplicate_field", "who does not look at it answers what the rest of the body says"),
    ("body_too_large", "who does not look at it answers what the rest of the body says"),
    ("unknown_charset", "who does not look at it answers what the rest of the body says"),
    ("content_coding", "who does not look at it answers what the rest of the body says"),
    ("throttled", "it would lock the user out"),
    ("token_expired", "it takes as long as a token lives"),
    ("token_revoked", "it takes an administrator"),
    ("token_failed", "it takes a fault"),
    ("internal", "it takes a fault"),
    ("unavailable", "it takes a fault"),
    ("access_denied", "it is asked as the user of --login-sem-permissao"),
    ("same_status", "it is a rule, and asked as one"),
    ("motivo_unneeded", "it is a rule, and asked as one"),
    ("invalid_simular", "our own extension"),
    ("invalid_Idempotency-Key", "our own extension"),
    ("invalid_statusAtual", "our own extension"),
    ("in_progress", "our own extension"),
    ("reused_key", "our own extension"),
];

#[test]
fn a_recording_asks_for_each_error_that_a_client_can_provoke() {
    let of_page = OPERATIONS.iter().filter(|(id, _)| ["login", "alterarStatus"].contains(id));
    let given: BTreeSet<String> = of_page
        .flat_map(|(_, lists)| lists.concat())
        .filter(|error| !error.is_ours_alone())
        .map(|error| error.key())
        .collect();
    let asked: BTreeSet<String> = asked_names().collect();
    let excepted: BTreeSet<String> = NOT_RECORDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(asked.intersection(&excepted).collect::<Vec<_>>(), [""; 0]);
    let neither: Vec<_> = given.iter().filter(|name| !asked.contains(*name) && !excepted.contains(*name)).collect();
    assert_eq!(neither, [""; 0]);
    let idle: Vec<_> = excepted
        .iter()
        .filter(|name| !given.contains(*name) && !ApiError::told_apart().any(|error| error.key() == **name))
        .collect();
    assert_eq!(idle, [""; 0]);
}

#[test]
fn the_pages_list_the_names_of_fields() {
    let rows: Vec<&str> = ApiError::told_apart().map(|error| error.row().name).collect();
    let names = known().into_keys().filter(|name| !rows.contains(&name.as_str())).map(|name| format!("`{name}`"));
    let list = names.collect::<Vec<_>>().join(", ") + ".\n";
    for page in ["docs/DIALECT.md", "docs/DIALETO.md"] {
        is_current(page, &with_part(&read(page), "fields", &list));
    }
}
