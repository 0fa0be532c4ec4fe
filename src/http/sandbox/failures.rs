//! Failures and delays that a request asks for in its headers.

use std::time::Duration;

use axum::http::HeaderMap;

use crate::auth::token::Rejection;
use crate::http::answer::catalogue::ApiError;
use crate::http::state::AppState;

pub const FAILURE: &str = "X-Sandbox-Falha";
pub const DELAY: &str = "X-Sandbox-Atraso";
pub const DELAY_MAX: Duration = Duration::from_mins(1);
/// For how long a token has expired that is said to have.
const EXPIRED_FOR: Duration = Duration::from_secs(5);

/// What a request says that is to happen to it.
pub struct Demand {
    pub error: Option<ApiError>,
    pub delay: Duration,
}

impl Demand {
    /// The one in `headers`.
    pub fn of(app: &AppState, headers: &HeaderMap) -> Result<Self, ApiError> {
        let error = header(headers, FAILURE, |code| failure(app, code))?;
        Ok(Self { error, delay: header(headers, DELAY, delay)?.unwrap_or_default() })
    }
}

/// The error that `code` names, if it can be forced.
pub fn failure(app: &AppState, code: &str) -> Option<ApiError> {
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

/// The code that `text` is, or that a dialect calls `text`, or that alone has it as its HTTP status.
pub fn code(text: &str) -> Option<&'static str> {
    let of_status: Vec<ApiError> = forcible().filter(|error| error.status().as_str() == text).collect();
    match of_status.as_slice() {
        [error] => Some(error.code()),
        // Dialects name them otherwise.
        _ => { codes().into_iter() }
            .find(|code| *code == text)
            .or_else(|| forcible().find(|error| error.row().name == text).map(|error| error.code())),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_also_called_what_dialects_call_it() {
        for (name, word) in [
            ("token_revoked", "revoked_token"),
            ("token_expired", "expired_token"),
            ("token_missing", "no_token"),
            ("wrong_senha", "wrong_password"),
            ("unknown_user", "unknown_user"),
        ] {
            assert_eq!(code(name), Some(word));
        }
        assert_eq!(code("token"), None);
    }
}
