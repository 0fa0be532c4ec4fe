//! What a request names, that its answer may repeat.

use serde_json::Value;

use crate::dialect::Asked;

/// What the body of a request names; empty where it has no such member.
pub fn in_body(body: &str) -> Asked {
    let members: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| match &members[name] {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    };
    let [protocolo, status, motivo, login] = ["protocolo", "status", "motivoStatus", "login"].map(text);
    Asked { protocolo, status, motivo, login }
}
