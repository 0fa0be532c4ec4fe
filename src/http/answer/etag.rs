//! The entity tag of an atendimento (ours): its revision, how many changes it has seen.

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

/// `response`, with the tag of `revision`.
pub fn tagged(mut response: Response, revision: i64) -> Response {
    response.headers_mut().insert(ETAG, value(revision));
    response
}

/// The tag of `revision`, as a header has it.
pub fn value(revision: i64) -> HeaderValue {
    HeaderValue::try_from(tag(revision)).expect("a number in quotes")
}

/// Whether `If-None-Match` says that the client has `revision`.
pub fn is_known(headers: &HeaderMap, revision: i64) -> bool {
    let tag = tag(revision);
    tags(headers, IF_NONE_MATCH).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The revisions one of which the client has read, as `If-Match` says; `None` where any will do. What
/// is no tag of ours names none.
pub fn read(headers: &HeaderMap) -> Option<Vec<i64>> {
    if !headers.contains_key(IF_MATCH) || tags(headers, IF_MATCH).any(|tag| tag == "*") {
        return None;
    }
    Some(tags(headers, IF_MATCH).filter_map(number).collect())
}

fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn number(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.parse().ok().filter(|revision| self::tag(*revision) == tag)
}

/// The entries of all `name` headers. Tags of ours hold no comma.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}
