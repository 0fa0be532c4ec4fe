//! From the lines of a recording to the dialect that the Citrus in it speaks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::observe::{LOGIN, Observer, Recognised, Route, SUCESSO, is_success};
use super::redact::MEMBERS;
use crate::conferir::answers::AnswerName;
use crate::conferir::client::Received;
use crate::conferir::infer::{LoginObservation, Observation, infer};
use crate::conferir::record::Recording;
use crate::conferir::runner::steady;
use crate::dialect::{Dialect, Handling, RulesFile, Verdict};
use crate::domain::atendimento::Status;
use crate::http::answer::catalogue::ApiError;
use crate::printable::printable;

/// Most different answers to one case that are kept.
const VARIANTS_MAX: usize = 8;
/// Most bytes of an answer that a comment shows.
const SHOWN_MAX: usize = 300;
/// Most atendimentos whose status is followed; then all are forgotten.
const ATENDIMENTOS_MAX: usize = 100_000;
/// What stands for what was not recorded, so that it can be told apart from everything else.
const A_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJlc3BlbGhvIjoxfQ.espelho";
const A_LOGIN: &str = "login.do.espelho";
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

/// A case, and the different answers to it.
struct Case {
    /// None for a success, and for what nobody knows.
    error: Option<Recognised>,
    variants: Vec<Variant>,
    /// How often yet others came.
    others: u64,
}

struct Variant {
    /// All of it that does not vary by itself: code, content type, body.
    shape: (u16, String, String),
    seen: u64,
    /// The first line that has it.
    line: u64,
    path: String,
    /// When the request came, in seconds, and how long the token in the answer lives.
    now: i64,
    life: Option<i64>,
    received: Received,
    /// The body, as the recording has it.
    recorded: String,
    /// What it answers, if it is no success.
    instead: Option<Recognised>,
}

impl Findings {
    pub fn new() -> Self {
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
        let mut file =
            infer(&errors, success.map(|variant| &variant.received), login.map(Variant::login_observation).as_ref());
        file.regras = self.rules();
        file.token.cabecalhos = self.token_headers();
        let entries = errors.iter().map(|seen| format!("[respostas.{}]", seen.name.key())).zip(variants.iter().copied());
        let first = variants.first().map(|variant| ("[erro]".to_owned(), *variant));
        let successes = [("[sucesso]", success), ("[login]", login)];
        let successes = successes.into_iter().filter_map(|(entry, variant)| Some((entry.to_owned(), variant?)));
        let evidence = entries.chain(first).chain(successes).map(|(entry, variant)| (entry, variant.told())).collect();
        Recording { file, evidence, unasked }
    }

    /// Some servers answer everything with 200: what came only to requests that could be refused is a refusal.
    fn move_refusals(&mut self) {
        for key in [LOGIN, SUCESSO] {
            let Some(case) = self.cases.get_mut(key) else { continue };
            let (plain, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut case.variants).into_iter().partition(|variant| variant.instead.is_none());
            let is_refusal = |variant: &Variant| !plain.is_empty() && plain.iter().all(|plain| plain.shape != variant.shape);
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

    /// The answers that a dialect may speak of and that did not come.
    fn unseen(&self) -> Vec<&'static str> {
        let known = ApiError::known().into_iter().map(|known| known.name);
        let known = known.filter(|name| !["required", "invalid", "hidden_user"].contains(name));
        [LOGIN, SUCESSO].into_iter().chain(known).filter(|name| !self.cases.contains_key(*name)).collect()
    }
}

impl Case {
    /// Counts `variant`, with those of its shape.
    fn add(&mut self, variant: Variant) {
        let is_same = |known: &&mut Variant| known.shape == variant.shape && known.instead == variant.instead;
        if let Some(known) = self.variants.iter_mut().find(is_same) {
            known.seen += variant.seen;
        } else if self.variants.len() < VARIANTS_MAX {
            self.variants.push(variant);
        } else {
            self.others += variant.seen;
        }
    }

    /// The answer that is taken; the variants are sorted.
    fn chosen(&self) -> Option<&Variant> {
        self.variants.first().filter(|variant| !variant.is_cut() || variant.is_login())
    }

    fn observation(&self) -> Option<(&Variant, Observation)> {
        let (error, variant) = (self.error.as_ref()?, self.chosen()?);
        let seen = Observation {
            case: error.name,
            name: error.answer_name(),
            code: error.code,
            text: error.said.clone().into(),
            path: variant.path.clone(),
            received: variant.received.clone(),
        };
        Some((variant, seen))
    }

