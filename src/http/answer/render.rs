//! An error on its way out. It leaves its handler without a body; the frame of all requests renders it, as only
//! the frame knows in which form the client asks for it.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::ApiError;
use super::etag;
use super::json::{self, Message};
use super::problem::{self, Language};
use crate::domain::atendimento::{Denial, Status};
use crate::service::throttle::{Exhausted, Policy, Throttled};

impl IntoResponse for ApiError {
    /// Its status and its headers. [`render`] adds the body.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        add_headers(response.headers_mut(), &self);
        response.extensions_mut().insert(self);
        response
    }
}

/// What shows the errors of a request to people: its answer, made a page. The answer has its status and its headers.
pub type ErrorPage = Box<dyn FnOnce(Response, &ApiError) -> Response + Send>;

/// `response`; if it is an error, as `page` shows it.
pub fn shown(mut response: Response, page: ErrorPage) -> Response {
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => page(response, &error),
        None => response,
    }
}

/// `response`; if it is an error, with its body: a problem in `language`, or else the envelope.
pub fn render(mut response: Response, language: Option<Language>) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
    let body = match language {
        Some(language) => {
            problem::add_headers(response.headers_mut(), language);
            json::bytes(&problem::of(&error, language))
        }
        None => json::bytes(&envelope(&error)),
    };
    // The router has set it for the empty body.
    if let Some(length) = response.headers_mut().get_mut(CONTENT_LENGTH) {
        *length = body.len().into();
    }
    response.map(|_| Body::from(body))
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Envelope {
    Message(Message<'static>),
    Mismatch(Mismatch),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Divergencia, description = "O atendimento não está como o cliente o leu [ours].")]
pub struct Mismatch {
    message: Cow<'static, str>,
    /// O status atual.
    #[schema(value_type = Status)]
    status_atual: &'static str,
}

pub fn envelope(error: &ApiError) -> Envelope {
    let message = error.message();
    match error.present_status() {
        Some(atual) => Envelope::Mismatch(Mismatch { message, status_atual: atual.nome() }),
        None => Envelope::Message(Message { message }),
    }
}

fn add_headers(headers: &mut HeaderMap, error: &ApiError) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match error {
        ApiError::Denied(Denial::RevisionDiffers(atual)) => _ = headers.insert(ETAG, etag::value(atual.revisao)),
        ApiError::ContentCoding => _ = headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ApiError::Throttled(throttled) => add_limits(headers, throttled),
        ApiError::InProgress => _ = headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
        _ => {}
    }
    match error.status() {
        StatusCode::UNAUTHORIZED => _ = headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        StatusCode::SERVICE_UNAVAILABLE => _ = headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
        _ => {}
    }
    if error.row().ends_connection {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// `Retry-After`, and the fields of the IETF's draft-ietf-httpapi-ratelimit-headers: the limits in
/// force, and those that are exhausted.
fn add_limits(headers: &mut HeaderMap, throttled: &Throttled) {
    let seconds = throttled.exhausted.iter().map(|limit| limit.seconds).max().unwrap_or_default();
    let policies = throttled
        .policies
        .iter()
        .map(|Policy { name, limit }| format!("\"{name}\";q={};w={}", limit.quota, limit.window));
    let exhausted = throttled.exhausted.iter().map(|Exhausted { name, seconds }| format!("\"{name}\";r=0;t={seconds}"));
    let list = |items: Vec<String>| HeaderValue::try_from(items.join(", ")).expect("names and numbers are ASCII");
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    headers.insert(HeaderName::from_static("ratelimit-policy"), list(policies.collect()));
    headers.insert(HeaderName::from_static("ratelimit"), list(exhausted.collect()));
}
