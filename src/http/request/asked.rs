//! What a request names, for a dialect whose refusals tell it.

use axum::extract::Request;

use super::body::JsonBody;
use super::caller::login_of;
use crate::dialect::{Asked, named_by};
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::BODY_MAX;
use crate::http::state::AppState;
use crate::json::Value;

/// What `request` names, which `error` refuses before its body is read: where the dialect tells that, and the body can be had.
pub async fn before_refusal(error: &ApiError, request: Request, app: &AppState) -> Option<Asked> {
    let row = error.row();
    let form = app.dialect.as_ref()?.error(row.name, error.subject(), row.status.as_u16(), row.text);
    if !form.body.names_request() {
        return None;
    }
    let user = match error.user() {
        Some(user) => user.login.clone(),
        None => login_of(request.headers(), app).await,
    };
    let body = JsonBody::read(request, app, BODY_MAX).await;
    let asked = body.map_or_else(|_| Asked::default(), |body| in_body(&body));
    Some(asked.by(user.as_deref().unwrap_or_default()))
}

/// What the object `body` names, without spaces around it; the values of a list with commas between them.
pub fn in_body(body: &JsonBody) -> Asked {
    let text = |value: Value<'_>| match value.scalar() {
        Value::Text(text) => text.trim().to_owned(),
        Value::List(list) => serde_json::from_str(list).map(|list| named_by(&list)).unwrap_or_default(),
        _ => String::new(),
    };
    let members = body.members(["protocolo", "status", "motivoStatus", "login"]).map(|members| members.map(text));
    let [protocolo, status, motivo, login] = members.unwrap_or_default();
    Asked { protocolo, status, motivo, login, ..Asked::default() }
}
