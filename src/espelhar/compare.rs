//! A recording held against a dialect: which answers that would give, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::findings::{case_of, error_of};
use super::observe::{LOGIN, Observer, Route, SUCESSO};
use super::recognise::{Recognised, contract, split};
use super::stand_ins::A_TOKEN;
use super::variants::Variant;
use crate::conferir::difference;
use crate::dialect::{Dialect, Facts, LoggedIn, fits_between};
use crate::http::answer::MADE;

/// An answer of a recording, held against that of the dialect.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    Alike,
    /// Nobody can tell: a part of it was not recorded.
    Cut,
    Differing(Vec<String>),
}

/// What a dialect says of the exchanges of the two routes in a recording.
pub struct Compared {
    observer: Observer,
    pub alike: u64,
    /// By the case and what differs: how often, and in which line first.
    pub differing: BTreeMap<(String, String), (u64, u64)>,
    /// Those of which a part was not recorded, so that nobody can tell, by the case: how often, and in which line first.
    pub cut: BTreeMap<String, (u64, u64)>,
    /// Answers that nobody knows.
    pub unknown: u64,
}

impl Compared {
    pub fn with(dialect: Arc<Dialect>) -> Self {
        let observer = Observer::new(dialect);
        Self { observer, alike: 0, differing: BTreeMap::new(), cut: BTreeMap::new(), unknown: 0 }
    }

    /// Whether all would be answered alike, for certain.
    pub fn is_whole(&self) -> bool {
        self.differing.is_empty() && self.cut.is_empty() && self.unknown == 0
    }

    /// Takes the line `number` of a recording.
    pub fn add(&mut self, number: u64, line: &Value) {
        let route = line["rota"].as_str().unwrap_or_default();
        if ![Route::Login, Route::Change].map(Route::word).contains(&route) {
            return;
        }
        let variant = Variant::new(number, line, None, None);
        match case_of(line).and_then(|case| Some((case, self.held_against(case, line, &variant)?))) {
            None => self.unknown += 1,
            Some((_, Held::Alike)) => self.alike += 1,
            Some((case, Held::Cut)) => self.cut.entry(case.to_owned()).or_insert((0, number)).0 += 1,
            Some((case, Held::Differing(differences))) => {
                let kind = (case.to_owned(), differences.join("; "));
                self.differing.entry(kind).or_insert((0, number)).0 += 1;
            }
        }
    }

    /// What the dialect says of `line`, which is of `case`; none for a case that it does not know.
    fn held_against(&self, case: &str, line: &Value, variant: &Variant) -> Option<Held> {
        let error = error_of(&self.observer, case, line);
        let held = self.held(case, error.as_ref(), variant)?;
        let recognised = |member: &str| self.observer.errors.recognised(line[member].as_str()?);
        if let Some(error) = &error {
            // Where both are answered alike, nobody sees which it was.
            let is_other = |ours: &Recognised| matches!(self.held(case, Some(ours), variant), Some(Held::Differing(_)));
            let ours = recognised("recusa").filter(|ours| ours.comes_instead_of(error) && is_other(ours));
            let other =
                ours.map(|ours| Held::Differing(vec![format!("another case, ours {}: {}", ours.code, ours.said)]));
            return Some(other.unwrap_or(held));
        }
        // Some servers answer everything with 200, so that a refusal was taken for a success.
        let held_as = |error: Recognised| self.held(case, Some(&error), variant);
        let Some(refusal) = line["recusa"].as_str() else {
            let mut refusals = recognised("resposta").into_iter().chain(contract("same_status"));
            let is_alike = held == Held::Alike || refusals.any(|error| held_as(error) == Some(Held::Alike));
            return Some(if is_alike { Held::Alike } else { held });
        };
        // Ours gives no success, whatever that looks like.
        let ours = recognised("recusa");
        let theirs = recognised("resposta").filter(|theirs| ours.as_ref().is_some_and(|ours| ours.name == theirs.name));
        let held: Vec<_> = ours.into_iter().chain(theirs).filter_map(held_as).collect();
        let found = [Held::Alike, Held::Cut].into_iter().find(|kind| held.contains(kind));
        let refused = || Held::Differing(vec![format!("accepted, and ours refuses the request: {refusal}")]);
        Some(found.unwrap_or_else(refused))
    }

