//! The example data again.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tracing::Instrument;
use utoipa::openapi::path::Paths;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::document::SANDBOX;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::http::state::SharedState;
use crate::store::Example;

const RESTORED: &str = "Dados de exemplo restaurados";

pub struct Reset {
    pub app: SharedState,
    pub example: Example,
}

pub fn route(app: SharedState, example: Example) -> UtoipaMethodRouter {
    routes!(reset).with_state(Arc::new(Reset { app, example }))
}

pub fn described() -> Paths {
    let (_, described, _): UtoipaMethodRouter<Arc<Reset>> = routes!(reset);
    described
}

/// `POST /sandbox/reset`: the example's data again. Users and tokens stay.
#[utoipa::path(
    post, path = "/sandbox/reset", tag = SANDBOX, operation_id = "restaurar",
    summary = "Restaura os dados de exemplo [ours]",
    description = "Atendimentos e motivos voltam a ser os do exemplo, sem histórico; chaves de idempotência e falhas de \
        login são esquecidas. Usuários e tokens ficam.",
    responses(
        (status = 200, description = "Restaurados", body = Message, example = json!({"message": RESTORED}))
    ),
)]
async fn reset(State(state): State<Arc<Reset>>) -> Result<Response, ApiError> {
    // A task of its own: a client that hangs up does not stop it half-way.
    let started = async move { state.app.store.start_over(&state.example).await };
    tokio::spawn(started.in_current_span()).await.map_err(|_| ApiError::Internal)??;
    tracing::info!("the example data was restored");
    Ok(json::message(StatusCode::OK, RESTORED))
}
