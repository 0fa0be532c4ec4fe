//! Users.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use super::perfis::Perfis;
use super::{Administering, created, required_name};
use crate::domain::access::AdministrarUsuarios;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{Cursor, IdInPath, IdempotencyHeader, Limite};
use crate::http::openapi::requests::{NovaSenha, NovoUsuario, PerfilDoUsuario};
use crate::http::request::page;
use crate::json::Value;
use crate::store::{self, NamedKind};

#[derive(Serialize, ToSchema)]
#[schema(as = UsuarioAdministrado, description = "Um usuário, sem o que o autentica [ours].")]
struct Usuario {
    id: i64,
    login: String,
    perfil: String,
    ativo: bool,
}

impl From<store::Usuario> for Usuario {
    fn from(usuario: store::Usuario) -> Self {
        let store::Usuario { id, login, perfil, ativo, .. } = usuario;
        Self { id, login, perfil, ativo }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Uma página dos usuários que se veem, por número [ours].")]
struct Usuarios {
    usuarios: Vec<Usuario>,
    /// O `cursor` da página seguinte; `null` na última.
    #[schema(required)]
    proximo: Option<String>,
}

/// `GET /api/admin/usuarios`
#[utoipa::path(
    get, path = "/api/admin/usuarios", tag = ADMINISTRACAO, operation_id = "listarUsuarios",
    summary = "Lista os usuários [ours]",
    description = "Os dos perfis que se veem. Uma página pode vir curta, ou vazia, enquanto `proximo` não é `null`. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(Cursor, Limite),
    responses((status = 200, description = "Uma página", body = Usuarios, example = json!({
        "usuarios": [{"id": 1, "login": "user.api", "perfil": "Integração", "ativo": true}], "proximo": null
    }))),
)]
pub async fn list(who: Administering<AdministrarUsuarios>, uri: Uri) -> Result<Response, ApiError> {
    let (after, limit) = (page::cursor(&uri)?.unwrap_or_default(), page::limit(&uri)?);
    let (usuarios, next) = who.judged(who.provisioning().seen_usuarios(after, limit).await)?;
    let usuarios = usuarios.into_iter().map(Usuario::from).collect();
    Ok(json::of(StatusCode::OK, &Usuarios { usuarios, proximo: next.map(page::after) }))
}

/// `GET /api/admin/usuarios/perfis`
#[utoipa::path(
    get, path = "/api/admin/usuarios/perfis", tag = ADMINISTRACAO, operation_id = "listarPerfisAtribuiveis",
    summary = "Lista os perfis que se podem dar a usuários [ours]",
    description = "Os que se veem e cujas permissões se podem conceder. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    responses((status = 200, description = "Os perfis", body = Perfis, example = json!({"perfis": [
        {"id": 2, "nome": "Integração", "root": false, "nivel": "Suporte", "permissoes": ["alterar-status"]}
    ]}))),
)]
pub async fn perfis(who: Administering<AdministrarUsuarios>) -> Result<Response, ApiError> {
    let perfis = who.judged(who.provisioning().assignable_perfis().await)?;
    Ok(json::of(StatusCode::OK, &Perfis::of(perfis)))
}

/// `POST /api/admin/usuarios`
#[utoipa::path(
    post, path = "/api/admin/usuarios", tag = ADMINISTRACAO, operation_id = "criarUsuario",
    summary = "Cria um usuário [ours]",
    description = "Num perfil que se vê e cujas permissões se podem conceder. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = NovoUsuario, example = json!(
        {"login": "ana.souza", "perfil": "Integração", "senha": "uma senha comprida"}
    )),
    responses((status = 201, description = "O usuário criado", body = Usuario,
        headers(("Idempotency-Replayed" = String, description = "`true` numa resposta repetida")), example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Integração", "ativo": true}
    ))),
)]
pub async fn create(who: Administering<AdministrarUsuarios>, request: Request) -> Result<Response, ApiError> {
    let (body, provisioning) = who.creation(request).await?;
    let [login, perfil, novo] = body.members(["login", "perfil", "senha"])?;
    let login = required_name("login", login)?;
    let (perfil, novo) = (required_name("perfil", perfil)?, senha(novo)?);
    let (id, is_replay) = who.made(provisioning.create_usuario(&login, &perfil, novo).await)?;
    let usuario = who.judged(provisioning.seen_usuario(id).await)?;
    Ok(created(&Usuario::from(usuario), is_replay))
}

