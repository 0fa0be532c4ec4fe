//! `GET /health/live` and `GET /health/ready`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::http::openapi::SERVIDOR;
use crate::http::state::SharedState;

#[utoipa::path(
    get, path = "/health/live", tag = SERVIDOR, operation_id = "vivo",
    summary = "O processo responde [ours]",
    responses((status = 200, description = "Responde", body = Message, example = json!({"message": "OK"}))),
)]
pub async fn live() -> Response {
    json::message(StatusCode::OK, "OK")
}

#[utoipa::path(
    get, path = "/health/ready", tag = SERVIDOR, operation_id = "pronto",
    summary = "O banco de dados está acessível, migrado e gravável [ours]",
    responses(
        (status = 200, description = "Acessível, migrado e gravável", body = Message, example = json!({"message": "OK"}))
    ),
)]
pub async fn ready(State(app): State<SharedState>) -> Result<Response, ApiError> {
    if app.is_ready().await { Ok(json::message(StatusCode::OK, "OK")) } else { Err(ApiError::Unavailable) }
}
