//! What a request names, for a dialect whose refusals tell it.

use crate::dialect::Asked;
use crate::http::request::body::JsonBody;
use crate::json::Value;

/// What the object `body` names, without spaces around it.
pub fn in_body(body: &JsonBody) -> Asked {
    let text = |value: Value<'_>| match value.scalar() {
        Value::Text(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let members = body.members(["protocolo", "status", "motivoStatus", "login"]).map(|members| members.map(text));
    let [protocolo, status, motivo, login] = members.unwrap_or_default();
    Asked { protocolo, status, motivo, login }
}
