//! Níveis, and what is released to them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Administering, created, name, parameter, permissao, required_name};
use crate::domain::access::{AdministrarNiveis, AdministrarPermissoes, Permissao};
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{IdInPath, IdempotencyHeader, PermissaoInPath};
use crate::http::openapi::requests::NovoNivel;
use crate::service::provisioning::{Kind, SeenNivel};
use crate::store::NamedKind;

#[derive(Serialize, ToSchema)]
#[schema(as = NivelAdministrado, description = "Um nível da hierarquia [ours].")]
struct Nivel {
    id: i64,
    nome: String,
    /// O nível acima; `null` no topo, ou onde não se vê.
    #[schema(required)]
    superior: Option<String>,
    /// As permissões liberadas que se veem.
    permissoes: Vec<String>,
}

impl From<SeenNivel> for Nivel {
    fn from(SeenNivel { id, nome, superior, permissoes }: SeenNivel) -> Self {
        Self { id, nome, superior, permissoes }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Os níveis que se veem, cada um depois do seu superior [ours].")]
struct Niveis {
    niveis: Vec<Nivel>,
}

#[derive(Serialize, ToSchema)]
#[schema(description = "As permissões que se veem [ours].")]
struct Permissoes {
    permissoes: Vec<Descrita>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PermissaoDescrita, description = "Uma permissão.")]
struct Descrita {
    nome: &'static str,
    titulo: &'static str,
}

/// `GET /api/admin/niveis`
#[utoipa::path(
    get, path = "/api/admin/niveis", tag = ADMINISTRACAO, operation_id = "listarNiveis",
    summary = "Lista os níveis [ours]",
    description = "O próprio nível e os que estão abaixo; um administrador raiz vê todos. Exige a permissão *Administrar níveis*.",
    security(("token" = [])),
    responses((status = 200, description = "Os níveis", body = Niveis, example = json!({"niveis": [
        {"id": 1, "nome": "Empresa", "superior": null, "permissoes": ["alterar-status"]},
        {"id": 2, "nome": "Suporte", "superior": "Empresa", "permissoes": []}
    ]}))),
)]
pub async fn list(who: Administering<AdministrarNiveis>) -> Result<Response, ApiError> {
    let niveis = who.judged(who.provisioning().seen_niveis().await)?;
    Ok(json::of(StatusCode::OK, &Niveis { niveis: niveis.into_iter().map(Nivel::from).collect() }))
}

/// `POST /api/admin/niveis`
#[utoipa::path(
    post, path = "/api/admin/niveis", tag = ADMINISTRACAO, operation_id = "criarNivel",
    summary = "Cria um nível [ours]",
    description = "No topo, só um administrador raiz. Exige a permissão *Administrar níveis*.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = NovoNivel, example = json!({"nome": "Filial", "superior": "Suporte"})),
    responses((status = 201, description = "O nível criado", body = Nivel,
        headers(("Idempotency-Replayed" = String, description = "`true` numa resposta repetida")), example = json!(
        {"id": 3, "nome": "Filial", "superior": "Suporte", "permissoes": []}
    ))),
)]
pub async fn create(who: Administering<AdministrarNiveis>, request: Request) -> Result<Response, ApiError> {
    let (body, provisioning) = who.creation(request).await?;
    let [nome, superior] = body.members(["nome", "superior"])?;
    let (nome, superior) = (required_name("nome", nome)?, name("superior", superior)?);
    let (id, is_replay) = who.made(provisioning.create_nivel(&nome, superior.as_ref()).await)?;
    let niveis = who.judged(provisioning.seen_niveis().await)?;
    let nivel = niveis.into_iter().find(|nivel| nivel.id == id).ok_or(ApiError::Missing(Kind::Nivel))?;
    Ok(created(&Nivel::from(nivel), is_replay))
}

