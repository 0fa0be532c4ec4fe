//! The files that pages load. Their names have a digest, so that browsers keep them.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::answer::catalogue::ApiError;

/// Name, end of the name, type and content.
const FILES: [(&str, &str, &str, &str); 3] = [
    ("console", "css", "text/css; charset=utf-8", include_str!("assets/console.css")),
    ("console", "js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
    ("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")),
];
const KEPT: &str = "public, max-age=31536000, immutable";

/// The names under which they are served.
static NAMES: LazyLock<[String; 3]> = LazyLock::new(|| {
    FILES.map(|(name, end, _, text)| {
        let hash = digest(&SHA256, text.as_bytes());
        let hash: String = hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}.{hash}.{end}")
    })
});

pub fn css() -> &'static str {
    &NAMES[0]
}

pub fn js() -> &'static str {
    &NAMES[1]
}

pub fn icon() -> &'static str {
    &NAMES[2]
}

pub async fn file(name: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::NotFound)?;
    let index = NAMES.iter().position(|known| *known == name).ok_or(ApiError::NotFound)?;
    let (_, _, content_type, text) = FILES[index];
    Ok(([(CONTENT_TYPE, content_type), (CACHE_CONTROL, KEPT)], text).into_response())
}
