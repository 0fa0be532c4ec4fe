//! `/sandbox/requisicoes`: the journal.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::SANDBOX;
use super::journal::Seen;
use super::rota::Rota;
use super::state::Sandbox;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::http::request::query;

const CLEARED: &str = "Requisições apagadas";
const LIMITE: usize = 100;
const LIMITE_MAX: usize = 1000;

#[derive(Serialize, ToSchema)]
#[schema(as = Requisicoes, description = "Requisições, da mais antiga à mais nova [ours].")]
struct Listed {
    requisicoes: Vec<Seen>,
    /// O id da última requisição de todas; 0 antes da primeira.
    ultima: u64,
}

#[utoipa::path(
    get, path = "/sandbox/requisicoes", tag = SANDBOX, operation_id = "lerRequisicoes",
    summary = "As últimas requisições recebidas [ours]",
    description = "As últimas 1000, até 1 MiB no total e 16 KiB de cada corpo, menos as do próprio sandbox. Senhas são \
        ocultadas. De um token ficam os 16 primeiros dígitos do SHA-256.",
    params(
        ("rota" = Option<String>, Query, description = "`login`, `status`, `lote`, um caminho, ou método e caminho."),
        ("desde" = Option<u64>, Query, description = "Só as de id maior."),
        ("limite" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "Quantas, no máximo: as primeiras depois de `desde`, ou as últimas. Ausente: 100."),
    ),
    responses((status = 200, description = "As requisições", body = Listed)),
)]
pub async fn list(State(sandbox): State<Arc<Sandbox>>, uri: Uri) -> Result<Response, ApiError> {
    let rota = query::parameter(&uri, "rota")?;
    let rota = rota.map(|text| Rota::parse(&text).ok_or(ApiError::Invalid("rota"))).transpose()?;
    let number = |name| {
        let text = query::parameter(&uri, name)?;
        text.map(|text| text.parse::<u64>().map_err(|_| ApiError::Invalid(name))).transpose()
    };
    let desde = number("desde")?;
    let limite = number("limite")?.map_or(Some(LIMITE), |limite| usize::try_from(limite).ok());
    let limite = limite.filter(|limite| (1..=LIMITE_MAX).contains(limite)).ok_or(ApiError::Invalid("limite"))?;
    let wanted = |seen: &Seen| rota.is_none() || Rota::means(rota.as_ref(), &seen.metodo, &seen.caminho);
    let (requisicoes, ultima) = sandbox.journal.page(desde, limite, wanted);
    Ok(json::of(StatusCode::OK, &Listed { requisicoes, ultima }))
}

#[utoipa::path(
    delete, path = "/sandbox/requisicoes", tag = SANDBOX, operation_id = "apagarRequisicoes",
    summary = "Esquece as requisições [ours]",
    responses((status = 200, description = "Esquecidas", body = Message, example = json!({"message": CLEARED}))),
)]
pub async fn clear(State(sandbox): State<Arc<Sandbox>>) -> Response {
    sandbox.journal.clear();
    json::message(StatusCode::OK, CLEARED)
}
