//! The names of answers: the kit's own table and the page's list, beside the server's.

use citrus_status::conferir::answers::{AnswerName, error_name};
use citrus_status::http::answer::catalogue::ApiError;
use citrus_status::http::openapi::errors::{OPERATIONS, known};

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

#[test]
fn the_pages_list_the_names_of_fields() {
    let rows: Vec<&str> = ApiError::told_apart().map(|error| error.row().name).collect();
    let names = known().into_keys().filter(|name| !rows.contains(&name.as_str())).map(|name| format!("`{name}`"));
    let list = names.collect::<Vec<_>>().join(", ") + ".\n";
    for page in ["docs/DIALECT.md", "docs/DIALETO.md"] {
        is_current(page, &with_part(&read(page), "fields", &list));
    }
}
