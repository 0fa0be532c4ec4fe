//! The header `Idempotency-Key` (ours): with it a client repeats a request without doing it twice.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use crate::http::answer::catalogue::ApiError;
use crate::http::limits::IDEMPOTENCY_KEY_MAX;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key that came in `headers`, if one did: printable ASCII. Quotes, which the IETF's draft asks
/// for, are part of it.
pub fn key(headers: &HeaderMap) -> Result<Option<Arc<str>>, ApiError> {
    let mut keys = headers.get_all(KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => match key.to_str() {
            Ok(key) if (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()) && !key.contains('\t') => Ok(Some(key.into())),
            _ => Err(ApiError::Invalid("Idempotency-Key")),
        },
        _ => Err(ApiError::Invalid("Idempotency-Key")),
    }
}

/// The key of the item `index` of a request that came with `key`. The separator occurs in no header.
pub fn item_key(key: &str, index: usize) -> Arc<str> {
    format!("{key}\u{1f}{index}").into()
}

pub fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
