//! From the lines of a recording to the dialect that the Citrus in it speaks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::carrier::is_carrier;
use super::doubts::{Doubts, route_of, status_in};
use super::heads::Heads;
use super::look::Look;
use super::observe::{LOGIN, Observer, Route, SUCESSO};
use super::recognise::{Recognised, contract};
use super::stand_ins::{A_MOTIVO, A_PROTOCOLO, A_USER};
use super::variants::{Case, Variant};
use crate::conferir::infer::infer;
use crate::conferir::infer::seen::Seen;
use crate::conferir::record::{Recording, leave_out_refused};
use crate::conferir::token::names_token;
use crate::dialect::{AnswerFile, Dialect, DialectFile, Handling, RulesFile, Verdict};
use crate::domain::atendimento::Status;
use crate::domain::rules::Rules;
use crate::http::openapi::errors;

/// How the contract's clients carry the token.
const BEARER: [&str; 2] = ["Authorization: Bearer", "Authorization"];
/// What stands in a recording where an answer repeats its request.
const REPEATED: [&str; 6] = ["<protocolo>", "<status>", "<motivo>", "<login>", "<usuario>", "<texto>"];
/// A case that nobody knows.
const UNKNOWN: &str = "unknown answer";

/// What the lines that were read say.
pub struct Findings {
    observer: Observer,
    cases: BTreeMap<String, Case>,
    doubts: Doubts,
    /// How the token came with changes that were made, whether it was one that a login gave, and how often.
    carriers: BTreeMap<Carrier, u64>,
    /// How it came with those of which the server said that they had none.
    unread: BTreeSet<Carrier>,
    checks_motivo: bool,
    denies_at_login: bool,
    heads: Heads,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            observer: Observer::new(Dialect::contract().into()),
            cases: BTreeMap::new(),
            doubts: Doubts::default(),
            carriers: BTreeMap::new(),
            unread: BTreeSet::new(),
            checks_motivo: false,
            denies_at_login: false,
            heads: Heads::default(),
        }
    }
}

impl Findings {
    /// Takes the line `number` of a recording.
    pub fn add(&mut self, number: u64, line: &Value) {
        let route = route_of(line);
        if ![Route::Login, Route::Change].map(Route::word).contains(&route) {
            return;
        }
        let case = case_of(line).unwrap_or(UNKNOWN);
        self.heads.add(number, case, line);
        self.checks_motivo |= case == "unknown_motivo" && !may_need_motivo(line);
        self.denies_at_login |= case == "access_denied" && route == Route::Login.word();
        let (instead, before) = self.doubts.add(&self.observer.errors, case, line);
        match case {
            SUCESSO => carriers(line).for_each(|carrier| *self.carriers.entry(carrier).or_default() += 1),
            "token_missing" => self.unread.extend(carriers(line)),
            _ => {}
        }
        let error = error_of(&self.observer, case, line);
        let key = error.as_ref().map_or_else(|| case.to_owned(), |error| error.answer_name().key());
        self.case(key, error).add(Variant::new(number, line, instead, before));
    }

    fn case(&mut self, key: String, error: Option<Recognised>) -> &mut Case {
        self.cases.entry(key).or_insert_with(|| Case { error, variants: Vec::new(), others: 0 })
    }

    /// The dialect, from which lines it is known, and what is not known.
    pub fn conclude(mut self) -> Recording {
        self.move_refusals();
        let mut unasked = Vec::new();
        for (key, case) in &mut self.cases {
            case.sort();
            unasked.extend(case.doubts(key));
        }
        unasked.extend(self.heads.doubts());
        unasked.push(("never seen".to_owned(), self.unseen().join(", ")));
        let (variants, errors): (Vec<_>, Vec<_>) = self.cases.values().filter_map(Case::observation).unzip();
        let seen = Seen {
            errors,
            changes: self.cases.get(SUCESSO).map(Case::change_observations).unwrap_or_default(),
            login: self.cases.get(LOGIN).and_then(Case::login_observation),
            protocolo: A_PROTOCOLO.to_owned(),
            motivo: A_MOTIVO.to_owned(),
            usuario: A_USER.to_owned(),
        };
        let inferred = infer(&seen);
        let mut file = inferred.file;
        // A challenge that was not recorded can't be told from none.
        file.respostas.values_mut().for_each(|answer| answer.www_authenticate = None);
        file.respostas.retain(|_, answer| *answer != AnswerFile::default());
        file.regras = self.rules();
        file.nomes_de_cabecalhos = self.heads.case();
        file.token.cabecalhos = self.token_headers();
        let evidence = self.evidence(inferred.usual, &seen, &variants);
        self.add_codes(&mut file);
        unasked.extend(leave_out_refused(&mut file));
        let notes = inferred.notes.into_iter();
        Recording { file, comments: notes.chain(evidence).collect(), unasked, personal: inferred.personal }
    }

