//! Failures and delays on demand, so that you can test how your client handles them.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::sleep;

use crate::auth::token::Rejection;
use crate::http::answer::catalogue::ApiError;
use crate::http::state::{AppState, SharedState};

pub const FAILURE: &str = "X-Sandbox-Falha";
pub const DELAY: &str = "X-Sandbox-Atraso";
pub const DELAY_MAX: Duration = Duration::from_mins(1);
/// For how long a token has expired that is said to have.
const EXPIRED_FOR: Duration = Duration::from_secs(5);

/// Does what the headers of a sandbox ask for, before the request is looked at.
pub async fn intercept(State(app): State<SharedState>, request: Request, next: Next) -> Result<Response, ApiError> {
    let failure = header(request.headers(), FAILURE, |code| failure(&app, code))?;
    if let Some(delay) = header(request.headers(), DELAY, delay)? {
        sleep(delay).await;
    }
    match failure {
        Some(error) => {
            tracing::info!(code = error.code(), "a failure was forced");
            Err(error)
        }
        None => Ok(next.run(request).await),
    }
}

fn failure(app: &AppState, code: &str) -> Option<ApiError> {
    match forcible().find(|error| error.code() == code)? {
        // With the limits in force; there may be none.
        ApiError::Throttled(_) => app.login.refusal().map(ApiError::Throttled),
        ApiError::Token(Rejection::Expired { .. }) => {
            let now = app.clock.now();
            Some(ApiError::Token(Rejection::Expired { at: now - EXPIRED_FOR, now }))
        }
        error => Some(error),
    }
}

/// The errors that can be answered without a request that is at fault: one of each code.
fn forcible() -> impl Iterator<Item = ApiError> {
    ApiError::one_of_each().into_iter().filter(|error| error.row().is_forcible)
}

/// The codes of the errors that can be forced, sorted.
pub fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = forcible().map(|error| error.code()).collect();
    codes.sort_unstable();
    codes
}

fn delay(millis: &str) -> Option<Duration> {
    let digits = millis.bytes().all(|byte| byte.is_ascii_digit());
    let delay = Duration::from_millis(millis.parse().ok()?);
    (digits && delay <= DELAY_MAX).then_some(delay)
}

/// What `read` makes of the header `name`, if it was sent.
fn header<T>(
    headers: &HeaderMap,
    name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(read).map(Some).ok_or(ApiError::Invalid(name)),
        _ => Err(ApiError::Invalid(name)),
    }
}
