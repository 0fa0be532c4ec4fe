//! Motivos, the inactive ones too.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Administering, created, required_name};
use crate::domain::access::AdministrarMotivos;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{IdInPath, IdempotencyHeader};
use crate::http::openapi::requests::NovoMotivo;
use crate::service::provisioning::Kind;
use crate::store::{self, NamedKind};

#[derive(Serialize, ToSchema)]
#[schema(as = MotivoAdministrado, description = "Um motivo [ours].")]
struct Motivo {
    id: i64,
    nome: String,
    ativo: bool,
}

impl From<store::Motivo> for Motivo {
    fn from(store::Motivo { id, nome, ativo }: store::Motivo) -> Self {
        Self { id, nome, ativo }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = MotivosAdministrados, description = "Os motivos, por nome [ours].")]
struct Motivos {
    motivos: Vec<Motivo>,
}

/// `GET /api/admin/motivos`
#[utoipa::path(
    get, path = "/api/admin/motivos", tag = ADMINISTRACAO, operation_id = "listarMotivos",
    summary = "Lista os motivos [ours]",
    description = "Também os inativos. Exige a permissão *Administrar motivos*.",
    security(("token" = [])),
    responses((status = 200, description = "Os motivos", body = Motivos, example = json!({"motivos": [
        {"id": 3, "nome": "Duplicado", "ativo": true}
    ]}))),
)]
pub async fn list(who: Administering<AdministrarMotivos>) -> Result<Response, ApiError> {
    let motivos = who.judged(who.provisioning().seen_motivos().await)?;
    Ok(json::of(StatusCode::OK, &Motivos { motivos: motivos.into_iter().map(Motivo::from).collect() }))
}

/// `POST /api/admin/motivos`
#[utoipa::path(
    post, path = "/api/admin/motivos", tag = ADMINISTRACAO, operation_id = "criarMotivo",
    summary = "Cria um motivo [ours]",
    description = "Exige a permissão *Administrar motivos*.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = NovoMotivo, example = json!({"nome": "Fora da garantia"})),
    responses((status = 201, description = "O motivo criado", body = Motivo,
        headers(("Idempotency-Replayed" = String, description = "`true` numa resposta repetida")), example = json!(
        {"id": 5, "nome": "Fora da garantia", "ativo": true}
    ))),
)]
pub async fn create(who: Administering<AdministrarMotivos>, request: Request) -> Result<Response, ApiError> {
    let (body, provisioning) = who.creation(request).await?;
    let [nome] = body.members(["nome"])?;
    let (id, is_replay) = who.made(provisioning.create_motivo(&required_name("nome", nome)?).await)?;
    let motivos = who.judged(provisioning.seen_motivos().await)?;
    let motivo = motivos.into_iter().find(|motivo| motivo.id == id).ok_or(ApiError::Missing(Kind::Motivo))?;
    Ok(created(&Motivo::from(motivo), is_replay))
}

/// `POST /api/admin/motivos/{id}/ativar`
#[utoipa::path(
    post, path = "/api/admin/motivos/{id}/ativar", tag = ADMINISTRACAO, operation_id = "ativarMotivo",
    summary = "Ativa um motivo [ours]",
    description = "Exige a permissão *Administrar motivos*.",
    security(("token" = [])),
    params(IdInPath),
    responses((status = 200, description = "O motivo", body = Motivo, example = json!(
        {"id": 3, "nome": "Duplicado", "ativo": true}
    ))),
)]
pub async fn activate(
    who: Administering<AdministrarMotivos>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    set_ativo(who, path, true).await
}

/// `POST /api/admin/motivos/{id}/desativar`
#[utoipa::path(
    post, path = "/api/admin/motivos/{id}/desativar", tag = ADMINISTRACAO, operation_id = "desativarMotivo",
    summary = "Desativa um motivo [ours]",
    description = "O que foi registrado com ele fica. Exige a permissão *Administrar motivos*.",
    security(("token" = [])),
    params(IdInPath),
    responses((status = 200, description = "O motivo", body = Motivo, example = json!(
        {"id": 3, "nome": "Duplicado", "ativo": false}
    ))),
)]
pub async fn deactivate(
    who: Administering<AdministrarMotivos>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    set_ativo(who, path, false).await
}

async fn set_ativo(
    who: Administering<AdministrarMotivos>,
    path: Result<Path<String>, PathRejection>,
    ativo: bool,
) -> Result<Response, ApiError> {
    let nome = who.named(NamedKind::Motivo, path).await?;
    let motivo = who.judged(who.provisioning().set_motivo_ativo(&nome, ativo).await)?;
    Ok(json::of(StatusCode::OK, &Motivo::from(motivo)))
}
