//! The headers of an answer beside those of ours.

use axum::http::HeaderMap;

use super::head::Head;
use super::redact::harmless::header_name;
use super::redact::teller::Teller;
use crate::conferir::infer::PASSING;

/// What a client may depend on, although it says nothing of a dialect.
pub(super) const TOLD: [&str; 4] = ["allow", "location", "set-cookie", "www-authenticate"];

/// Where the headers of `answer` are others than `ours`, of which an empty one may have any value.
pub fn differences(answer: &Head, ours: &HeaderMap, teller: &Teller<'_>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, value) in ours {
        let value = String::from_utf8_lossy(value.as_bytes());
        match answer.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_str())) {
            None if value.is_empty() => differences.push(format!("no {name}")),
            None => differences.push(format!("no {name}, ours {value}")),
            Some((_, theirs)) if !value.is_empty() && theirs.trim_ascii() != value.as_bytes() => {
                differences.push(format!("{name} {}, ours {value}", teller.header_value(name.as_str(), theirs)));
            }
            Some(_) => {}
        }
    }
    let is_of = |names: &[&str], name: &str| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    for (name, value) in &answer.headers {
        if !ours.contains_key(name.as_str()) && (!is_of(&PASSING, name) || is_of(&TOLD, name)) {
            differences.push(format!("{} {}, ours none", header_name(name), teller.header_value(name, value)));
        }
    }
    differences
}
