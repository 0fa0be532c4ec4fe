//! From the lines of a recording to the dialect that the Citrus in it speaks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::observe::{LOGIN, Observer, Recognised, Route, SUCESSO, is_success};
use super::variants::{Case, Variant};
use crate::conferir::infer::infer;
use crate::conferir::infer::seen::{ChangeObservation, Seen};
use crate::conferir::record::Recording;
use crate::dialect::{Dialect, Handling, RulesFile, Verdict};
use crate::domain::atendimento::Status;
use crate::domain::rules::Rules;
use crate::http::answer::catalogue::ApiError;
use crate::http::openapi::errors;

/// Most atendimentos whose status is followed; then all are forgotten.
const ATENDIMENTOS_MAX: usize = 100_000;
/// Where clients put the token, and how the contract's clients do.
const TOKEN_HEADERS: [&str; 3] = ["authorization", "x-access-token", "token"];
const BEARER: [&str; 2] = ["Authorization: Bearer", "Authorization"];
/// A case that nobody knows.
const UNKNOWN: &str = "unknown answer";

/// What the lines that were read say.
pub struct Findings {
    observer: Observer,
    cases: BTreeMap<String, Case>,
    /// Where each atendimento is, after the changes that were seen.
    statuses: HashMap<String, Status>,
    /// How the token came with changes that were made, and how often.
    carriers: BTreeMap<String, u64>,
    /// How it came with those of which the server said that they had none.
    unread: BTreeSet<String>,
    checks_motivo: bool,
    denies_at_login: bool,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            observer: Observer::new(Dialect::contract().into()),
            cases: BTreeMap::new(),
            statuses: HashMap::new(),
            carriers: BTreeMap::new(),
            unread: BTreeSet::new(),
            checks_motivo: false,
            denies_at_login: false,
        }
    }
}

impl Findings {
    /// Takes the line `number` of a recording.
    pub fn add(&mut self, number: u64, line: &Value) {
        let route = line["rota"].as_str().unwrap_or_default();
        if ![Route::Login, Route::Change].map(Route::word).contains(&route) {
            return;
        }
        let case = line["caso"].as_str().unwrap_or(UNKNOWN);
        self.checks_motivo |= case == "unknown_motivo" && !may_need_motivo(line);
        self.denies_at_login |= case == "access_denied" && route == Route::Login.word();
        let instead = if is_success(case) { self.refused(line) } else { None };
        match case {
            SUCESSO => {
                carriers(line).for_each(|carrier| *self.carriers.entry(carrier).or_default() += 1);
                self.follow(line);
            }
            "token_missing" => self.unread.extend(carriers(line)),
            _ => {}
        }
        let error = self.error(case, line);
        let key = error.as_ref().map_or_else(|| case.to_owned(), |error| error.answer_name().key());
        self.case(key, error).add(Variant::new(number, line, instead));
    }

    /// What the server may have refused the request of `line` for, although its answer is taken for a success.
    fn refused(&self, line: &Value) -> Option<Recognised> {
        let of_request = line["recusa"].as_str().and_then(|refusal| self.observer.recognised(refusal));
        let present = line["corpo"]["protocolo"].as_str().and_then(|protocolo| self.statuses.get(protocolo));
        let is_same = present.is_some() && present == status_in(line).as_ref();
        of_request.or_else(|| contract("same_status").filter(|_| is_same))
    }

    /// Keeps up with a change that was made.
    fn follow(&mut self, line: &Value) {
        if let (Some(protocolo), Some(status)) = (line["corpo"]["protocolo"].as_str(), status_in(line)) {
            if self.statuses.len() >= ATENDIMENTOS_MAX {
                self.statuses.clear();
            }
            self.statuses.insert(protocolo.to_owned(), status);
        }
    }

    /// The error that `case` names, with the text that the contract gives to `line`.
    fn error(&self, case: &str, line: &Value) -> Option<Recognised> {
        let texts = [&line["resposta"], &line["recusa"]].into_iter().filter_map(Value::as_str);
        let known = { texts }.filter_map(|text| self.observer.recognised(text)).find(|known| known.name == case);
        known.or_else(|| contract(case))
    }

    fn case(&mut self, key: String, error: Option<Recognised>) -> &mut Case {
        self.cases.entry(key).or_insert_with(|| Case { error, variants: Vec::new(), others: 0 })
    }

