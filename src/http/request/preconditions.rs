//! `If-Match` and `If-None-Match` (ours): what a client has read already.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};

use crate::http::answer::etag;

/// Whether `If-None-Match` says that the client has `revision`.
pub fn is_known(headers: &HeaderMap, revision: i64) -> bool {
    let tag = etag::tag(revision);
    tags(headers, IF_NONE_MATCH).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The revisions of `If-Match`, one of which has to be the current one; `None` where any will do. A tag that is not
/// ours matches none.
pub fn if_match(headers: &HeaderMap) -> Option<Vec<i64>> {
    if !headers.contains_key(IF_MATCH) || tags(headers, IF_MATCH).any(|tag| tag == "*") {
        return None;
    }
    Some(tags(headers, IF_MATCH).filter_map(revision).collect())
}

fn revision(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.parse().ok().filter(|revision| etag::tag(*revision) == tag)
}

/// The entries of all `name` headers. Tags of ours hold no comma.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}
