//! `GET /docs` [ours]: the API to read and to try, for people. Swagger UI, from this program alone.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::answer;
use super::error::ApiError;
use super::openapi::SERVIDOR;

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("start.js");

/// The files of Swagger UI that the page loads.
const FILES: [&str; 3] = ["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"];

/// Only what this server sends is loaded, and only this server is asked. Swagger UI has pictures in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
#[utoipa::path(
    get, path = "/docs", tag = SERVIDOR, operation_id = "documentacao",
    summary = "Esta página [ours]",
    description = "Mostra este documento e envia requisições.",
    responses((status = 200, description = "A página", content_type = "text/html", body = String)),
)]
pub async fn page() -> Response {
    answer::page(POLICY, PAGE)
}

/// A file that the page loads. Those of Swagger UI are stored compressed, and sent as they are: no browser minds.
pub async fn file(name: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::NotFound)?;
    if name == "start.js" {
        return Ok(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], START).into_response());
    }
    let name = FILES.into_iter().find(|file| *file == name).ok_or(ApiError::NotFound)?;
    let config = Arc::new(Config::from("/openapi.json"));
    let Ok(Some(SwaggerFile { bytes, content_type, .. })) = serve(name, config) else { return Err(ApiError::NotFound) };
    let headers = [(CONTENT_TYPE, content_type.as_str()), (CONTENT_ENCODING, "gzip")];
    Ok((headers, bytes).into_response())
}
