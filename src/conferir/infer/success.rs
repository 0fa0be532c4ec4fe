//! The success of a change: what of it is the change's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::envelope::Envelope;
use super::known::Known;
use super::moving::{Place, moving, text_of, value_at, written};
use super::plain::of_plain;
use super::seen::{ChangeObservation, Seen};
use crate::conferir::case::{MADE, STATUS};
use crate::conferir::spans::spans;
use crate::dialect::{Piece, reason};
use crate::domain::atendimento::Status;

/// The success of a change, as a dialect writes it.
pub(super) struct Success {
    pub(super) text: String,
    pub(super) corpo: String,
    /// Which of the changes in what was seen has it.
    pub(super) shown_by: usize,
    pub(super) note: Option<String>,
}

/// Stands for the status of a change, while changes are compared.
const MARK: char = '\u{2}';
/// The same in capitals.
const CAPITALS: char = '\u{3}';

/// What the changes in `seen` are answered; and what is to be said of them.
pub(super) fn success_body(seen: &Seen, envelope: &Envelope) -> Success {
    let bodies: Vec<(String, String)> = seen.changes.iter().map(|change| body_of(change, seen, envelope)).collect();
    let count = |body: &(String, String)| bodies.iter().filter(|other| *other == body).count();
    let usual = (0..bodies.len()).rev().max_by_key(|at| count(&bodies[*at]));
    let shown_by = usual.map_or(0, |usual| bodies.iter().position(|body| *body == bodies[usual]).unwrap_or(usual));
    let Some(usual) = bodies.get(shown_by).cloned() else {
        return Success { text: MADE.to_owned(), corpo: String::new(), shown_by, note: None };
    };
    let mut others: Vec<&str> = { seen.changes.iter() }
        .zip(&bodies)
        .filter(|(_, body)| **body != usual)
        .filter_map(|(change, _)| change.status.map(Status::nome))
        .collect();
    others.dedup();
    let note = format!("the answer to a change is not always this; another one came for {}", others.join(", "));
    Success { text: usual.0, corpo: usual.1, shown_by, note: Some(note).filter(|_| !others.is_empty()) }
}

fn body_of(change: &ChangeObservation, seen: &Seen, envelope: &Envelope) -> (String, String) {
    let writing = envelope.writing(&change.received);
    let status = change.status.map_or("", Status::nome);
    let capitals = status.to_uppercase();
    let known = [
        (&*seen.protocolo, "<protocolo>"),
        (status, "<status>"),
        (&capitals, "<STATUS>"),
        (&seen.motivo, "<motivo>"),
        (STATUS, "<caminho>"),
    ];
    let known = Known::new(writing, known);
    let code = change.received.code;
    let moved = |pointer: Option<&str>| {
        let pieces = moving(&places(pointer, &seen.changes)?)?;
        let with_status = |piece: Piece| match piece {
            Piece::Same(text) => Piece::Same(text.replace(MARK, status).replace(CAPITALS, &capitals)),
            other => other,
        };
        Some(pieces.into_iter().map(with_status).collect::<Vec<_>>())
    };
    if spans(&change.received.body).is_empty() {
        let pieces = moved(None).unwrap_or_else(|| vec![Piece::Same(change.received.body.clone())]);
        return of_plain(&pieces, MADE, writing, &known);
    }
    envelope.body(&change.received, (MADE, change.now), &known, |span| match &span.value {
        Value::Number(number) if number.as_u64() == Some(u64::from(code)) => Some("<codigo>".to_owned()),
        Value::String(text) if envelope.is_reason(&span.pointer) && text == reason(code) => Some("<razao>".to_owned()),
        _ => Some(written(&moved(Some(&span.pointer))?, writing, &known)),
    })
}

/// What stands at `pointer`, or in all of the body without one, in the answers to `changes`: changes to the same status are the same request. None where it names
/// more than the status after the change.
fn places(pointer: Option<&str>, changes: &[ChangeObservation]) -> Option<Vec<Place>> {
    let mut by_status = BTreeMap::<&str, Vec<&ChangeObservation>>::new();
    changes.iter().for_each(|change| by_status.entry(change.status.map_or("", Status::nome)).or_default().push(change));
    let text = |change: &ChangeObservation| {
        let text = match pointer {
            Some(pointer) => text_of(&value_at(&change.received, pointer)?)?,
            None => change.received.body.clone(),
        };
        let Some(status) = change.status.map(Status::nome) else { return Some(text) };
        Some(text.replace(status, &MARK.to_string()).replace(&status.to_uppercase(), &CAPITALS.to_string()))
    };
    let of_status = |changes: Vec<&ChangeObservation>| {
        let texts: Vec<String> = changes.iter().filter_map(|change| text(change)).collect();
        (!texts.is_empty()).then(|| Place::of(changes[0].now, texts))
    };
    let is_named = |text: &String| Status::ALL.iter().any(|status| text.contains(status.nome()));
    if changes.iter().filter_map(text).any(|text| is_named(&text)) {
        return None;
    }
    Some(by_status.into_values().filter_map(of_status).collect())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::conferir::client::Received;
    use crate::conferir::personal::Personal;

    const NOW: i64 = 1_795_867_205;

    fn found(body: impl Fn(Status) -> String) -> (String, String, Option<String>) {
        let received =
            |body: String| Received { code: 200, headers: HeaderMap::new(), body, charset: encoding_rs::UTF_8 };
        let change = |status| ChangeObservation { status: Some(status), now: NOW, received: received(body(status)) };
        // One of them a second time.
        let changes = Status::ALL.into_iter().chain([Status::Aberto]).map(change).collect();
        let seen = Seen {
            errors: Vec::new(),
            changes,
            login: None,
            protocolo: "20221104000005".to_owned(),
            motivo: "Duplicado".to_owned(),
        };
        let Success { text, corpo, note, .. } = success_body(&seen, &Envelope::of(&[], Personal::default()));
        (text, corpo, note)
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
    fn what_is_another_one_each_time_becomes_a_gap() {
        let number = std::cell::Cell::new(0x1234_5678_9abc_u64);
        let body = |status: Status| {
            number.set(number.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
            let id = number.get();
            format!(
                r#"{{"id":"{id:016x}","message":"{} (req {id:016x}, 28/11/2026 09:00)","epoch":{NOW}}}"#,
                status.nome()
            )
        };
        let corpo = r#"{"id":"<aleatorio hex 16>","message":"<status> (req <aleatorio hex 16>, <instante dd/MM/yyyy HH:mm em -03:00>)","epoch":<segundos>}"#;
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
