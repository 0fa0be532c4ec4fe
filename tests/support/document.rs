//! The document of the API as a witness: whatever a test is answered on a route has to be in it.

use std::sync::LazyLock;

use citrus_status::http::openapi;
use reqwest::Method;
use serde_json::Value;

use super::server::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(openapi::TEXT).unwrap());

/// Headers that say something of one kind of answer alone.
const TELLING: [&str; 8] = [
    "accept-encoding",
    "etag",
    "idempotency-replayed",
    "ignored-members",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "www-authenticate",
];

/// Checks that the document has `answer` on the route that `path` leads to: status, message and headers. Unknown
/// paths and methods are not in it.
#[track_caller]
pub fn knows(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path}: the document has no {answer:?}");
    for name in TELLING.iter().filter(|name| answer.header(name).is_some()) {
        let mut known = response["headers"].as_object().into_iter().flatten();
        assert!(known.any(|(header, _)| header.eq_ignore_ascii_case(name)), "{method} {path}: no {name}: {answer:?}");
    }
    if answer.status >= 400 && *method != Method::HEAD {
        let message = general(&format!("- `{}` [", answer.json()["message"].as_str().unwrap()));
        let mut known = response["description"].as_str().unwrap().lines().map(general);
        assert!(
            known.any(|line| line.starts_with(&message)),
            "{method} {path}: the document has no {message} {answer:?}"
        );
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = parts(path.split('?').next().unwrap());
    let leads = |template: &str| {
        let template = parts(template);
        template.len() == path.len()
            && template.iter().zip(&path).all(|(part, sent)| part == sent || part.starts_with('{'))
    };
    let (_, operations) = DOCUMENT["paths"].as_object()?.iter().find(|(template, _)| leads(template))?;
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    operations.get(method.as_str().to_lowercase())
}

/// Under `/api`, slashes too many change no route.
fn parts(path: &str) -> Vec<&str> {
    let api = path.trim_start_matches('/').starts_with("api/");
    path.split('/').filter(|part| !api || !part.is_empty()).collect()
}

/// `text` without what differs from request to request: numbers, and names of fields and charsets.
fn general(text: &str) -> String {
    let mut general = String::new();
    for word in text.split(' ') {
        let after_name = general.ends_with("campo ") || general.ends_with("declarado, ");
        let digits = |c: char| c.is_ascii_digit();
        general +=
            &if after_name { "…".to_owned() } else { word.split(digits).filter(|part| !part.is_empty()).collect() };
        general.push(' ');
    }
    general.trim_end().to_owned()
}
