//! What clients read [ours]: the present status, where it may go from there, and the motivos.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;

use super::caller::Caller;
use super::error::ApiError;
use super::{App, answer, query, revision};
use crate::domain::acesso::{ConsultarMotivos, ConsultarStatus, ConsultarTransicoes};
use crate::domain::atendimento::{Denial, transicoes};

/// What an unknown protocolo is answered.
pub(super) const UNKNOWN: ApiError = ApiError::Denied(Denial::AtendimentoNaoEncontrado);

/// `GET /api/atendimentos/status?protocolo=…`: the present status, named by an entity tag.
pub async fn status(
    State(app): State<App>,
    _: Caller<ConsultarStatus>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let estado = app.store.estado(&query::protocolo(&uri)?).await?.ok_or(UNKNOWN)?;
    let response = if revision::is_known(&headers, estado.revisao) {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        answer::json(StatusCode::OK, &estado)
    };
    Ok(revision::tagged(response, estado.revisao))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transicoes {
    protocolo: String,
    status: &'static str,
    transicoes: Vec<Transicao>,
    motivos: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transicao {
    para: &'static str,
    motivo_obrigatorio: bool,
}

/// `GET /api/atendimentos/{protocolo}/transicoes`: where it may go now, and the motivos for it.
pub async fn targets(
    State(app): State<App>,
    _: Caller<ConsultarTransicoes>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let estado = app.store.estado(&query::path_protocolo(path)?).await?.ok_or(UNKNOWN)?;
    let motivos = app.store.active_motivos().await?;
    let transicoes = transicoes(estado.status)
        .into_iter()
        .map(|to| Transicao { para: to.para.nome(), motivo_obrigatorio: to.motivo_obrigatorio })
        .collect();
    let answer = Transicoes { protocolo: estado.protocolo, status: estado.status.nome(), transicoes, motivos };
    Ok(answer::json(StatusCode::OK, &answer))
}

/// `GET /api/motivos`: the active ones.
pub async fn motivos(State(app): State<App>, _: Caller<ConsultarMotivos>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Motivos {
        motivos: Vec<String>,
    }
    Ok(answer::json(StatusCode::OK, &Motivos { motivos: app.store.active_motivos().await? }))
}