    /// What of the case `key` is not known for sure.
    fn doubts(&self, key: &str) -> Vec<(String, String)> {
        let mut doubts = Vec::new();
        let mut doubt = |why: String| doubts.push((key.to_owned(), why));
        let is_known = self.error.is_some() || is_success(key);
        match self.variants.first() {
            Some(variant) if variant.is_cut() && variant.is_login() => {
                doubt("what stands for texts and numbers that were not recorded is empty, or 0".to_owned());
            }
            Some(variant) if variant.is_cut() => doubt(format!("not recorded whole; {}", variant.told())),
            _ => {}
        }
        for variant in self.variants.iter().skip(usize::from(is_known)) {
            doubt(format!("{}; {}", if is_known { "also answered otherwise" } else { "taken for nothing" }, variant.told()));
        }
        if self.others > 0 {
            doubt(format!("answered otherwise {} times more", self.others));
        }
        doubts
    }
}

impl Variant {
    fn new(number: u64, line: &Value, instead: Option<Recognised>) -> Self {
        let text = |member: &str| line[member].as_str().unwrap_or_default();
        let recorded = text("resposta").to_owned();
        let headers = headers(&line["cabecalhosDaResposta"]);
        let code = line["codigo"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default();
        let received = Received { code, headers, body: filled(&recorded) };
        let content_type = received.header("content-type").unwrap_or_default();
        Self {
            shape: (code, content_type, steady(&recorded)),
            seen: 1,
            line: number,
            path: text("caminho").split('?').next().unwrap_or_default().to_owned(),
            now: OffsetDateTime::parse(text("quando"), &Rfc3339).map_or(0, OffsetDateTime::unix_timestamp),
            life: line["validade"].as_i64(),
            received,
            recorded,
            instead,
        }
    }

    /// What is whole goes first, then what came most often, then what came first.
    fn rank(&self) -> (bool, Reverse<u64>, u64) {
        (self.is_cut(), Reverse(self.seen), self.line)
    }

    /// Whether a part of it was not recorded.
    fn is_cut(&self) -> bool {
        let is_length = self.recorded.starts_with('<') && self.recorded.ends_with(" bytes>");
        is_length || ["<texto>", "<nome>", "<número>"].iter().any(|mark| self.recorded.contains(mark))
    }

    /// Whether it is the success of a login: without its token there is none.
    fn is_login(&self) -> bool {
        self.received.body.contains(A_TOKEN)
    }

    fn login_observation(&self) -> LoginObservation {
        LoginObservation {
            token: A_TOKEN.to_owned(),
            login: A_LOGIN.to_owned(),
            now: self.now,
            life: self.life,
            received: self.received.clone(),
        }
    }

    /// Where it came, as a comment tells it.
    fn told(&self) -> String {
        let Self { line, seen, received, recorded, .. } = self;
        let shown: String = recorded.chars().take(SHOWN_MAX).collect();
        format!("line {line} of the recording, seen {seen} times: {} {}", received.code, printable(&shown))
    }
}

impl Recognised {
    /// As a dialect names it: by the field, where the error is one for many.
    fn answer_name(&self) -> AnswerName {
        let field = self.field().and_then(|field| MEMBERS.iter().copied().find(|known| *known == field));
        AnswerName { name: self.name, field: field.filter(|_| ["required", "invalid"].contains(&self.name)) }
    }
}

/// The contract's error `name`.
fn contract(name: &str) -> Option<Recognised> {
    let errors = ApiError::one_of_each();
    let row = errors.iter().map(ApiError::row).find(|row| row.name == name)?;
    Some(Recognised { name: row.name, code: row.status.as_u16(), said: row.text.to_owned() })
}

/// The body `recorded`, with values in the places of what was not recorded.
fn filled(recorded: &str) -> String {
    let marks = [("<token>", A_TOKEN), ("<login>", A_LOGIN), ("<texto>", ""), ("<número>", "0")];
    marks.into_iter().fold(recorded.to_owned(), |body, (mark, value)| body.replace(mark, value))
}

/// The headers whose values were recorded, and the id, which is another one in each answer.
fn headers(pairs: &Value) -> HeaderMap {
    let pairs = pairs.as_array().into_iter().flatten();
    let pairs = pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
    let kept = pairs.filter(|(name, value)| !value.starts_with('<') || name.eq_ignore_ascii_case("x-request-id"));
    kept.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect::<Vec<(HeaderName, _)>>().into_iter().collect()
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
