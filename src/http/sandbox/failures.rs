//! Failures and delays that a request asks for in its headers.

use std::time::Duration;

use axum::http::HeaderMap;

use crate::auth::token::Rejection;
use crate::domain::rules::Rules;
use crate::domain::text::nearest;
use crate::http::answer::catalogue::{ApiError, Row};
use crate::http::state::AppState;

pub const FAILURE: &str = "X-Sandbox-Falha";
pub const DELAY: &str = "X-Sandbox-Atraso";
pub const DELAY_MAX: Duration = Duration::from_mins(1);
/// For how long a token has expired that is said to have.
const EXPIRED_FOR: Duration = Duration::from_secs(5);

/// What a request says that is to happen to it.
pub struct Demand {
    /// The error, and the word that asked for it.
    pub error: Option<(&'static str, ApiError)>,
    pub delay: Duration,
}

impl Demand {
    /// The one in `headers`.
    pub fn of(app: &AppState, headers: &HeaderMap) -> Result<Self, ApiError> {
        let word = header(headers, FAILURE)?.map(|text| named(app, text, &[])).transpose();
        let word = word.map_err(|why| ApiError::UnknownFault((FAILURE, why)))?;
        let wait = |millis| delay(millis).ok_or(ApiError::Invalid(DELAY));
        let delay = header(headers, DELAY)?.map(wait).transpose()?.unwrap_or_default();
        Ok(Self { error: word.and_then(|word| Some((word, failure(app, word)?))), delay })
    }
}

/// The error that is forced as `word`, if it can be.
pub fn failure(app: &AppState, word: &str) -> Option<ApiError> {
    match forcible(app.rules()).find(|error| error.row().forced_as == Some(word))? {
        // With the limits in force; there may be none.
        ApiError::Throttled(_) => app.login.refusal().map(ApiError::Throttled),
        ApiError::Token(Rejection::Expired { .. }) => {
            let now = app.clock.now();
            Some(ApiError::Token(Rejection::Expired { at: now - EXPIRED_FOR, now }))
        }
        error => Some(error),
    }
}

/// The errors that can be answered without a request that is at fault, by a server with `rules`.
fn forcible(rules: Rules) -> impl Iterator<Item = ApiError> {
    let all = ApiError::one_of_each().into_iter();
    all.filter(move |error| error.row().forced_as.is_some() && error.can_be_given(rules))
}

/// The word by which the error is forced that `text` names: by that word, by its name in dialects, or by its HTTP status where
/// no other code has that. Or else the end of a sentence that says what may stand there, `others` too.
pub fn named(app: &AppState, text: &str, others: &[&'static str]) -> Result<&'static str, String> {
    let mut rows: Vec<(&'static str, &'static Row)> =
        words(app.rules()).into_iter().filter_map(|word| Some((word, failure(app, word)?.row()))).collect();
    rows.sort_by_key(|(word, _)| *word);
    let by = |is: &dyn Fn(&str, &Row) -> bool| -> Vec<&'static str> {
        rows.iter().filter(|(word, row)| is(word, row)).map(|(word, _)| *word).collect()
    };
    let of_status = by(&|word, row| word == row.code.word && row.status.as_str() == text);
    let of_name = [by(&|word, _| word == text), by(&|_, row| row.name == text)].concat();
    match (of_status.as_slice(), of_name.first()) {
        ([word], _) | (_, Some(word)) => Ok(word),
        _ => Err(unknown(text, &of_status, &rows, others)),
    }
}

/// What may stand in the place of `text`, which is the HTTP status of several errors, or no name at all.
fn unknown(text: &str, of_status: &[&str], rows: &[(&'static str, &'static Row)], others: &[&'static str]) -> String {
    let known: Vec<&str> = others.iter().copied().chain(rows.iter().map(|(word, _)| *word)).collect();
    let names = known.iter().copied().chain(rows.iter().map(|(_, row)| row.name));
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

/// By which words errors are forced on a server with `rules`, sorted.
pub fn words(rules: Rules) -> Vec<&'static str> {
    let mut words: Vec<&str> = forcible(rules).filter_map(|error| error.row().forced_as).collect();
    words.sort_unstable();
    words
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
