//! `GET /docs` (ours): the API to read and to try, for people. Swagger UI, from this program alone.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi;
use crate::http::openapi::SERVIDOR;
use crate::http::pages::html;

/// The page; `{root}` stands for the way from it to `/`.
const PAGE: &str = include_str!("page.html");

/// Our own files that the page loads: name, type and content.
const OURS: [(&str, &str, &str); 2] = [
    ("start.js", "text/javascript; charset=utf-8", include_str!("start.js")),
    ("start.css", "text/css; charset=utf-8", include_str!("start.css")),
];

const FILES: [&str; 3] = ["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"];

/// Only what this server sends is loaded, and only this server is asked. Swagger UI has pictures in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /openapi.json` (ours)
#[utoipa::path(
    get, path = "/openapi.json", tag = SERVIDOR, operation_id = "openapi",
    summary = "Este documento [ours]",
    description = "O OpenAPI de todas as rotas; o mesmo de `citrus-status openapi`.",
    responses((status = 200, description = "O documento", content_type = "application/json", body = Object)),
)]
pub async fn document() -> Response {
    json::document(openapi::TEXT)
}

/// `routes` with another document, which `make` writes once it is asked for.
pub fn documented(routes: Router, make: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let text: Arc<OnceLock<Bytes>> = Arc::default();
    let answer = async move || json::document(text.get_or_init(|| make().into()).clone());
    Router::new().route("/openapi.json", get(answer).fallback_service(routes.clone())).fallback_service(routes)
}

#[utoipa::path(
    get, path = "/docs", tag = SERVIDOR, operation_id = "documentacao",
    summary = "Esta página [ours]",
    description = "Mostra este documento e envia requisições.",
    responses((status = 200, description = "A página", content_type = "text/html", body = String)),
)]
pub async fn page() -> Response {
    from("./")
}

pub async fn page_in_folder() -> Response {
    from("../")
}

/// The page, with its links relative: a proxy may serve all of this under a prefix.
fn from(root: &str) -> Response {
    html::page(POLICY, PAGE.replace("{root}", root))
}

/// A file that the page loads. Those of Swagger UI are stored compressed, and sent as they are: no browser minds.
pub async fn file(name: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::NotFound)?;
    if let Some((_, content_type, text)) = OURS.into_iter().find(|(file, ..)| *file == name) {
        return Ok(([(CONTENT_TYPE, content_type)], text).into_response());
    }
    let name = FILES.into_iter().find(|file| *file == name).ok_or(ApiError::NotFound)?;
    let config = Arc::new(Config::from("/openapi.json"));
    let Ok(Some(SwaggerFile { bytes, content_type, .. })) = serve(name, config) else { return Err(ApiError::NotFound) };
    let headers = [(CONTENT_TYPE, content_type.as_str()), (CONTENT_ENCODING, "gzip")];
    Ok((headers, bytes).into_response())
}