    /// The dialect, from which lines it is known, and what is not known.
    pub fn conclude(mut self) -> Recording {
        self.move_refusals();
        let mut unasked = Vec::new();
        for (key, case) in &mut self.cases {
            case.variants.sort_by_key(Variant::rank);
            unasked.extend(case.doubts(key));
        }
        unasked.push(("never seen".to_owned(), self.unseen().join(", ")));
        let chosen = |key: &str| self.cases.get(key).and_then(Case::chosen);
        let (login, success) = (chosen(LOGIN), chosen(SUCESSO));
        let (variants, errors): (Vec<_>, Vec<_>) = self.cases.values().filter_map(Case::observation).unzip();
        let change = |variant: &Variant| ChangeObservation {
            status: None,
            now: variant.now,
            received: variant.received.clone(),
        };
        let seen = Seen {
            errors,
            changes: success.map(change).into_iter().collect(),
            login: login.map(Variant::login_observation),
            protocolo: String::new(),
        };
        let inferred = infer(&seen);
        let mut file = inferred.file;
        file.regras = self.rules();
        file.token.cabecalhos = self.token_headers();
        let entries =
            seen.errors.iter().map(|seen| format!("[respostas.{}]", seen.name.key())).zip(variants.iter().copied());
        let first = variants.first().map(|variant| ("[erro]".to_owned(), *variant));
        let successes = [("[sucesso]", success), ("[login]", login)];
        let successes = successes.into_iter().filter_map(|(entry, variant)| Some((entry.to_owned(), variant?)));
        let evidence = entries.chain(first).chain(successes).map(|(entry, variant)| (entry, variant.told()));
        let notes = inferred.notes.into_iter().map(|(table, note)| (table.to_owned(), note));
        Recording { file, comments: notes.chain(evidence).collect(), unasked, personal: inferred.personal }
    }

    /// Some servers answer everything with 200: what came only to requests that could be refused is a refusal.
    fn move_refusals(&mut self) {
        for key in [LOGIN, SUCESSO] {
            let Some(case) = self.cases.get_mut(key) else { continue };
            let (plain, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut case.variants).into_iter().partition(|variant| variant.instead.is_none());
            let is_refusal =
                |variant: &Variant| !plain.is_empty() && plain.iter().all(|plain| plain.shape != variant.shape);
            let (refusals, accepted): (Vec<_>, Vec<_>) = others.into_iter().partition(is_refusal);
            for variant in plain.into_iter().chain(accepted) {
                case.add(Variant { instead: None, ..variant });
            }
            for mut variant in refusals {
                let error = variant.instead.take();
                let key = error.as_ref().map(|error| error.answer_name().key()).unwrap_or_default();
                self.case(key, error).add(variant);
            }
        }
    }

    fn rules(&self) -> RulesFile {
        let is_seen = |key: &str| self.cases.contains_key(key);
        let refused = |is_refused: bool| is_refused.then_some(Verdict::Recusado);
        RulesFile {
            mesmo_status: refused(is_seen("same_status")),
            motivo_desnecessario: match is_seen("motivo_unneeded") {
                true => Some(Handling::Recusado),
                false => self.checks_motivo.then_some(Handling::Conferido),
            },
            motivo_desconhecido: None,
            login_sem_permissao: refused(self.denies_at_login),
        }
    }

    /// The headers that carried the token of changes that were made, if they are not the contract's.
    fn token_headers(&self) -> Option<Vec<String>> {
        let read = self.carriers.iter().filter(|(carrier, _)| !self.unread.contains(*carrier));
        let mut headers: Vec<_> = read.map(|(carrier, seen)| (Reverse(*seen), carrier.clone())).collect();
        headers.sort();
        let headers: Vec<String> = headers.into_iter().map(|(_, carrier)| carrier).collect();
        (!headers.iter().all(|carrier| BEARER.contains(&carrier.as_str()))).then_some(headers)
    }

    /// The answers of the two routes that did not come.
    fn unseen(&self) -> Vec<String> {
        let errors = ["login", "alterarStatus"].into_iter().flat_map(|id| errors::of(Some(id), Rules::default()));
        let told = errors.filter(|error| error.present_status().is_none()).map(|error| error.told().key());
        let told: BTreeSet<String> = told.filter(|key| !self.cases.contains_key(key)).collect();
        let successes = [LOGIN, SUCESSO].into_iter().filter(|key| !self.cases.contains_key(*key)).map(str::to_owned);
        successes.chain(told).collect()
    }
}

