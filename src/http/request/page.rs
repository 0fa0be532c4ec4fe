//! Pages (ours): how many entries are asked for, and where the page begins.

use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::query;
use crate::clock::{from_unix_millis, of_four_digits, unix_millis};
use crate::domain::text::{PROTOCOLO_MAX, fits};
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::{PAGE_ENTRIES, PAGE_ENTRIES_MAX};

/// The parameter `limite`: how many entries, at most.
pub fn limit(uri: &Uri) -> Result<u16, ApiError> {
    let Some(limit) = query::parameter(uri, "limite")? else { return Ok(PAGE_ENTRIES) };
    let digits = limit.bytes().all(|byte| byte.is_ascii_digit());
    let number = limit.parse().ok().filter(|number| digits && (1..=PAGE_ENTRIES_MAX).contains(number));
    number.ok_or(ApiError::Invalid("limite"))
}

/// The parameter `cursor`: the number of the entry after which the page begins.
pub fn cursor(uri: &Uri) -> Result<Option<i64>, ApiError> {
    let number = |bytes: Vec<u8>| Some(i64::from_be_bytes(bytes.try_into().ok()?)).filter(|number| *number > 0);
    decoded(uri)?.map(|bytes| number(bytes).ok_or(INVALID)).transpose()
}

/// The parameter `cursor`: the name of the entry after which the page begins.
pub fn text_cursor(uri: &Uri) -> Result<Option<String>, ApiError> {
    let text =
        |bytes: Vec<u8>| String::from_utf8(bytes).ok().filter(|text| !text.is_empty() && fits(text, PROTOCOLO_MAX));
    decoded(uri)?.map(|bytes| text(bytes).ok_or(INVALID)).transpose()
}

/// The parameter `cursor`: the moment and the number of the entry after which the page begins.
pub fn moment_cursor(uri: &Uri) -> Result<Option<(OffsetDateTime, i64)>, ApiError> {
    let position = |bytes: Vec<u8>| {
        let (moment, number) = bytes.split_first_chunk::<8>()?;
        let number = i64::from_be_bytes(number.try_into().ok()?);
        let moment = from_unix_millis(i64::from_be_bytes(*moment)).and_then(of_four_digits)?;
        Some((moment, number))
    };
    decoded(uri)?.map(|bytes| position(bytes).ok_or(INVALID)).transpose()
}

/// The cursor of the page after the entry of this moment and number.
pub fn after_moment((moment, number): (OffsetDateTime, i64)) -> String {
    URL_SAFE_NO_PAD.encode([unix_millis(moment).to_be_bytes(), number.to_be_bytes()].concat())
}

/// The cursor of the page after the entry `number`.
pub fn after(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

/// The cursor of the page after the entry `name`.
pub fn after_text(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

const INVALID: ApiError = ApiError::Invalid("cursor");

fn decoded(uri: &Uri) -> Result<Option<Vec<u8>>, ApiError> {
    let cursor = query::parameter(uri, "cursor")?;
    cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).map_err(|_| INVALID)).transpose()
}
