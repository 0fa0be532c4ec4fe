//! Errors as pages, for the frame of all requests.

use std::mem;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::entrance;
use super::visit::{CONSOLE, Visit};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::render::ErrorPage;

/// What shows the errors of a request for a page; `None` for other requests.
pub fn pages(uri: &Uri, headers: &HeaderMap) -> Option<ErrorPage> {
    let rest = uri.path().strip_prefix(CONSOLE)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let visit = Visit::at(uri, headers);
    Some(Box::new(move |answer, error| page(visit, answer, error)))
}

/// `answer`, whose headers stay, as a page about `error`.
fn page(visit: Visit, mut answer: Response, error: &ApiError) -> Response {
    let (texts, language) = (&visit.texts.errors, visit.language);
    let title = match error.status() {
        StatusCode::FORBIDDEN => texts.forbidden,
        StatusCode::NOT_FOUND => texts.not_found,
        StatusCode::METHOD_NOT_ALLOWED => texts.not_found,
        StatusCode::SERVICE_UNAVAILABLE => texts.unavailable,
        status if status.is_server_error() => texts.failed,
        _ => texts.not_understood,
    };
    let text = error.fill(language.choose(error.row().detail));
    let mut page = entrance::message(visit, answer.status(), title, &text);
    for (name, value) in answer.headers() {
        if name != CONTENT_TYPE && !page.headers().contains_key(name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    *page.extensions_mut() = mem::take(answer.extensions_mut());
    page
}
