//! `GET /metrics` on the listener of its own: what Prometheus reads.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::state::SharedState;
use crate::metrics::{self, Now};
use crate::telemetry;

pub async fn metrics(State(app): State<SharedState>) -> impl IntoResponse {
    let (waiting, queue_capacity) = app.changes.waiting();
    let now = Now { waiting, queue_capacity, pools: app.store.pools(), lines_dropped: telemetry::dropped_lines() };
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.page(&now))
}
