//! What a request names, that its answer may repeat.

use serde_json::Value;

use crate::dialect::Named;

/// The members of a request; empty where it has none.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub protocolo: String,
    pub status: String,
    pub motivo: String,
    pub login: String,
}

impl Asked {
    /// What the body of a request names.
    pub fn in_body(body: &str) -> Self {
        let members: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| match &members[name] {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => String::new(),
        };
        let [protocolo, status, motivo, login] = ["protocolo", "status", "motivoStatus", "login"].map(text);
        Self { protocolo, status, motivo, login }
    }

    pub fn named(&self) -> Named<'_> {
        let Self { protocolo, status, motivo, login } = self;
        Named { protocolo, status, motivo, login }
    }
}
