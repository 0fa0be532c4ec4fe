//! Parameters: those of the query, and the protocolo in the path.

use axum::RequestPartsExt;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::Uri;
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::domain::text::{PROTOCOLO_MAX, fits, is_blank};
use crate::http::answer::catalogue::ApiError;

/// What bytes that are no UTF-8 are decoded to.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The parameter `name` of the query, if it was sent. Others are ignored.
pub fn parameter(uri: &Uri, name: &'static str) -> Result<Option<String>, ApiError> {
    let Some(query) = uri.query() else { return Ok(None) };
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if !value.contains(REPLACEMENT) => Ok(Some(value.into_owned())),
        _ => Err(ApiError::Invalid(name)),
    }
}

/// The same, `true` or `false` in any case; false where it was not sent.
pub fn flag(uri: &Uri, name: &'static str) -> Result<bool, ApiError> {
    match parameter(uri, name)? {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(ApiError::Invalid(name)),
    }
}

/// The protocolo in the query, trimmed.
pub fn protocolo(uri: &Uri) -> Result<String, ApiError> {
    judged(parameter(uri, "protocolo")?.unwrap_or_default())
}

/// The protocolo in the path, trimmed.
pub fn path_protocolo(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let Path(protocolo) = path.map_err(|_| ApiError::Invalid("protocolo"))?;
    judged(protocolo)
}

/// The protocolo in the path or else in the query, whatever it is; empty where none can be read.
pub async fn protocolo_as_sent(parts: &mut Parts) -> String {
    let in_path = parts.extract::<Path<String>>().await.ok().map(|Path(protocolo)| protocolo);
    in_path.or_else(|| parameter(&parts.uri, "protocolo").ok().flatten()).unwrap_or_default()
}

fn judged(protocolo: String) -> Result<String, ApiError> {
    if is_blank(&protocolo) {
        return Err(ApiError::Required("protocolo"));
    }
    if !fits(&protocolo, PROTOCOLO_MAX) {
        return Err(ApiError::Invalid("protocolo"));
    }
    Ok(protocolo.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Option<String>, &'static str> {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        parameter(&uri, "a").map_err(|error| match error {
            ApiError::Invalid(name) => name,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_known_parameter_comes_once_and_is_decoded() {
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("b=1&A=2&&=3"), Ok(None));
        assert_eq!(of("b=1&a=x+%C3%A9%2B&b=2"), Ok(Some("x é+".to_owned())));
        assert_eq!(of("%61"), Ok(Some(String::new())));
        assert_eq!(of("a=1&a=1"), Err("a"));
        assert_eq!(of("a=%FF"), Err("a"));
    }
}
