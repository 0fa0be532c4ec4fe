//! `GET /health/live` and `GET /health/ready`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::{App, answer};

/// The process answers.
pub async fn live() -> Response {
    answer::message(StatusCode::OK, "OK")
}

/// The database is reachable and migrated.
pub async fn ready(State(app): State<App>) -> Result<Response, ApiError> {
    let pending = app.store.pending_migrations().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        ApiError::Unavailable
    })?;
    if pending.is_empty() {
        return Ok(answer::message(StatusCode::OK, "OK"));
    }
    tracing::warn!("not ready: the database has pending migrations");
    Err(ApiError::Unavailable)
}
