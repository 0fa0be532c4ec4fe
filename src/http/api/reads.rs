//! What clients read (ours): the current status, where it may go from there, and the motivos.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::audit::AuditedCaller;
use crate::clock::rfc3339_millis;
use crate::domain::access::{ConsultarMotivos, ConsultarStatus, ConsultarTransicoes};
use crate::domain::atendimento::{Denial, Status, transicoes};
use crate::domain::record::PresentState;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::etag;
use crate::http::answer::json;
use crate::http::openapi::LEITURAS;
use crate::http::openapi::parameters::{IfNoneMatch, ProtocoloInPath, ProtocoloInQuery};
use crate::http::request::{preconditions, query};
use crate::http::state::SharedState;

pub const UNKNOWN: ApiError = ApiError::Denied(Denial::AtendimentoNotFound);

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "O estado atual de um atendimento [ours].")]
pub struct Atendimento {
    protocolo: String,
    #[schema(value_type = Status)]
    status: &'static str,
    /// O motivo da última alteração.
    #[schema(required)]
    motivo_status: Option<String>,
    /// Quando foi alterado pela última vez, ou registrado.
    #[schema(format = DateTime)]
    atualizado_em: String,
}

impl From<PresentState> for Atendimento {
    fn from(PresentState { protocolo, status, motivo, atualizado_em, .. }: PresentState) -> Self {
        Self { protocolo, status: status.nome(), motivo_status: motivo, atualizado_em: rfc3339_millis(atualizado_em) }
    }
}

/// `GET /api/atendimentos/status?protocolo=…`: the current status, named by an entity tag.
#[utoipa::path(
    get, path = "/api/atendimentos/status", tag = LEITURAS, operation_id = "lerStatus",
    summary = "Lê o status de um atendimento [ours]",
    description = "Exige a permissão *Consultar status de atendimento via API*.",
    security(("token" = [])),
    params(ProtocoloInQuery, IfNoneMatch),
    responses(
        (status = 200, description = "O estado atual", body = Atendimento,
            headers(("ETag" = String, description = "A revisão, para `If-Match` e `If-None-Match`")), example = json!({
            "protocolo": "20221104000001", "status": "Cancelado", "motivoStatus": "Duplicado",
            "atualizadoEm": "2026-11-23T10:00:00.000Z"
        })),
        (status = 304, description = "Nada mudou desde a leitura de `If-None-Match`",
            headers(("ETag" = String, description = "A revisão")))
    ),
)]
pub async fn status(
    State(app): State<SharedState>,
    _: AuditedCaller<ConsultarStatus>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let state = app.store.present_state(&query::protocolo(&uri)?).await?.ok_or(UNKNOWN)?;
    let revisao = state.revisao;
    let response = if preconditions::is_known(&headers, revisao) {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        json::of(StatusCode::OK, &Atendimento::from(state))
    };
    Ok(etag::tagged(response, revisao))
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Para onde o atendimento pode ir agora [ours].")]
struct Transicoes {
    protocolo: String,
    #[schema(value_type = Status)]
    status: &'static str,
    transicoes: Vec<Transicao>,
    /// Os motivos ativos.
    motivos: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "Um status para onde pode ir.")]
struct Transicao {
    #[schema(value_type = Status)]
    para: &'static str,
    motivo_obrigatorio: bool,
}

/// `GET /api/atendimentos/{protocolo}/transicoes`: where it may go now, and the motivos for it.
#[utoipa::path(
    get, path = "/api/atendimentos/{protocolo}/transicoes", tag = LEITURAS, operation_id = "lerTransicoes",
    summary = "Lê para onde um atendimento pode ir [ours]",
    description = "Pelas mesmas regras que a alteração. Exige a permissão *Consultar transições de atendimento via API*.",
    security(("token" = [])),
    params(ProtocoloInPath),
    responses(
        (status = 200, description = "Os status possíveis e os motivos", body = Transicoes, example = json!({
            "protocolo": "20221104000001", "status": "Aberto",
            "transicoes": [
                {"para": "Aberto", "motivoObrigatorio": false}, {"para": "Cancelado", "motivoObrigatorio": true}
            ],
            "motivos": ["Aberto por engano", "Duplicado"]
        }))
    ),
)]
pub async fn targets(
    State(app): State<SharedState>,
    _: AuditedCaller<ConsultarTransicoes>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let present_state = app.store.present_state(&query::path_protocolo(path)?).await?.ok_or(UNKNOWN)?;
    let motivos = app.store.active_motivos().await?;
    let transicoes = transicoes(present_state.status, app.rules())
        .into_iter()
        .map(|to| Transicao { para: to.para.nome(), motivo_obrigatorio: to.motivo_obrigatorio })
        .collect();
    let answer =
        Transicoes { protocolo: present_state.protocolo, status: present_state.status.nome(), transicoes, motivos };
    Ok(json::of(StatusCode::OK, &answer))
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Os motivos ativos, por nome [ours].")]
struct Motivos {
    motivos: Vec<String>,
}

/// `GET /api/motivos`: the active ones.
#[utoipa::path(
    get, path = "/api/motivos", tag = LEITURAS, operation_id = "lerMotivos",
    summary = "Lê os motivos [ours]",
    description = "Exige a permissão *Consultar motivos via API*.",
    security(("token" = [])),
    responses(
        (status = 200, description = "Os motivos ativos", body = Motivos, example = json!({
            "motivos": ["Aberto por engano", "Duplicado"]
        }))
    ),
)]
pub async fn motivos(State(app): State<SharedState>, _: AuditedCaller<ConsultarMotivos>) -> Result<Response, ApiError> {
    Ok(json::of(StatusCode::OK, &Motivos { motivos: app.store.active_motivos().await? }))
}
