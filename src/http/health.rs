//! `GET /health/live` and `GET /health/ready`

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::{App, answer};

/// The process answers.
pub async fn live() -> Response {
    uncached(answer::message(StatusCode::OK, "OK"))
}

/// The database is reachable and migrated.
pub async fn ready(State(app): State<App>) -> Response {
    uncached(match app.store.migrations().await {
        Ok(migrations) if migrations.iter().all(|migration| migration.applied) => answer::message(StatusCode::OK, "OK"),
        Ok(_) => {
            tracing::warn!("not ready: the database has pending migrations");
            ApiError::Unavailable.into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            ApiError::Unavailable.into_response()
        }
    })
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