    /// Whether the dialect gives `error`, or else the success `case`, as `variant`.
    fn held(&self, case: &str, error: Option<&Recognised>, variant: &Variant) -> Option<Held> {
        let dialect = &self.observer.dialect;
        let form = match error {
            Some(error) => dialect.error(error.name, error.answer_name().field, error.code, &error.said),
            None if case == LOGIN => dialect.login(),
            None if case == SUCESSO => dialect.success(MADE),
            None => return None,
        };
        let said = error.map(|error| error.said.as_str()).filter(|said| fits_between(&split(form.text), said));
        let asked = variant.asked();
        let facts = Facts {
            texto: said.unwrap_or(form.text),
            codigo: form.code,
            metodo: "POST",
            caminho: &variant.path,
            now: OffsetDateTime::UNIX_EPOCH,
            login: Some(LoggedIn { token: A_TOKEN, validade: 1, login: &asked.login }),
            named: Some(asked.named()),
            id: Uuid::nil(),
        };
        let mut differences = Vec::new();
        let received = &variant.received;
        if received.code != form.code {
            differences.push(format!("status {}, the dialect {}", received.code, form.code));
        }
        let (theirs, ours) = (&variant.shape.1, String::from_utf8_lossy(form.content_type.as_bytes()));
        if *theirs != ours {
            differences.push(format!("content-type {theirs}, the dialect {ours}"));
        }
        let fits = form.fits(&facts, &received.body);
        if !fits && !variant.may_be(&form.filled(&facts)) {
            let place = form.misfit(&facts, &received.body).map(|misfit| difference::at(misfit, &received.body));
            differences.push(place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}")));
        }
        Some(match differences.is_empty() {
            true if fits => Held::Alike,
            true => Held::Cut,
            false => Held::Differing(differences),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::openapi::errors::known;

    const DIALECT: &str = r#"
[erro]
corpo = '{"erro":"<texto>","node":"a1"}'
[login]
corpo = '{"token":"<token>","nome":"<pessoal>","versao":"7"}'
"#;

    /// What the dialect says of an answer to `case`.
    fn compared(case: &str, code: u16, answer: &str) -> Compared {
        compared_with(DIALECT, None, case, code, answer)
    }

    /// What `dialect` says of an answer to `case`, whose request ours refuses with `refusal`.
    fn compared_with(dialect: &str, refusal: Option<&str>, case: &str, code: u16, answer: &str) -> Compared {
        let mut compared = Compared::with(Dialect::parse(dialect, &known()).unwrap().into());
        let route = if case == LOGIN { "login" } else { "status" };
        let headers = json!([["Content-Type", "application/json"]]);
        let line = json!({
            "rota": route, "caso": case, "codigo": code, "resposta": answer, "recusa": refusal, "quando": "",
            "caminho": "/api/x", "cabecalhos": [], "cabecalhosDaResposta": headers, "corpo": null,
        });
        compared.add(7, &line);
        compared
    }

    #[test]
    fn what_was_not_recorded_whole_is_called_neither_alike_nor_otherwise() {
        for (case, code, answer, held) in [
            ("unknown_status", 404, r#"{"erro":"Status não encontrado","node":"a1"}"#, "alike"),
            ("unknown_status", 404, r#"{"erro":"Status não encontrado","node":"<texto>"}"#, "cut"),
            ("unknown_status", 404, r#"{"erro":"<texto>","node":"a1"}"#, "cut"),
            ("unknown_status", 404, r#"{"erro":"Status não encontrado","<nome>":"a1"}"#, "cut"),
            ("unknown_status", 404, "<47 bytes>", "cut"),
            ("unknown_status", 404, r#"{"erro":"<texto>"}"#, "otherwise"),
            ("unknown_status", 422, r#"{"erro":"<texto>","node":"a1"}"#, "otherwise"),
            ("unknown_status", 404, r#"{"erro":"Status não encontrado","node":"b2"}"#, "otherwise"),
            // What is the user's may be anything in the dialect, too.
            ("login", 200, r#"{"token":"<token>","nome":"<texto>","versao":"7"}"#, "alike"),
            ("login", 200, r#"{"token":"<token>","nome":"<texto>","versao":"<texto>"}"#, "cut"),
        ] {
            let compared = compared(case, code, answer);
            let found = match (compared.alike, compared.cut.get(case), compared.differing.len()) {
                (1, None, 0) => "alike",
                (0, Some((1, 7)), 0) => "cut",
                (0, None, 1) => "otherwise",
                _ => "nothing",
            };
            assert_eq!((found, compared.is_whole()), (held, held == "alike"), "{answer}");
        }
        assert!(!compared("?", 418, "bule").is_whole());
    }

    #[test]
    fn what_was_refused_for_something_else_is_answered_otherwise() {
        let answer = r#"{"message":"Atendimento não encontrado"}"#;
        for (refusal, alike) in [
            (None, true),
            (Some("status – esse campo é obrigatório"), false),
            (Some("motivoStatus – esse campo é obrigatório"), true),
        ] {
            let compared = compared_with("", refusal, "unknown_atendimento", 404, answer);
            assert_eq!((compared.alike == 1, compared.differing.is_empty()), (alike, alike), "{refusal:?}");
        }
    }

    #[test]
    fn what_was_accepted_and_ours_refuses_is_answered_otherwise() {
        let refusal = "comentario – valor inválido";
        let made = r#"{"message":"Atendimento atualizado com sucesso"}"#;
        let by_200 = "[erro]\ncorpo = '{\"erro\":\"<texto>\"}'\n[respostas.invalid]\ncodigo = 200";
        let refused = format!(r#"{{"erro":"{refusal}"}}"#);
        for (dialect, refusal, answer, held) in [
            ("", None, made, "alike"),
            ("", Some(refusal), made, "otherwise"),
            ("", Some(refusal), r#"{"message":"<texto>"}"#, "otherwise"),
            (by_200, Some(refusal), made, "otherwise"),
            (by_200, Some(refusal), &refused, "alike"),
            (by_200, Some(refusal), r#"{"erro":"<texto>"}"#, "cut"),
        ] {
            let compared = compared_with(dialect, refusal, SUCESSO, 200, answer);
            let found = match (compared.alike, compared.cut.len(), compared.differing.len()) {
                (1, 0, 0) => "alike",
                (0, 1, 0) => "cut",
                (0, 0, 1) => "otherwise",
                _ => "nothing",
            };
            assert_eq!((found, compared.is_whole()), (held, held == "alike"), "{dialect} {answer}");
            let told = compared.differing.keys().all(|(_, why)| refusal.is_some_and(|refusal| why.contains(refusal)));
            assert!(told, "{:?}", compared.differing);
        }
    }
}
