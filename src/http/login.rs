//! `POST /api/usuario/login`

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
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

/// Answers a login. No answer of it may be kept by a cache.
pub async fn login(State(app): State<App>, body: Result<JsonBody, ApiError>) -> Response {
    let mut response = match try_login(&app, body).await {
        Ok(AccessToken { token, expires_in }) => {
            answer::json(StatusCode::OK, &Success { access_token: &token, token_type: "Bearer", expires_in })
        }
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn try_login(app: &App, body: Result<JsonBody, ApiError>) -> Result<AccessToken, ApiError> {
    let body = body?;
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
    Ok(app.login.login(&login, SecretString::from(senha)).await?)
}
