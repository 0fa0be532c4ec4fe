//! A recording held against a dialect: which answers that would give, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::findings::{case_of, error_of};
use super::observe::{LOGIN, Observer, Route, SUCESSO, is_success};
use super::recognise::{Recognised, contract, split};
use super::variants::Variant;
use crate::conferir::difference;
use crate::dialect::{Dialect, Facts, LoggedIn, fits_between};
use crate::http::answer::MADE;

/// What a dialect says of the exchanges of the two routes in a recording.
pub struct Compared {
    observer: Observer,
    pub alike: u64,
    /// By the case and what differs: how often, and in which line first.
    pub differing: BTreeMap<(String, String), (u64, u64)>,
    /// Those that have a part which was not recorded, and that are alike but for that.
    pub cut: u64,
    /// Answers that nobody knows.
    pub unknown: u64,
}

impl Compared {
    pub fn with(dialect: Arc<Dialect>) -> Self {
        let observer = Observer::new(dialect);
        Self { observer, alike: 0, differing: BTreeMap::new(), cut: 0, unknown: 0 }
    }

    /// Takes the line `number` of a recording.
    pub fn add(&mut self, number: u64, line: &Value) {
        let route = line["rota"].as_str().unwrap_or_default();
        if ![Route::Login, Route::Change].map(Route::word).contains(&route) {
            return;
        }
        let variant = Variant::new(number, line, None, None);
        match case_of(line).and_then(|case| Some((case, self.differences_of(case, line, &variant)?))) {
            None => self.unknown += 1,
            Some((_, differences)) if differences.is_empty() && variant.is_cut() => self.cut += 1,
            Some((_, differences)) if differences.is_empty() => self.alike += 1,
            Some((case, differences)) => {
                let kind = (case.to_owned(), differences.join("; "));
                self.differing.entry(kind).or_insert((0, number)).0 += 1;
            }
        }
    }

    /// Where the dialect answers otherwise than `line`, which is of `case`; none for a case that it does not know.
    fn differences_of(&self, case: &str, line: &Value, variant: &Variant) -> Option<Vec<String>> {
        let error = error_of(&self.observer, case, line);
        let differences = self.differences(case, error.as_ref(), variant)?;
        if !is_success(case) || differences.is_empty() {
            return Some(differences);
        }
        // Some servers answer everything with 200, so that a refusal was taken for a success.
        let texts = [&line["resposta"], &line["recusa"]].into_iter().filter_map(Value::as_str);
        let refusals = texts.filter_map(|text| self.observer.errors.recognised(text)).chain(contract("same_status"));
        let is_one =
            |error: &Recognised| self.differences(case, Some(error), variant).is_some_and(|left| left.is_empty());
        Some(if { refusals }.any(|error| is_one(&error)) { Vec::new() } else { differences })
    }

    /// Where the dialect gives `error`, or else the success `case`, otherwise than `variant`.
    fn differences(&self, case: &str, error: Option<&Recognised>, variant: &Variant) -> Option<Vec<String>> {
        let dialect = &self.observer.dialect;
        let form = match error {
            Some(error) => dialect.error(error.name, error.answer_name().field, error.code, &error.said),
            None if case == LOGIN => dialect.login(),
            None if case == SUCESSO => dialect.success(MADE),
            None => return None,
        };
        let said = error.map(|error| error.said.as_str()).filter(|said| fits_between(&split(form.text), said));
        let asked = variant.asked();
        let token = variant.token();
        let facts = Facts {
            texto: said.unwrap_or(form.text),
            codigo: form.code,
            metodo: "POST",
            caminho: &variant.path,
            now: OffsetDateTime::UNIX_EPOCH,
            login: Some(LoggedIn { token, validade: 1, login: &asked.login }),
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
        if !variant.is_cut() && !form.fits(&facts, &received.body) {
            let place = difference::first(&form.filled(&facts), &received.body);
            differences.push(place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}")));
        }
        Some(differences)
    }
}
