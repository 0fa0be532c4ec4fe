//! The success of a change: what of it is the change's.

use serde_json::Value;

use super::envelope::Envelope;
use super::known::Known;
use super::seen::{ChangeObservation, Seen};
use super::times::time_gap;
use crate::conferir::case::{MADE, STATUS};
use crate::dialect::reason;
use crate::domain::atendimento::Status;

/// The text and the body of the changes in `seen`; and what is to be said of them.
pub(super) fn success_body(seen: &Seen, envelope: &Envelope) -> (String, String, Option<String>) {
    let bodies: Vec<(String, String)> =
        seen.changes.iter().map(|change| body_of(change, &seen.protocolo, envelope)).collect();
    let count = |body: &(String, String)| bodies.iter().filter(|other| *other == body).count();
    let Some(usual) = bodies.iter().rev().max_by_key(|body| count(body)).cloned() else {
        return (MADE.to_owned(), String::new(), None);
    };
    let others: Vec<&str> = { seen.changes.iter() }
        .zip(&bodies)
        .filter(|(_, body)| **body != usual)
        .filter_map(|(change, _)| change.status.map(Status::nome))
        .collect();
    let note = format!("the answer to a change is not always this; another one came for {}", others.join(", "));
    (usual.0, usual.1, Some(note).filter(|_| !others.is_empty()))
}

fn body_of(change: &ChangeObservation, protocolo: &str, envelope: &Envelope) -> (String, String) {
    let known =
        [(protocolo, "<protocolo>"), (change.status.map_or("", Status::nome), "<status>"), (STATUS, "<caminho>")];
    let known = Known::new(envelope.escapes.unwrap_or_default(), known);
    let code = change.received.code;
    let gap = |place: &str, value: &Value| match value {
        Value::Number(number) if number.as_u64() == Some(u64::from(code)) => Some("<codigo>"),
        Value::String(text) if envelope.is_reason(place) && text == reason(code) => Some("<razao>"),
        other => time_gap(other),
    };
    envelope.body(&change.received, MADE, &known, gap)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::conferir::client::Received;

    fn found(body: impl Fn(Status) -> String) -> (String, String, Option<String>) {
        let received = |body: String| Received { code: 200, headers: HeaderMap::new(), body };
        let change = |status| ChangeObservation { status: Some(status), received: received(body(status)) };
        let changes = Status::ALL.map(change).into();
        let seen = Seen { errors: Vec::new(), changes, login: None, protocolo: "20221104000005".to_owned() };
        success_body(&seen, &Envelope::of(&[]))
    }

    #[test]
    fn what_is_the_changes_becomes_a_gap() {
        let body = |status: Status| {
            let (nome, time) = (status.nome(), "2026-11-28T12:00:00.123Z");
            format!(
                r#"{{"protocolo":"20221104000005","numero":20221104000005,"status":"{nome}","mensagem":"Agora em {nome}.","em":"{time}","codigo":200}}"#
            )
        };
        let corpo = r#"{"protocolo":"<protocolo>","numero":<protocolo>,"status":"<status>","mensagem":"Agora em <status>.","em":"<instante>","codigo":<codigo>}"#;
        assert_eq!(found(body), (MADE.to_owned(), corpo.to_owned(), None));
    }

    #[test]
    fn what_varies_otherwise_is_said() {
        let body = |status: Status| match status {
            Status::Cancelado => r#"{"message":"Cancelamento feito"}"#.to_owned(),
            _ => format!(r#"{{"message":"{MADE}"}}"#),
        };
        let (text, corpo, note) = found(body);
        assert_eq!((text.as_str(), corpo.as_str()), (MADE, r#"{"message":"<texto>"}"#));
        assert!(note.unwrap().ends_with("for Cancelado"));
    }
}
