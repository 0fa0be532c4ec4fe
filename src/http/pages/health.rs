//! `GET /health/live` and `GET /health/ready`

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::timeout;

use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::http::openapi::SERVIDOR;
use crate::http::state::SharedState;
use crate::store::StoreError;

const READY_DEADLINE: Duration = Duration::from_secs(3);

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
    if app.is_leaving.load(Ordering::Relaxed) {
        return Err(ApiError::Unavailable);
    }
    let ready = timeout(READY_DEADLINE, async {
        app.store.ready().await?;
        app.changes.check().await
    })
    .await;
    ready.unwrap_or(Err(StoreError::Slow)).map_err(|error| {
        tracing::warn!(%error, "not ready");
        ApiError::Unavailable
    })?;
    Ok(json::message(StatusCode::OK, "OK"))
}
