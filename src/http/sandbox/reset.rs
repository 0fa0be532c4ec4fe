//! The example data again.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use time::Duration;
use tracing::Instrument;

use super::document::SANDBOX;
use super::state::Sandbox;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::store::StoreError;

const RESTORED: &str = "Dados de exemplo restaurados";

/// `POST /sandbox/reset`: the example's data again. Users and tokens stay.
#[utoipa::path(
    post, path = "/sandbox/reset", tag = SANDBOX, operation_id = "restaurar",
    summary = "Restaura os dados de exemplo [ours]",
    description = "Atendimentos e motivos voltam a ser os do exemplo, sem histórico; chaves de idempotência e falhas de \
        login são esquecidas, e também as falhas programadas e as requisições registradas. O relógio volta à hora certa, e \
        os protocolos são numerados de novo a partir de 1. Os motivos do exemplo conservam os seus números. \
        Usuários e tokens ficam.",
    responses(
        (status = 200, description = "Restaurados", body = Message, example = json!({"message": RESTORED}))
    ),
)]
pub async fn reset(State(sandbox): State<Arc<Sandbox>>) -> Result<Response, ApiError> {
    // A task of its own: a client that hangs up does not stop it half-way.
    let started = async move {
        sandbox.app.store.start_over(&sandbox.example).await?;
        sandbox.faults.clear();
        sandbox.clock.set_ahead(Duration::ZERO);
        sandbox.journal.clear();
        Ok::<_, StoreError>(())
    };
    tokio::spawn(started.in_current_span()).await.map_err(|_| ApiError::Internal)??;
    tracing::info!("the example data was restored");
    Ok(json::message(StatusCode::OK, RESTORED))
}
