//! Failures and delays that a request asks for in its headers.

use std::time::Duration;

use axum::http::HeaderMap;

use crate::auth::token::Rejection;
use crate::domain::rules::Rules;
use crate::domain::text::nearest;
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
        let code = header(headers, FAILURE)?.map(|text| named(app, text, &[])).transpose();
        let code = code.map_err(|why| ApiError::UnknownFault((FAILURE, why)))?;
        let wait = |millis| delay(millis).ok_or(ApiError::Invalid(DELAY));
        let delay = header(headers, DELAY)?.map(wait).transpose()?.unwrap_or_default();
        Ok(Self { error: code.and_then(|code| failure(app, code)), delay })
    }
}

/// The error that `code` names, if it can be forced.
pub fn failure(app: &AppState, code: &str) -> Option<ApiError> {
    match forcible(app.rules()).find(|error| error.code() == code)? {
        // With the limits in force; there may be none.
        ApiError::Throttled(_) => app.login.refusal().map(ApiError::Throttled),
        ApiError::Token(Rejection::Expired { .. }) => {
            let now = app.clock.now();
            Some(ApiError::Token(Rejection::Expired { at: now - EXPIRED_FOR, now }))
        }
        error => Some(error),
    }
}

/// The errors that can be answered without a request that is at fault, by a server with `rules`: one of each code.
fn forcible(rules: Rules) -> impl Iterator<Item = ApiError> {
    ApiError::one_of_each().into_iter().filter(move |error| error.row().is_forcible && error.can_be_given(rules))
}

/// The code of the error that `text` names: by that code, by its name in dialects, or by its HTTP status where no other has that.
/// Or else the end of a sentence that says what may stand there, `others` too.
pub fn named(app: &AppState, text: &str, others: &[&'static str]) -> Result<&'static str, String> {
    let mut errors: Vec<ApiError> =
        forcible(app.rules()).filter(|error| failure(app, error.code()).is_some()).collect();
    errors.sort_by_key(ApiError::code);
    let by = |is: &dyn Fn(&ApiError) -> bool| -> Vec<&'static str> {
        errors.iter().filter(|error| is(error)).map(ApiError::code).collect()
    };
    let of_status = by(&|error| error.status().as_str() == text);
    let of_name = [by(&|error| error.code() == text), by(&|error| error.row().name == text)].concat();
    match (of_status.as_slice(), of_name.first()) {
        ([code], _) | (_, Some(code)) => Ok(code),
        _ => Err(unknown(text, &of_status, &errors, others)),
    }
}

/// What may stand in the place of `text`, which is the HTTP status of several errors, or no name at all.
fn unknown(text: &str, of_status: &[&str], errors: &[ApiError], others: &[&'static str]) -> String {
    let known: Vec<&str> = others.iter().copied().chain(errors.iter().map(ApiError::code)).collect();
    let names = known.iter().copied().chain(errors.iter().map(|error| error.row().name));
    let is_number = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let hint = match (of_status, nearest(text, names)) {
        ([_, ..], _) => format!("{text} é de {}; ", of_status.join(", ")),
        _ if is_number => format!("{text} não é de nenhum; "),
        _ if text == "same_status" => "este vem só em um dialeto que recusa o mesmo status; ".to_owned(),
        (_, Some(near)) => format!("quis dizer {near}? "),
        _ => String::new(),
    };
    format!("{hint}use um destes: {}", known.join(", "))
}

/// The codes of the errors that can be forced on a server with `rules`, sorted.
pub fn codes(rules: Rules) -> Vec<&'static str> {
    let mut codes: Vec<&str> = forcible(rules).map(|error| error.code()).collect();
    codes.sort_unstable();
    codes
}

fn delay(millis: &str) -> Option<Duration> {
    let digits = millis.bytes().all(|byte| byte.is_ascii_digit());
    let delay = Duration::from_millis(millis.parse().ok()?);
    (digits && delay <= DELAY_MAX).then_some(delay)
}

/// The value of the header `name`, if it was sent.
fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ApiError::Invalid(name)),
        _ => Err(ApiError::Invalid(name)),
    }
}
