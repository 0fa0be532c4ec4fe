//! `POST /api/usuario/login`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde::Serialize;

use super::body::JsonBody;
use super::error::ApiError;
use super::{App, answer};
use crate::domain::texto::{LOGIN_MAX, SENHA_MAX, fits, is_blank};
use crate::json::Value;
use crate::service::login::AccessToken;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
}

/// Answers a login.
pub async fn login(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let (login, senha) = request(&body)?;
    let AccessToken { token, expires_in } = app.login.login(&login, senha).await?;
    let success = Success { access_token: &token, token_type: "Bearer", expires_in };
    Ok(answer::json(StatusCode::OK, &success))
}

/// The login and the senha that `body` brings; fields are judged in the contract's order.
fn request(body: &JsonBody) -> Result<(String, SecretString), ApiError> {
    let [login, senha] = body.members(["login", "senha"])?;
    let login = match login {
        Value::Text(login) if !is_blank(&login) => login,
        _ => return Err(ApiError::LoginRequired),
    };
    if !fits(&login, LOGIN_MAX) {
        return Err(ApiError::Invalid("login"));
    }
    let senha = match senha {
        Value::Text(senha) if !senha.is_empty() => senha,
        _ => return Err(ApiError::SenhaRequired),
    };
    if senha.len() > SENHA_MAX || senha.contains('\0') {
        return Err(ApiError::Invalid("senha"));
    }
    Ok((login, SecretString::from(senha)))
}
