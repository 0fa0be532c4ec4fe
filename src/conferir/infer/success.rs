//! The success of a change: what of it is the change's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::envelope::Envelope;
use super::known::Known;
use super::moving::{Place, moving};
use super::plain::of_plain;
use super::seen::{ChangeObservation, Seen};
use super::statuses::{Statuses, is_mark, with_name};
use crate::conferir::case::{MADE, STATUS};
use crate::conferir::spans::spans;
use crate::dialect::{Piece, Template, reason};
use crate::domain::atendimento::Status;

/// What stands for what is the user's.
const PERSONAL: &str = "<pessoal>";
const PERSONAL_NUMBER: &str = "<pessoal 0>";

/// The success of a change, as a dialect writes it.
pub(super) struct Success {
    pub(super) text: String,
    pub(super) corpo: String,
    /// Which of the changes in what was seen has it.
    pub(super) shown_by: usize,
    pub(super) note: Option<String>,
}

/// What the changes in `seen` are answered; and what is to be said of them.
pub(super) fn success_body(seen: &Seen, envelope: &Envelope) -> Success {
    let bodies = seen.changes.iter().map(|change| body_of(change, seen, envelope)).collect();
    let bodies = with_motivo(bodies);
    let count = |body: &(String, String)| bodies.iter().filter(|other| *other == body).count();
    let usual = (0..bodies.len()).rev().max_by_key(|at| count(&bodies[*at]));
    let shown_by = usual.map_or(0, |usual| bodies.iter().position(|body| *body == bodies[usual]).unwrap_or(usual));
    let Some(usual) = bodies.get(shown_by).cloned() else {
        return Success { text: MADE.to_owned(), corpo: String::new(), shown_by, note: None };
    };
    // Of a change from a status that is not known, that may be all that differs.
    let may_be_usual = |change: &ChangeObservation| {
        let from = |before| ChangeObservation { before: Some(before), ..change.clone() };
        let bodies = || Status::ALL.iter().map(|before| body_of(&from(*before), seen, envelope));
        change.before.is_none() && bodies().any(|body| fills(&usual, &body))
    };
    let mut others: Vec<&str> = { seen.changes.iter() }
        .zip(&bodies)
        .filter(|(change, body)| **body != usual && !may_be_usual(change))
        .filter_map(|(change, _)| change.status.map(Status::nome))
        .collect();
    others.dedup();
    let note = format!("the answer to a change is not always this; another one came for {}", others.join(", "));
    Success { text: usual.0, corpo: usual.1, shown_by, note: Some(note).filter(|_| !others.is_empty()) }
}

/// A gap for the motivo, and the same as a text of JSON. Without quotes it is null where there is none.
const MOTIVO: &str = "<motivo>";
const QUOTED_MOTIVO: &str = "\"<motivo>\"";

/// `bodies`, of which those of changes without a motivo are like those with one.
fn with_motivo(mut bodies: Vec<(String, String)>) -> Vec<(String, String)> {
    let named: Vec<(String, String)> = bodies.iter().filter(|body| body.1.contains(MOTIVO)).cloned().collect();
    for (text, corpo) in named {
        let null = (text.clone(), corpo.replace(QUOTED_MOTIVO, "null"));
        let is_null = null.1 != corpo && bodies.contains(&null);
        let usual = (text, if is_null { corpo.replace(QUOTED_MOTIVO, MOTIVO) } else { corpo });
        bodies.iter_mut().filter(|body| fills(&usual, body)).for_each(|body| body.clone_from(&usual));
    }
    bodies
}

/// Whether `body` is `usual` with a motivo, or with none.
fn fills(usual: &(String, String), body: &(String, String)) -> bool {
    let whole = |(text, corpo): &(String, String)| corpo.replacen("<texto>", &Template::literal(text), 1);
    let with = |motivo: &str| whole(usual).replace(MOTIVO, motivo);
    let is_value = usual.1.starts_with(['{', '[']) && !usual.1.contains(QUOTED_MOTIVO);
    let is_filled = || {
        let body = whole(body);
        body == with("") || is_value && [with("null"), with(QUOTED_MOTIVO)].contains(&body)
    };
    usual == body || usual.1.contains(MOTIVO) && is_filled()
}