/// `PUT /api/admin/usuarios/{id}/senha`
#[utoipa::path(
    put, path = "/api/admin/usuarios/{id}/senha", tag = ADMINISTRACAO, operation_id = "trocarSenha",
    summary = "Troca a senha de um usuário [ours]",
    description = "Revoga os seus tokens e esquece as suas falhas de login. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdInPath),
    request_body(content = NovaSenha, example = json!({"senha": "uma senha comprida"})),
    responses((status = 200, description = "O usuário", body = Usuario, example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Integração", "ativo": true}
    ))),
)]
pub async fn set_senha(
    who: Administering<AdministrarUsuarios>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = who.body(request).await?;
    let login = who.named(NamedKind::Usuario, path).await?;
    let [nova] = body.members(["senha"])?;
    let usuario = who.judged(who.provisioning().set_senha(&login, senha(nova)?).await)?;
    Ok(json::of(StatusCode::OK, &Usuario::from(usuario)))
}

/// `PUT /api/admin/usuarios/{id}/perfil`
#[utoipa::path(
    put, path = "/api/admin/usuarios/{id}/perfil", tag = ADMINISTRACAO, operation_id = "mudarPerfil",
    summary = "Muda o perfil de um usuário [ours]",
    description = "Os seus tokens continuam válidos, com as permissões do outro perfil. Ninguém muda o próprio. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdInPath),
    request_body(content = PerfilDoUsuario, example = json!({"perfil": "Consulta"})),
    responses((status = 200, description = "O usuário", body = Usuario, example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Consulta", "ativo": true}
    ))),
)]
pub async fn set_perfil(
    who: Administering<AdministrarUsuarios>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = who.body(request).await?;
    let login = who.named(NamedKind::Usuario, path).await?;
    let [perfil] = body.members(["perfil"])?;
    let perfil = required_name("perfil", perfil)?;
    let usuario = who.judged(who.provisioning().set_perfil(&login, &perfil).await)?;
    Ok(json::of(StatusCode::OK, &Usuario::from(usuario)))
}

/// `POST /api/admin/usuarios/{id}/ativar`
#[utoipa::path(
    post, path = "/api/admin/usuarios/{id}/ativar", tag = ADMINISTRACAO, operation_id = "ativarUsuario",
    summary = "Ativa um usuário [ours]",
    description = "Esquece as suas falhas de login, mesmo que já esteja ativo. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdInPath),
    responses((status = 200, description = "O usuário", body = Usuario, example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Integração", "ativo": true}
    ))),
)]
pub async fn activate(
    who: Administering<AdministrarUsuarios>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let login = who.named(NamedKind::Usuario, path).await?;
    let usuario = who.judged(who.provisioning().set_usuario_ativo(&login, true).await)?;
    Ok(json::of(StatusCode::OK, &Usuario::from(usuario)))
}

/// `POST /api/admin/usuarios/{id}/desativar`
#[utoipa::path(
    post, path = "/api/admin/usuarios/{id}/desativar", tag = ADMINISTRACAO, operation_id = "desativarUsuario",
    summary = "Desativa um usuário [ours]",
    description = "Revoga os seus tokens em um segundo. O último administrador raiz fica ativo. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdInPath),
    responses((status = 200, description = "O usuário", body = Usuario, example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Integração", "ativo": false}
    ))),
)]
pub async fn deactivate(
    who: Administering<AdministrarUsuarios>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let login = who.named(NamedKind::Usuario, path).await?;
    let usuario = who.judged(who.provisioning().set_usuario_ativo(&login, false).await)?;
    Ok(json::of(StatusCode::OK, &Usuario::from(usuario)))
}

/// `POST /api/admin/usuarios/{id}/revogar-tokens`
#[utoipa::path(
    post, path = "/api/admin/usuarios/{id}/revogar-tokens", tag = ADMINISTRACAO, operation_id = "revogarTokens",
    summary = "Revoga os tokens de um usuário [ours]",
    description = "Em um segundo. Exige a permissão *Administrar usuários*.",
    security(("token" = [])),
    params(IdInPath),
    responses((status = 200, description = "O usuário", body = Usuario, example = json!(
        {"id": 4, "login": "ana.souza", "perfil": "Integração", "ativo": true}
    ))),
)]
pub async fn revoke_tokens(
    who: Administering<AdministrarUsuarios>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let login = who.named(NamedKind::Usuario, path).await?;
    let usuario = who.judged(who.provisioning().revoke_tokens(&login).await)?;
    Ok(json::of(StatusCode::OK, &Usuario::from(usuario)))
}

fn senha(value: Value<'_>) -> Result<SecretString, ApiError> {
    match value.scalar() {
        Value::Absent => Err(ApiError::SenhaRequired),
        Value::Text(text) if text.is_empty() => Err(ApiError::SenhaRequired),
        // The service judges the rest.
        Value::Text(text) => Ok(SecretString::from(text)),
        _ => Err(ApiError::Invalid("senha")),
    }
}