    /// Which line shows each entry: `variants` are those of the errors in `seen`, of which `usual` has the body of all.
    fn evidence(&self, usual: Option<usize>, seen: &Seen, variants: &[&Variant]) -> Vec<(String, String)> {
        let errors = seen.errors.iter().map(|seen| seen.name.key()).zip(variants);
        let usual = usual.and_then(|at| variants.get(at)).map(|variant| ("[erro]".to_owned(), variant.told()));
        let cut = self.cases.values().filter_map(Case::cut);
        let cut = cut.map(|(error, variant)| (error.answer_name().key(), variant.told()));
        let whole = errors.map(|(key, variant)| (key, variant.told()));
        let of_errors = whole.chain(cut).map(|(key, told)| (format!("[respostas.{key}]"), told));
        let successes = [("[sucesso]", SUCESSO), ("[login]", LOGIN)].into_iter().filter_map(|(entry, key)| {
            let variant = self.cases.get(key).and_then(Case::chosen)?;
            Some((entry.to_owned(), variant.told()))
        });
        of_errors.chain(usual).chain(successes).collect()
    }

    /// The status codes of errors of which the recording has no more.
    fn add_codes(&self, file: &mut DialectFile) {
        for (error, variant) in self.cases.values().filter_map(Case::cut) {
            let code = Some(variant.received.code).filter(|code| *code != error.code);
            if code.is_some() {
                file.respostas.entry(error.answer_name().key()).or_default().codigo = code;
            }
        }
    }

    /// Some servers answer everything with 200: what is a refusal is no success.
    fn move_refusals(&mut self) {
        for (key, route) in [(LOGIN, Route::Login), (SUCESSO, Route::Change)] {
            let Some(case) = self.cases.get_mut(key) else { continue };
            let variants = std::mem::take(&mut case.variants);
            let looks: Vec<(Look, u64)> =
                variants.iter().map(|variant| (variant.look(route.word()), variant.seen)).collect();
            let all = || looks.iter().map(|(look, seen)| (look, *seen));
            let is_refusal = |(look, _): &(Look, u64)| self.doubts.is_refusal(look, all());
            let refused: Vec<bool> = looks.iter().map(is_refusal).collect();
            for (mut variant, is_refusal) in variants.into_iter().zip(refused) {
                if !is_refusal {
                    self.case(key.to_owned(), None).add(variant.believed());
                    continue;
                }
                let error = variant.instead.take();
                let key = error.as_ref().map_or_else(|| UNKNOWN.to_owned(), |error| error.answer_name().key());
                self.case(key, error).add(variant);
            }
            self.cases.retain(|_, case| !case.variants.is_empty());
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
        let is_any_sure = self.carriers.keys().any(|carrier| carrier.is_sure);
        let read = self
            .carriers
            .iter()
            .filter(|(carrier, _)| carrier.is_sure || !is_any_sure && !self.unread.contains(*carrier));
        let mut headers: Vec<_> = read.map(|(carrier, seen)| (Reverse(*seen), carrier.header.clone())).collect();
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

/// What a line calls its answer.
pub(super) fn case_of(line: &Value) -> Option<&str> {
    let is_name = |case: &&str| case.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    line["caso"].as_str().filter(is_name).filter(|case| *case != LOGIN || may_have_token(line))
}

/// Whether the answer of `line` may have given a token: there is no login without one.
fn may_have_token(line: &Value) -> bool {
    let mut headers = line["cabecalhosDaResposta"].as_array().into_iter().flatten();
    let has_one = |header: &Value| {
        let [name, value] = [&header[0], &header[1]].map(|part| part.as_str().unwrap_or_default());
        value.ends_with("<token>") || names_token(name)
    };
    let body = line["resposta"].as_str().unwrap_or_default();
    body.contains("<token>") || body.ends_with(" bytes>") || headers.any(has_one)
}

/// The error that `case` names, with the text that the server of `observer` gives to `line`.
pub(super) fn error_of(observer: &Observer, case: &str, line: &Value) -> Option<Recognised> {
    let texts = [&line["resposta"], &line["recusa"]].into_iter().filter_map(Value::as_str);
    let repeated = REPEATED.map(str::to_owned);
    let known = |text| observer.errors.recognised(text).or_else(|| observer.errors.recognised_beside(text, &repeated));
    { texts }.filter_map(known).find(|known| known.name == case).or_else(|| contract(case))
}

/// How a token came.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Carrier {
    /// As a dialect writes it.
    header: String,
    /// Whether a login gave the token. Else the name of the header says that it has one.
    is_sure: bool,
}

/// How the token of `line` may have come.
fn carriers(line: &Value) -> impl Iterator<Item = Carrier> {
    let headers = line["cabecalhos"].as_array().into_iter().flatten();
    let headers = headers.filter_map(|pair| Some((pair[0].as_str()?.to_ascii_lowercase(), pair[1].as_str()?)));
    let headers: Vec<(String, &str)> = headers.collect();
    let is_sure = headers.iter().any(|(_, value)| value.ends_with("<token>"));
    let has_one = move |name: &str, value: &str| if is_sure { value.ends_with("<token>") } else { is_carrier(name) };
    headers.into_iter().filter(move |(name, value)| has_one(name, value)).map(move |(name, value)| {
        let name = if name == "authorization" { "Authorization".to_owned() } else { name };
        let header = value.split_once(" <").map(|(scheme, _)| format!("{name}: {scheme}"));
        Carrier { header: header.unwrap_or(name), is_sure }
    })
}

/// Whether the change of `line` is one that needs a motivo in some status.
fn may_need_motivo(line: &Value) -> bool {
    status_in(line).is_none_or(|status| Status::ALL.iter().any(|present| present.requires_motivo(status)))
}

#[cfg(test)]
mod tests;
