//! What a recording shows of the heads of answers, and a dialect can't say, or does not know.

use std::collections::BTreeMap;

use serde_json::Value;

use super::headers::TOLD;
use crate::conferir::infer::PASSING;
use crate::dialect::HeaderCase;

/// Most notes that are kept.
const NOTES_MAX: usize = 100;

/// The heads of the answers of the two routes.
#[derive(Default)]
pub(super) struct Heads {
    /// Names of headers as they were written, with how often, and where first.
    names: BTreeMap<String, (u64, String)>,
    /// What is to be said of a header or a reason, and where it was seen first.
    notes: BTreeMap<(String, String), String>,
}

impl Heads {
    /// Takes the line `number`, of the case `case`.
    pub(super) fn add(&mut self, number: u64, case: &str, line: &Value) {
        let place = format!("line {number} of the recording, {case}");
        let pairs = line["cabecalhosDaResposta"].as_array().into_iter().flatten();
        for (name, value) in pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?))) {
            let lower = name.to_ascii_lowercase();
            self.names.entry(name.to_owned()).or_insert_with(|| (0, place.clone())).0 += 1;
            let is_masked = value.ends_with(" bytes>") || value.ends_with("<token>");
            // Ours is another one each time, too.
            let is_id = lower == "x-request-id";
            let is_kind = lower == "content-type";
            let is_told = TOLD.contains(&lower.as_str()) && lower != "www-authenticate";
            if is_told {
                self.note(name, "a dialect has none of its own for each answer", &place);
            } else if value.is_empty() {
                self.note(name, "it is empty, and a dialect has none such", &place);
            } else if is_kind && is_masked {
                self.note(name, "its value was not recorded, and is taken from what the body looks like", &place);
            } else if is_kind && !value.contains('/') {
                self.note(name, "it is no media type, so that a dialect has none", &place);
            } else if is_masked && !is_id && (!PASSING.contains(&lower.as_str()) || lower == "www-authenticate") {
                self.note(name, "its value was not recorded", &place);
            }
        }
        let differences = line["diferencas"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for said in differences.filter_map(|difference| difference.strip_prefix("reason ")) {
            self.note(&format!("reason {said}"), "a dialect has no reasons of its own", &place);
        }
    }

    fn note(&mut self, what: &str, why: &str, place: &str) {
        if self.notes.len() < NOTES_MAX {
            self.notes.entry((what.to_owned(), why.to_owned())).or_insert_with(|| place.to_owned());
        }
    }

    /// How most names of headers are written, if that is not as the contract does.
    pub(super) fn case(&self) -> Option<HeaderCase> {
        let is_title = |name: &str| HeaderCase::IniciaisMaiusculas.written(name) == name || is_upper_at_starts(name);
        let all: u64 = self.names.values().map(|(seen, _)| seen).sum();
        let titles: u64 = self.names.iter().filter(|(name, _)| is_title(name)).map(|(_, (seen, _))| seen).sum();
        (titles * 2 > all).then_some(HeaderCase::IniciaisMaiusculas)
    }

    /// What is to be said of heads: what, and why.
    pub(super) fn doubts(&self) -> Vec<(String, String)> {
        let case = self.case().unwrap_or(HeaderCase::Minusculas);
        let others = self.names.iter().filter(|(name, _)| case.written(name) != **name);
        let others =
            others.map(|(name, (_, place))| (name.clone(), format!("written otherwise than the rest; {place}")));
        let notes = self.notes.iter().map(|((what, why), place)| (what.clone(), format!("{why}; {place}")));
        notes.chain(others.take(NOTES_MAX)).collect()
    }
}

/// Whether each word of `name` begins with a capital, as in `X-XSS-Protection`.
fn is_upper_at_starts(name: &str) -> bool {
    name.split('-').all(|part| part.chars().next().is_none_or(|first| !first.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heads(pairs: &Value) -> Heads {
        let mut heads = Heads::default();
        heads.add(3, "login", &json!({"cabecalhosDaResposta": pairs, "diferencas": ["reason Fine, ours OK", "body"]}));
        heads
    }

    #[test]
    fn what_a_dialect_does_not_know_is_told_with_its_place() {
        let heads = heads(&json!([
            ["Content-Type", "application/json"],
            ["X-Limite", "<3 bytes>"],
            ["set-cookie", "<9 bytes>"],
            ["X-Request-Id", "<1 bytes>"],
            ["ETag", "<1 bytes>"],
            ["Date", "<1 bytes>"],
            ["Vary", "Origin"],
            ["X-Vazio", ""],
            ["SERVER", "nginx"],
            ["P3P", "<9 bytes>"],
        ]));
        assert_eq!(heads.case(), Some(HeaderCase::IniciaisMaiusculas));
        let place = "line 3 of the recording, login";
        let told = [
            ("P3P", "its value was not recorded"),
            ("X-Limite", "its value was not recorded"),
            ("X-Vazio", "it is empty, and a dialect has none such"),
            ("reason Fine, ours OK", "a dialect has no reasons of its own"),
            ("set-cookie", "a dialect has none of its own for each answer"),
            ("ETag", "written otherwise than the rest"),
            ("P3P", "written otherwise than the rest"),
            ("SERVER", "written otherwise than the rest"),
            ("set-cookie", "written otherwise than the rest"),
        ];
        assert_eq!(heads.doubts(), told.map(|(what, why)| (what.to_owned(), format!("{why}; {place}"))));
    }

    #[test]
    fn a_content_type_that_a_dialect_can_not_have_is_told() {
        for (value, why) in [
            ("<28 bytes>", "its value was not recorded, and is taken from what the body looks like"),
            ("json", "it is no media type, so that a dialect has none"),
        ] {
            let told = heads(&json!([["Content-Type", value]])).doubts();
            assert!(
                told.contains(&("Content-Type".to_owned(), format!("{why}; line 3 of the recording, login"))),
                "{told:?}"
            );
        }
        for value in ["*/*", "unknown/unknown", "text/html; charset=utf-8"] {
            assert_eq!(heads(&json!([["Content-Type", value]])).doubts().len(), 1, "{value}");
        }
    }

    #[test]
    fn small_names_are_the_contracts() {
        let heads = heads(&json!([["content-type", "a/b"], ["date", ""], ["X-A", "b"]]));
        assert_eq!(heads.case(), None);
        assert!(heads.doubts().iter().any(|(what, _)| what == "X-A"));
    }
}
