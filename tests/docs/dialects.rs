//! The names of answers: the kit's own table, beside the server's catalogue.

use citrus_status::conferir::answers::error_name;
use citrus_status::http::answer::catalogue::ApiError;

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
    for error in ApiError::one_of_each() {
        let row = error.row();
        let is_ours_alone = error.present_status().is_some() || matches!(error, ApiError::UsuarioHidden);
        if is_ours_alone || NOT_ASKED.contains(&row.name) {
            continue;
        }
        let text: &'static str = Box::leak(error.message().into_owned().into_boxed_str());
        assert_eq!(error_name(text).map(|known| known.name), Some(row.name), "{text}");
    }
}
