//! The entity tag of an atendimento (ours): its revision, how many changes it has seen.

use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::Response;

pub fn tagged(mut response: Response, revision: i64) -> Response {
    response.headers_mut().insert(ETAG, value(revision));
    response
}

pub fn value(revision: i64) -> HeaderValue {
    HeaderValue::try_from(tag(revision)).expect("a number in quotes")
}

pub fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}
