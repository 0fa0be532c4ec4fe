//! What a request names, that its answer may repeat.

use serde_json::Value;

use crate::dialect::{Asked, named_by};

/// What the body of a request names; empty where it has no such member.
pub fn in_body(body: &str) -> Asked {
    let members: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| named_by(&members[name]);
    let [protocolo, status, motivo, login] = ["protocolo", "status", "motivoStatus", "login"].map(text);
    Asked { protocolo, status, motivo, login, ..Asked::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_form_are_named() {
        let asked = in_body(r#"{"protocolo": ["2022", 7], "status": 1.5, "motivoStatus": " M ", "login": {"a": 1}}"#);
        assert_eq!([asked.protocolo, asked.status, asked.motivo, asked.login], ["2022,7", "1.5", "M", ""]);
    }
}
