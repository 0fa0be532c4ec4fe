//! `POST /api/usuario/login`

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::audit::LoginAudit;
use crate::dialect::Asked;
use crate::domain::access::AlterarStatus;
use crate::domain::text::{LOGIN_MAX, SENHA_MAX, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::answer::spoken::{self, Success};
use crate::http::limits::BODY_MAX;
use crate::http::openapi::CITRUS;
use crate::http::openapi::requests::Credenciais;
use crate::http::request::asked;
use crate::http::request::body::JsonBody;
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::shapes::{integer, text};
use crate::http::state::{AppState, SharedState};
use crate::json::Value;
use crate::service::login::{AccessToken, LoginError};

const TOKEN_TYPE: &str = "Bearer";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "O token de acesso [doc]; os nomes das chaves são [ours].")]
struct Token {
    /// O token, a enviar em `Authorization: Bearer …`.
    access_token: String,
    #[schema(schema_with = token_type)]
    token_type: &'static str,
    #[schema(schema_with = expires_in)]
    expires_in: i64,
}

fn token_type() -> Object {
    text().enum_values(Some([TOKEN_TYPE])).description(Some("O esquema do cabeçalho.")).build()
}

fn expires_in() -> Object {
    integer().minimum(Some(1)).description(Some("Validade em segundos.")).build()
}

/// Answers a login, and leaves its line in the audit log.
#[utoipa::path(
    post, path = "/api/usuario/login", tag = CITRUS, operation_id = "login",
    summary = "Autentica um usuário [doc]",
    description = "Um usuário sem permissão também consegue fazer login: o token serve a outros endpoints. Após muitas \
        falhas, o login recebe 429 por algum tempo [ours].",
    request_body(content = Credenciais, example = json!({"login": "user.api", "senha": "1234"})),
    responses(
        (status = 200, description = "O token de acesso [doc]", body = Token, example = json!({
            "accessToken": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "tokenType": "Bearer", "expiresIn": 3600
        }))
    ),
)]
pub async fn login(State(app): State<SharedState>, client: ClientAddress, request: Request) -> Response {
    let (mut audit, mut asked) = (LoginAudit::begin(client), None);
    let answer = attempt(&app, client, request, &mut audit, &mut asked).await;
    audit.end(&answer);
    answer.unwrap_or_else(|error| spoken::told(error, asked))
}

async fn attempt(
    app: &AppState,
    client: ClientAddress,
    request: Request,
    audit: &mut LoginAudit,
    asked: &mut Option<Asked>,
) -> Result<Response, ApiError> {
    // The body goes before the wait in the line: it keeps the connection's buffer.
    let (login, senha) = {
        let body = JsonBody::read(request, app, BODY_MAX).await?;
        *asked = app.dialect.as_ref().map(|_| asked::in_body(&body));
        credentials(&body, audit)?
    };
    let outcome = app.login.login(&login, senha, client.0).await;
    let AccessToken { usuario_id, login, token, expires_in, .. } = outcome.inspect_err(|error| {
        audit.refused(error);
        // A failure that cannot be counted, such as on a full disk.
        if let LoginError::Store(error) = error {
            app.changes.note_failure(error);
        }
    })?;
    audit.usuario(usuario_id);
    if app.dialect.as_ref().is_some_and(|dialect| !dialect.logs_in_without_permission) {
        Caller::<AlterarStatus>::permit(app, usuario_id).await?;
    }
    let success = app.dialect.as_ref().map(|_| Success::LoggedIn { token: token.clone(), expires_in, login });
    let response = json::of(StatusCode::OK, &Token { access_token: token, token_type: TOKEN_TYPE, expires_in });
    Ok(spoken::beside(response, success))
}

/// The login and the senha that `body` brings; fields are judged in the contract's order.
pub fn credentials(body: &JsonBody, audit: &mut LoginAudit) -> Result<(String, SecretString), ApiError> {
    let [login, senha] = body.members(["login", "senha"])?;
    let login = match login.scalar() {
        Value::Text(login) if !is_blank(&login) => login,
        _ => return Err(ApiError::LoginRequired),
    };
    audit.login(&login);
    if !fits(&login, LOGIN_MAX) {
        return Err(ApiError::Invalid("login"));
    }
    let senha = match senha.scalar() {
        Value::Text(senha) if !senha.is_empty() => senha,
        _ => return Err(ApiError::SenhaRequired),
    };
    if senha.len() > SENHA_MAX || senha.contains('\0') {
        return Err(ApiError::Invalid("senha"));
    }
    Ok((login, SecretString::from(senha)))
}