fn body_of(change: &ChangeObservation, seen: &Seen, envelope: &Envelope) -> (String, String) {
    let (writing, statuses) = (envelope.writing(&change.received), envelope.statuses());
    let status = change.status.map_or("", Status::nome);
    let capitals = status.to_uppercase();
    let before = change.before.filter(|before| Some(*before) != change.status).map(Status::nome);
    let login = seen.usuario.as_str();
    let known = [
        (&*seen.protocolo, "<protocolo>"),
        (status, "<status>"),
        (&capitals, "<STATUS>"),
        (&seen.motivo, "<motivo>"),
        (STATUS, "<caminho>"),
        (STATUS.trim_start_matches('/'), "<caminho sem barra>"),
        (login, "<usuario>"),
        (before.unwrap_or_default(), "<anterior>"),
    ];
    let people: Vec<&str> = envelope.people().names().collect();
    let personal = people.iter().map(|name| (*name, PERSONAL));
    let known = Known::new(writing, known.into_iter().chain(statuses.known(status)).chain(personal));
    let code = change.received.code;
    let moved = |place: Option<&str>| {
        let marked = || statuses.marked(place, change).filter(|text| text.contains(is_mark));
        let moving = places(place, seen, statuses).and_then(|places| moving(&places));
        let pieces = moving.or_else(|| Some(vec![Piece::Same(marked()?)]))?;
        let with_status = |piece: Piece| match piece {
            Piece::Same(text) => Piece::Same(with_name(&text, status, before)),
            other => other,
        };
        Some(pieces.into_iter().map(with_status).collect::<Vec<_>>())
    };
    if spans(&change.received.body).is_empty() {
        let pieces = moved(None).unwrap_or_else(|| vec![Piece::Same(change.received.body.clone())]);
        let (text, corpo) = of_plain(&pieces, MADE, writing, &known);
        if !text.contains(is_mark) {
            return (text, statuses.filled(&corpo));
        }
        // The text is another one for each status.
        let worded = Template::literal(&writing.written(&text));
        return (MADE.to_owned(), statuses.filled(&corpo.replace("<texto>", &worded)));
    }
    envelope.body(&change.received, (MADE, change.now), &known, |span| match &span.value {
        value if statuses.gap_of_earlier(&span.pointer, "").is_some() => {
            statuses.gap_of_earlier(&span.pointer, if value.is_string() { PERSONAL } else { PERSONAL_NUMBER })
        }
        Value::String(text) if !text.is_empty() && [login, &seen.motivo].contains(&text.as_str()) => None,
        Value::String(text) if envelope.people().has(text) => Some(PERSONAL.to_owned()),
        Value::Number(number) if envelope.people().has(&number.to_string()) => Some(PERSONAL_NUMBER.to_owned()),
        _ if statuses.is_at(&span.pointer) => Some(statuses.written(&moved(Some(&span.pointer))?, writing, &known)),
        Value::Number(number) if number.as_u64() == Some(u64::from(code)) => Some("<codigo>".to_owned()),
        Value::String(text) if envelope.is_reason(&span.pointer) && text == reason(code) => Some("<razao>".to_owned()),
        _ => Some(statuses.written(&moved(Some(&span.pointer))?, writing, &known)),
    })
}

