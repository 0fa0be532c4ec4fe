//! Perfis, and what is granted to them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Administering, created, name, parameter, permissao, required_name};
use crate::domain::access::{AdministrarPerfis, Permissao};
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{IdInPath, IdempotencyHeader, PermissaoInPath};
use crate::http::openapi::requests::NovoPerfil;
use crate::json::Value;
use crate::service::provisioning::{Kind, SeenPerfil};
use crate::store::NamedKind;

#[derive(Serialize, ToSchema)]
#[schema(as = PerfilAdministrado, description = "Um perfil [ours].")]
struct Perfil {
    id: i64,
    nome: String,
    /// Se é raiz, e não está em nível algum.
    root: bool,
    #[schema(required)]
    nivel: Option<String>,
    /// As permissões concedidas que se veem.
    permissoes: Vec<String>,
}

impl From<SeenPerfil> for Perfil {
    fn from(SeenPerfil { id, nome, nivel, permissoes }: SeenPerfil) -> Self {
        Self { id, nome, root: nivel.is_none(), nivel, permissoes }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Os perfis que se veem, por nome [ours].")]
pub struct Perfis {
    perfis: Vec<Perfil>,
}

impl Perfis {
    pub fn of(perfis: Vec<SeenPerfil>) -> Self {
        Self { perfis: perfis.into_iter().map(Perfil::from).collect() }
    }
}

/// `GET /api/admin/perfis`
#[utoipa::path(
    get, path = "/api/admin/perfis", tag = ADMINISTRACAO, operation_id = "listarPerfis",
    summary = "Lista os perfis [ours]",
    description = "Os do próprio nível e dos que estão abaixo; um administrador raiz vê todos. Exige a permissão *Administrar perfis*.",
    security(("token" = [])),
    responses((status = 200, description = "Os perfis", body = Perfis, example = json!({"perfis": [
        {"id": 2, "nome": "Integração", "root": false, "nivel": "Suporte", "permissoes": ["alterar-status"]}
    ]}))),
)]
pub async fn list(who: Administering<AdministrarPerfis>) -> Result<Response, ApiError> {
    let perfis = who.judged(who.provisioning().seen_perfis().await)?;
    Ok(json::of(StatusCode::OK, &Perfis::of(perfis)))
}

/// `POST /api/admin/perfis`
#[utoipa::path(
    post, path = "/api/admin/perfis", tag = ADMINISTRACAO, operation_id = "criarPerfil",
    summary = "Cria um perfil [ours]",
    description = "Num nível ou, por um administrador raiz, com `root`. Exige a permissão *Administrar perfis*.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = NovoPerfil, example = json!({"nome": "Balcão", "nivel": "Suporte"})),
    responses((status = 201, description = "O perfil criado", body = Perfil,
        headers(("Idempotency-Replayed" = String, description = "`true` numa resposta repetida")), example = json!(
        {"id": 4, "nome": "Balcão", "root": false, "nivel": "Suporte", "permissoes": []}
    ))),
)]
pub async fn create(who: Administering<AdministrarPerfis>, request: Request) -> Result<Response, ApiError> {
    let (body, provisioning) = who.creation(request).await?;
    let [nome, nivel, root] = body.members(["nome", "nivel", "root"])?;
    let (nome, nivel) = (required_name("nome", nome)?, name("nivel", nivel)?);
    let root = match root {
        Value::Absent => false,
        Value::Bool(root) => root,
        _ => return Err(ApiError::Invalid("root")),
    };
    // Left out by mistake, it must not make a root perfil.
    match (&nivel, root) {
        (None, false) => return Err(ApiError::Required("nivel")),
        (Some(_), true) => return Err(ApiError::Invalid("root")),
        _ => {}
    }
    let (id, is_replay) = who.made(provisioning.create_perfil(&nome, nivel.as_ref()).await)?;
    let perfis = who.judged(provisioning.seen_perfis().await)?;
    let perfil = perfis.into_iter().find(|perfil| perfil.id == id).ok_or(ApiError::Missing(Kind::Perfil))?;
    Ok(created(&Perfil::from(perfil), is_replay))
}

#[derive(Serialize, ToSchema)]
#[schema(description = "O que a concessão é agora [ours].")]
struct Concessao {
    perfil: String,
    permissao: &'static str,
    concedida: bool,
    /// Se isto mudou agora.
    alterada: bool,
}

/// `PUT /api/admin/perfis/{id}/permissoes/{permissao}`
#[utoipa::path(
    put, path = "/api/admin/perfis/{id}/permissoes/{permissao}", tag = ADMINISTRACAO, operation_id = "concederPermissao",
    summary = "Concede uma permissão a um perfil [ours]",
    description = "Só o que está liberado para o nível do perfil [doc], e não ao próprio perfil. Exige a permissão *Administrar perfis*.",
    security(("token" = [])),
    params(IdInPath, PermissaoInPath),
    responses((status = 200, description = "A concessão", body = Concessao, example = json!(
        {"perfil": "Integração", "permissao": "alterar-status", "concedida": true, "alterada": true}
    ))),
)]
pub async fn grant(
    who: Administering<AdministrarPerfis>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let (perfil, permissao) = target(&who, path).await?;
    let changed = who.judged(who.provisioning().grant(&perfil, &[permissao]).await)?;
    Ok(answer(perfil, permissao, true, &changed))
}

/// `DELETE /api/admin/perfis/{id}/permissoes/{permissao}`
#[utoipa::path(
    delete, path = "/api/admin/perfis/{id}/permissoes/{permissao}", tag = ADMINISTRACAO, operation_id = "revogarPermissao",
    summary = "Revoga uma permissão de um perfil [ours]",
    description = "Os usuários dele a perdem em um segundo. Exige a permissão *Administrar perfis*.",
    security(("token" = [])),
    params(IdInPath, PermissaoInPath),
    responses((status = 200, description = "A concessão", body = Concessao, example = json!(
        {"perfil": "Integração", "permissao": "alterar-status", "concedida": false, "alterada": true}
    ))),
)]
pub async fn revoke(
    who: Administering<AdministrarPerfis>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let (perfil, permissao) = target(&who, path).await?;
    let changed = who.judged(who.provisioning().revoke(&perfil, &[permissao]).await)?;
    Ok(answer(perfil, permissao, false, &changed))
}

fn answer(perfil: Name, permissao: Permissao, concedida: bool, changed: &[bool]) -> Response {
    let (perfil, alterada) = (perfil.texto, changed.first().copied().unwrap_or_default());
    json::of(StatusCode::OK, &Concessao { perfil, permissao: permissao.nome(), concedida, alterada })
}

async fn target(
    who: &Administering<AdministrarPerfis>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(Name, Permissao), ApiError> {
    let (id, nome) = parameter(path)?;
    Ok((who.named_by(NamedKind::Perfil, &id).await?, permissao(&nome)?))
}