/// The contract's error `name`.
fn contract(name: &str) -> Option<Recognised> {
    let errors = ApiError::one_of_each();
    let row = errors.iter().map(ApiError::row).find(|row| row.name == name)?;
    Some(Recognised { name: row.name, code: row.status.as_u16(), said: row.text.to_owned() })
}

/// How the token of `line` may have come, as a dialect writes it.
fn carriers(line: &Value) -> impl Iterator<Item = String> {
    let headers = line["cabecalhos"].as_array().into_iter().flatten();
    let headers = headers.filter_map(|pair| Some((pair[0].as_str()?.to_ascii_lowercase(), pair[1].as_str()?)));
    headers.filter(|(name, _)| TOKEN_HEADERS.contains(&name.as_str())).map(|(name, value)| {
        let name = if name == "authorization" { "Authorization".to_owned() } else { name };
        match value.split_once(" <") {
            Some((scheme, _)) => format!("{name}: {scheme}"),
            None => name,
        }
    })
}

fn status_in(line: &Value) -> Option<Status> {
    line["corpo"]["status"].as_str().and_then(Status::from_nome)
}

/// Whether the change of `line` is one that needs a motivo in some status.
fn may_need_motivo(line: &Value) -> bool {
    status_in(line).is_none_or(|status| Status::ALL.iter().any(|present| present.requires_motivo(status)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dialect::{AnswerFile, DialectFile};

    fn line(case: Option<&str>, code: u16, answer: &str) -> Value {
        json!({
            "rota": "status", "caso": case, "codigo": code, "resposta": answer, "recusa": null, "quando": "",
            "caminho": "/api/atendimentos/status", "cabecalhos": [], "cabecalhosDaResposta": [], "corpo": null,
        })
    }

    fn concluded(lines: &[Value]) -> Recording {
        let mut findings = Findings::default();
        (1..).zip(lines).for_each(|(number, line)| findings.add(number, line));
        findings.conclude()
    }

    #[test]
    fn what_came_most_often_is_taken_and_the_rest_is_named() {
        let (often, once) = (r#"{"message":"Erro: Motivo não encontrado"}"#, r#"{"message":"Motivo não encontrado"}"#);
        let case = Some("unknown_motivo");
        let other = line(Some("unknown_status"), 404, r#"{"message":"Status não encontrado"}"#);
        let found = concluded(&[line(case, 404, once), line(case, 422, often), line(case, 422, often), other]);
        let answer = &found.file.respostas["unknown_motivo"];
        assert_eq!((answer.codigo, answer.texto.as_deref()), (Some(422), Some("Erro: Motivo não encontrado")));
        let came = |line: &str| found.comments.iter().any(|(_, came)| came.starts_with(line));
        assert!(came("line 2 of the recording, and 1 more: 422 ") && !came("line 1 "), "{:?}", found.comments);
        let doubt = (
            "unknown_motivo".to_owned(),
            format!("also answered otherwise; line 1 of the recording, and 0 more: 404 {once}"),
        );
        assert!(found.unasked.contains(&doubt), "{:?}", found.unasked);
    }

    #[test]
    fn what_was_not_recorded_whole_and_what_nobody_knows_is_named_and_not_taken() {
        let cut = line(Some("unknown_motivo"), 404, r#"{"message":"<texto>"}"#);
        let found = concluded(&[cut, line(None, 418, "bule"), line(Some("sucesso"), 200, "<12 bytes>")]);
        assert_eq!(found.file.respostas.len(), 0);
        assert_eq!(found.file.sucesso, AnswerFile::default());
        for (what, why) in [
            (
                "unknown_motivo",
                "not recorded whole; line 1 of the recording, and 0 more: 404 {\"message\":\"<texto>\"}",
            ),
            ("unknown answer", "taken for nothing; line 2 of the recording, and 0 more: 418 bule"),
            ("sucesso", "not recorded whole; line 3 of the recording, and 0 more: 200 <12 bytes>"),
        ] {
            assert!(found.unasked.contains(&(what.to_owned(), why.to_owned())), "{why}: {:?}", found.unasked);
        }
        assert!(found.unasked.last().unwrap().1.starts_with("login, access_denied, body_cut, "), "{:?}", found.unasked);
    }

    #[test]
    fn an_empty_recording_is_the_contract() {
        assert_eq!(concluded(&[]).file, DialectFile::default());
    }
}