/// What stands at `place`, or in all of the body without one, in the answers to changes: those to the same status, and with a
/// motivo or without one, are the same request. None where it names more than the status after the change.
fn places(place: Option<&str>, seen: &Seen, statuses: &Statuses) -> Option<Vec<Place>> {
    let mut by_status = BTreeMap::<(&str, bool), Vec<&ChangeObservation>>::new();
    let tells_motivo =
        |change: &ChangeObservation| !seen.motivo.is_empty() && change.received.body.contains(&seen.motivo);
    let request = |change: &ChangeObservation| (change.status.map_or("", Status::nome), tells_motivo(change));
    seen.changes.iter().for_each(|change| by_status.entry(request(change)).or_default().push(change));
    let of_status = |changes: Vec<&ChangeObservation>| {
        let texts: Vec<String> = changes.iter().filter_map(|change| statuses.marked(place, change)).collect();
        (!texts.is_empty()).then(|| Place::of(changes[0].now, texts))
    };
    let is_named = |text: String| Status::ALL.iter().any(|status| text.contains(status.nome()));
    let names_more = |change: &ChangeObservation| statuses.marked(place, change).is_some_and(is_named);
    if seen.changes.iter().any(|change| change.before.is_some() && names_more(change)) {
        return None;
    }
    by_status.values_mut().for_each(|changes| changes.retain(|change| !names_more(change)));
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
        found_after(body, &[Status::Aberto])
    }

    fn found_after(body: impl Fn(Status) -> String, again: &[Status]) -> (String, String, Option<String>) {
        found_between(|_, status| body(status), again)
    }

    /// Of changes to all statuses, and to some `again`: `body` takes the one before and the one after.
    fn found_between(
        body: impl Fn(Option<Status>, Status) -> String,
        again: &[Status],
    ) -> (String, String, Option<String>) {
        found_of(body, again, &[])
    }

    /// The same, where the login has told of `people`.
    fn found_of(
        body: impl Fn(Option<Status>, Status) -> String,
        again: &[Status],
        people: &[&str],
    ) -> (String, String, Option<String>) {
        let received =
            |body: String| Received { code: 200, headers: HeaderMap::new(), body, charset: encoding_rs::UTF_8 };
        let statuses: Vec<Status> = Status::ALL.iter().chain(again).copied().collect();
        let before = |at: usize| at.checked_sub(1).map(|at| statuses[at]);
        let change = |(at, status): (usize, &Status)| ChangeObservation {
            status: Some(*status),
            before: before(at),
            now: NOW,
            received: received(body(before(at), *status)),
        };
        let changes = statuses.iter().enumerate().map(change).collect();
        let seen = Seen {
            errors: Vec::new(),
            changes,
            login: None,
            protocolo: "20221104000005".to_owned(),
            motivo: "Duplicado".to_owned(),
            usuario: String::new(),
        };
        let mut personal = Personal::default();
        personal.add(people.iter().map(|name| (*name).to_owned()));
        let envelope = Envelope::of(&[], personal, Statuses::of(&seen));
        let Success { text, corpo, note, .. } = success_body(&seen, &envelope);
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
            Status::Cancelado => r#"{"message":"Cancelamento feito","aviso":"enviado"}"#.to_owned(),
            _ => format!(r#"{{"message":"{MADE}"}}"#),
        };
        let (.., note) = found(body);
        assert!(note.unwrap().ends_with("for Cancelado"));
    }

    fn word(status: Status) -> &'static str {
        ["OPEN", "IN_PROGRESS", "CANCELED", "INVALID", "CLOSED"][status as usize]
    }

    fn lower(status: Status) -> String {
        status.nome().to_lowercase().replace(' ', "_")
    }

    #[test]
    fn the_words_for_the_status_become_gaps() {
        for (body, corpo) in [
            (
                &(|status| format!(r#"{{"status":"{}","m":"Agora {}."}}"#, word(status), word(status)))
                    as &dyn Fn(Status) -> String,
                r#"{"status":"<status>","m":"Agora <status>."}"#,
            ),
            (
                &|status| format!(r#"{{"s":"{}","S":"{}","n":3}}"#, lower(status), lower(status).to_uppercase()),
                r#"{"s":"<status>","S":"<STATUS>","n":3}"#,
            ),
            (
                &|status| format!(r#"{{"s":"{}","nome":"{}","x":"{}"}}"#, word(status), lower(status), status.nome()),
                r#"{"s":"<status s>","nome":"<status nome>","x":"<status>"}"#,
            ),
            (
                &|status| format!(r#"{{"m":"{}: OK (em 28/11/2026 09:00:05)"}}"#, word(status)),
                r#"{"m":"<status>: OK (em <instante dd/MM/yyyy HH:mm:ss em -03:00>)"}"#,
            ),
            (
                &|status| format!(r#"{{"m":"Em 28/11/2026 09:00:05 ficou {}"}}"#, word(status)),
                r#"{"m":"Em <instante dd/MM/yyyy HH:mm:ss em -03:00> ficou <status>"}"#,
            ),
            (&|status| format!("Agora {}\n", word(status)), "Agora <status>\n"),
            (&|status| format!("OK;{};1", lower(status)), "OK;<status>;1"),
            (&|status| format!("<r><s>{}</s><n>1</n></r>", word(status)), "<r><s><status></s><n>1</n></r>"),
            // One word for several.
            (
                &|status| format!(r#"{{"situacao":"{}"}}"#, if status == Status::Aberto { "NOVO" } else { "X" }),
                r#"{"situacao":"<status>"}"#,
            ),
            (
                &|status| format!(r#"{{"aberto":{},"m":"Feito"}}"#, status == Status::Aberto),
                r#"{"aberto":<status aberto>,"m":"Feito"}"#,
            ),
        ] {
            assert_eq!(found(body), (MADE.to_owned(), corpo.to_owned(), None));
        }
    }

    #[test]
    fn a_motivo_is_told_where_one_was_named() {
        let takes_motivo = |status| matches!(status, Status::Cancelado | Status::Improcedente);
        for (named, none, corpo) in [
            (
                r#"{"m":"Feito","motivo":"Duplicado"}"#,
                r#"{"m":"Feito","motivo":""}"#,
                r#"{"m":"Feito","motivo":"<motivo>"}"#,
            ),
            (
                r#"{"m":"Feito","motivo":"Duplicado"}"#,
                r#"{"m":"Feito","motivo":null}"#,
                r#"{"m":"Feito","motivo":<motivo>}"#,
            ),
            (r#"{"m":"Feito (Duplicado)"}"#, r#"{"m":"Feito ()"}"#, r#"{"m":"Feito (<motivo>)"}"#),
            ("OK;Duplicado;1", "OK;;1", "OK;<motivo>;1"),
            ("<r><m>Duplicado</m></r>", "<r><m></m></r>", "<r><m><motivo></m></r>"),
        ] {
            let body = |status| if takes_motivo(status) { named } else { none }.to_owned();
            let again = [Status::Cancelado, Status::Aberto];
            assert_eq!(found_after(body, &again), (MADE.to_owned(), corpo.to_owned(), None));
        }
        let body = |status| if takes_motivo(status) { r#"{"motivo":"Duplicado"}"# } else { "{}" }.to_owned();
        assert!(found_after(body, &[Status::Aberto]).2.is_some());
        // No word that stands for none is an id.
        for none in ["-", "N/A", "SEM MOTIVO", "null"] {
            let count = std::cell::Cell::new(0);
            let body = |status: Status| {
                count.set(count.get() + 1);
                let motivo = if takes_motivo(status) || count.get() == 6 { "Duplicado" } else { none };
                format!(r#"{{"status":"{}","motivo":"{motivo}"}}"#, status.nome())
            };
            let found = found_after(body, &[Status::Finalizado, Status::Finalizado]);
            assert!(!found.1.contains("aleatorio") && found.2.is_some(), "{found:?}");
        }
    }

    #[test]
    fn what_is_the_users_becomes_a_gap() {
        let people = ["Ana Souza", "ana", "user.api", "000.000.001-91", "98765432", "Atendimento"];
        for (body, text, corpo) in [
            (
                r#"{"mensagem":"Alterado por Ana Souza","usuario":"ana"}"#,
                MADE,
                r#"{"mensagem":"Alterado por <pessoal>","usuario":"<pessoal>"}"#,
            ),
            (
                r#"{"mensagem":"Feito","por":{"id":98765432,"login":"user.api"},"n":3}"#,
                MADE,
                r#"{"mensagem":"Feito","por":{"id":<pessoal 0>,"login":"<pessoal>"},"n":3}"#,
            ),
            ("OK;user.api;ana", MADE, "OK;<pessoal>;<pessoal>"),
            ("Alterado por Ana.", MADE, "Alterado por <pessoal>."),
            (r#"{"m":"Atendimento salvo, banana (ana)"}"#, MADE, r#"{"m":"Atendimento salvo, banana (<pessoal>)"}"#),
            ("<r><por cpf='000.000.001-91'>Ana Souza</por></r>", MADE, "<r><por cpf='<pessoal>'><pessoal></por></r>"),
        ] {
            let found = found_of(|_, _| body.to_owned(), &[Status::Aberto], &people);
            assert_eq!(found, (text.to_owned(), corpo.to_owned(), None), "{body}");
        }
    }

    #[test]
    fn the_status_before_becomes_a_gap_in_a_sentence() {
        let body = |before: Option<Status>, status: Status| {
            let before = before.map_or("Cancelado", Status::nome);
            format!(r#"{{"m":"De {before} para {} em 28/11/2026 09:00:05"}}"#, status.nome())
        };
        let corpo = r#"{"m":"De <anterior> para <status> em <instante dd/MM/yyyy HH:mm:ss em -03:00>"}"#;
        let again = [Status::EmAtendimento, Status::Aberto, Status::EmAtendimento];
        // Of the first change, nobody knows the status before.
        assert_eq!(found_between(body, &again), (MADE.to_owned(), corpo.to_owned(), None));
        let plain = |before: Option<Status>, status: Status| {
            format!("De {} para {}", before.map_or("Cancelado", Status::nome), status.nome())
        };
        let corpo = "De <anterior> para <status>".to_owned();
        assert_eq!(found_between(plain, &again), (MADE.to_owned(), corpo, None));
        let other = |before: Option<Status>, status: Status| match before {
            None => "Feito".to_owned(),
            _ => plain(before, status),
        };
        assert!(found_between(other, &again).2.unwrap().ends_with("for Aberto"));
    }

    #[test]
    fn numbers_are_believed_where_they_come_again() {
        let number = |status: Status| [1, 2, 5, 9, 10][status as usize];
        let body = |status| format!(r#"{{"statusId":{0},"m":"Agora {0}","id":"{0}","n":3}}"#, number(status));
        let again = [Status::EmAtendimento, Status::Aberto, Status::EmAtendimento];
        let corpo = r#"{"statusId":<status id>,"m":"Agora <status id>","id":"<status id>","n":3}"#;
        assert_eq!(found_after(body, &again), (MADE.to_owned(), corpo.to_owned(), None));
        assert_eq!(found_after(|status| format!("OK;{};3", number(status)), &again).1, "OK;<status id>;3");
        // They may count something, or be another one by chance.
        let (.., note) = found_after(body, &again[..1]);
        assert!(note.is_some());
        let count = std::cell::Cell::new(0);
        let body = |status: Status| {
            count.set(count.get() + 1);
            format!(r#"{{"status":"{}","n":{}}}"#, status.nome(), count.get())
        };
        assert!(!found_after(body, &again).1.contains("<status id>"));
    }
}
