//! The switch between the languages.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::Uri;
use axum::response::Response;

use super::cookies::LANGUAGE;
use super::entrance::PLACE;
use super::view::View;
use super::visit::{Visit, place};
use crate::http::answer::catalogue::ApiError;
use crate::http::request::query;

/// How long it is remembered, in seconds: a year.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// `GET /console/idioma/{idioma}`
pub async fn choose(
    uri: Uri,
    idioma: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let Ok(Path(idioma)) = idioma else { return Err(ApiError::NotFound) };
    if !["pt", "en"].contains(&idioma.as_str()) {
        return Err(ApiError::NotFound);
    }
    let wanted = query::parameter(&uri, PLACE)?.unwrap_or_default();
    let visit = Visit::of_request(&request);
    let cookie = visit.cookies.set(LANGUAGE, &idioma, Some(KEPT));
    Ok(View::new(visit, None).setting(cookie).lead_to(place(&wanted).unwrap_or_default()))
}