/// `GET /api/admin/permissoes`
#[utoipa::path(
    get, path = "/api/admin/permissoes", tag = ADMINISTRACAO, operation_id = "listarPermissoes",
    summary = "Lista as permissões [ours]",
    description = "As liberadas para o próprio nível; um administrador raiz vê todas. Exige a permissão *Liberar permissões a níveis*.",
    security(("token" = [])),
    responses((status = 200, description = "As permissões", body = Permissoes, example = json!({"permissoes": [
        {"nome": "alterar-status", "titulo": "Alterar status de atendimento via API"}
    ]}))),
)]
pub async fn permissoes(who: Administering<AdministrarPermissoes>) -> Result<Response, ApiError> {
    let permissoes = who.judged(who.provisioning().seen_permissoes().await)?;
    let described = |permissao: Permissao| Descrita { nome: permissao.nome(), titulo: permissao.title() };
    Ok(json::of(StatusCode::OK, &Permissoes { permissoes: permissoes.into_iter().map(described).collect() }))
}

#[derive(Serialize, ToSchema)]
#[schema(description = "O que a liberação é agora [ours].")]
struct Liberacao {
    nivel: String,
    permissao: &'static str,
    liberada: bool,
    /// Se isto mudou agora.
    alterada: bool,
    /// Os níveis abaixo que ainda têm a permissão recolhida.
    #[serde(rename = "aindaLiberadaEm")]
    still_released_on: Vec<String>,
}

/// `PUT /api/admin/niveis/{id}/permissoes/{permissao}`
#[utoipa::path(
    put, path = "/api/admin/niveis/{id}/permissoes/{permissao}", tag = ADMINISTRACAO, operation_id = "liberarPermissao",
    summary = "Libera uma permissão a um nível [ours]",
    description = "A um nível abaixo do próprio, e só o que está liberado para o próprio. Exige a permissão *Liberar permissões a níveis*.",
    security(("token" = [])),
    params(IdInPath, PermissaoInPath),
    responses((status = 200, description = "A liberação", body = Liberacao, example = json!({
        "nivel": "Suporte", "permissao": "alterar-status", "liberada": true, "alterada": true, "aindaLiberadaEm": []
    }))),
)]
pub async fn release(
    who: Administering<AdministrarPermissoes>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let (nivel, permissao) = target(&who, path).await?;
    let changed = who.judged(who.provisioning().release(&[permissao], &nivel).await)?;
    let alterada = changed.first().copied().unwrap_or_default();
    let (nivel, permissao) = (nivel.texto, permissao.nome());
    let liberacao = Liberacao { nivel, permissao, liberada: true, alterada, still_released_on: Vec::new() };
    Ok(json::of(StatusCode::OK, &liberacao))
}

/// `DELETE /api/admin/niveis/{id}/permissoes/{permissao}`
#[utoipa::path(
    delete, path = "/api/admin/niveis/{id}/permissoes/{permissao}", tag = ADMINISTRACAO, operation_id = "recolherPermissao",
    summary = "Recolhe uma permissão de um nível [ours]",
    description = "Os níveis abaixo que a têm continuam com ela, e são nomeados. Exige a permissão *Liberar permissões a níveis*.",
    security(("token" = [])),
    params(IdInPath, PermissaoInPath),
    responses((status = 200, description = "A liberação", body = Liberacao, example = json!({
        "nivel": "Suporte", "permissao": "alterar-status", "liberada": false, "alterada": true, "aindaLiberadaEm": []
    }))),
)]
pub async fn withdraw(
    who: Administering<AdministrarPermissoes>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let (nivel, permissao) = target(&who, path).await?;
    let changed = who.judged(who.provisioning().withdraw(&[permissao], &nivel).await)?;
    let (alterada, still_released_on) = changed.into_iter().next().unwrap_or_default();
    let (nivel, permissao) = (nivel.texto, permissao.nome());
    let liberacao = Liberacao { nivel, permissao, liberada: false, alterada, still_released_on };
    Ok(json::of(StatusCode::OK, &liberacao))
}

async fn target(
    who: &Administering<AdministrarPermissoes>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(Name, Permissao), ApiError> {
    let (id, nome) = parameter(path)?;
    Ok((who.named_by(NamedKind::Nivel, &id).await?, permissao(&nome)?))
}
