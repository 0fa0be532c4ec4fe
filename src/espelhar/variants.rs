//! The different answers to a case that a recording has.

use std::cmp::Reverse;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::look::{Look, Shape, shape};
use super::observe::{SUCESSO, is_success};
use super::recognise::Recognised;
use super::stand_ins::{A_LOGIN, A_MOTIVO, A_PERSON, A_PROTOCOLO, A_STATUS, A_TOKEN, A_USER, ANOTHER, filled, headers};
use crate::conferir::client::Received;
use crate::conferir::infer::seen::{ChangeObservation, LoginObservation, Observation, OtherLogin};
use crate::conferir::places::pointers;
use crate::dialect::{Asked, encoding_of};
use crate::domain::atendimento::Status;
use crate::printable::printable;

/// Most different answers to one case that are kept.
const VARIANTS_MAX: usize = 8;
/// The same of a success: servers have words of their own for each status, and the one before it.
const SUCCESSES_MAX: usize = 32;
/// Most bytes of an answer that a comment shows.
const SHOWN_MAX: usize = 300;
/// Most other answers of the same shape, after changes to the same status, that are kept, to see what differs.
const SAMPLES_MAX: usize = 4;
/// The same of those that are equal: what comes again goes with its status by no chance.
const AGAIN_MAX: usize = 2;

/// A case, and the different answers to it.
pub(super) struct Case {
    /// None for a success, and for what nobody knows.
    pub(super) error: Option<Recognised>,
    pub(super) variants: Vec<Variant>,
    /// How often yet others came.
    pub(super) others: u64,
}

pub(super) struct Variant {
    pub(super) shape: Shape,
    pub(super) seen: u64,
    /// The first line that has it.
    pub(super) line: u64,
    pub(super) path: String,
    /// The status that was asked for, if it is one, and that before, if it is known.
    pub(super) status: Option<Status>,
    pub(super) before: Option<Status>,
    /// When the request came, in seconds, and how long the token in the answer lives.
    pub(super) now: i64,
    pub(super) life: Option<i64>,
    pub(super) received: Received,
    /// The body, as the recording has it.
    pub(super) recorded: String,
    /// Others that differ in what varies by itself.
    samples: Vec<Sample>,
    /// What it answers, if it is no success.
    pub(super) instead: Option<Recognised>,
}

/// An answer of the shape of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sample {
    body: String,
    /// The status that was asked for, and that before.
    status: Option<Status>,
    before: Option<Status>,
}

impl Case {
    /// Counts `variant`, with those of its shape.
    pub(super) fn add(&mut self, variant: Variant) {
        let is_same = |known: &&mut Variant| known.shape == variant.shape && known.instead == variant.instead;
        if let Some(known) = self.variants.iter_mut().find(is_same) {
            known.seen += variant.seen;
            for sample in [vec![variant.sample()], variant.samples].concat() {
                known.keep(sample);
            }
        } else if self.variants.len() < if self.error.is_none() { SUCCESSES_MAX } else { VARIANTS_MAX } {
            self.variants.push(variant);
        } else {
            self.others += variant.seen;
        }
    }

    /// Sorts the variants: the one that is taken comes first, if one is.
    pub(super) fn sort(&mut self) {
        self.variants.sort_by_key(Variant::rank);
        if self.error.is_some() {
            return;
        }
        // A login that was refused with the code of a success may have been recorded whole, and so may a change.
        let first = self.variants.iter().position(Variant::is_login).or_else(|| self.contradiction());
        if let Some(first) = first {
            self.variants[..=first].rotate_right(1);
        }
    }

    /// The answer that is no success if the one recorded whole is, where the others of its kind came more often than that.
    fn contradiction(&self) -> Option<usize> {
        let whole = self.chosen()?;
        let others = self.variants.iter().enumerate();
        let others: Vec<_> = others.filter(|(_, other)| other.is_cut() && other.contradicts(whole)).collect();
        let seen: u64 = self.successes().map(|variant| variant.seen).sum();
        let is_majority = others.iter().map(|(_, other)| other.seen).sum::<u64>() > seen;
        others.first().filter(|_| is_majority).map(|(at, _)| *at)
    }

    /// The answer that is taken; the variants are sorted.
    pub(super) fn chosen(&self) -> Option<&Variant> {
        self.variants.first().filter(|variant| !variant.is_cut() || self.is_success() && variant.is_login())
    }

    /// The answer of which the status code alone is taken: there is none that was recorded whole.
    pub(super) fn cut(&self) -> Option<(&Recognised, &Variant)> {
        let variant = self.variants.first().filter(|_| self.chosen().is_none())?;
        Some((self.error.as_ref()?, variant))
    }

    fn is_success(&self) -> bool {
        self.error.is_none()
    }

    /// The answers to changes that were made, once for each sample: those of the same members, which other words make variants.
    pub(super) fn change_observations(&self) -> Vec<ChangeObservation> {
        self.successes().flat_map(Variant::change_observations).collect()
    }

    /// The one that is taken, and those that may differ from it in the words for the status alone.
    fn successes(&self) -> impl Iterator<Item = &Variant> {
        let chosen = self.chosen();
        let members = |variant: &Variant| (variant.shape.0, variant.shape.1.clone(), pointers(&variant.received.body));
        let of_chosen = chosen.map(members);
        self.variants.iter().filter(move |variant| {
            chosen.is_some_and(|chosen| std::ptr::eq(chosen, *variant))
                || !variant.is_cut() && Some(members(variant)) == of_chosen
        })
    }

    /// The success of a login, and that of all others, in which is another value whatever is not the same in all.
    pub(super) fn login_observation(&self) -> Option<LoginObservation> {
        let chosen = self.chosen()?;
        let mut observation = chosen.login_observation();
        let read = |received: &Received| serde_json::from_str::<Value>(&received.body).ok();
        let base = read(&chosen.received);
        let mut merged = base.clone();
        if let (Some(base), Some(merged)) = (&base, &mut merged) {
            let of_variants = self.variants.iter().skip(1).filter(|variant| variant.is_login());
            let others = { of_variants }.flat_map(Variant::others).chain(chosen.others());
            others.filter_map(|(received, _)| read(&received)).for_each(|other| take_differences(merged, base, &other));
        }
        observation.other = merged.map(|merged| OtherLogin {
            login: A_LOGIN.to_owned(),
            token: A_TOKEN.to_owned(),
            received: Received { body: merged.to_string(), ..chosen.received.clone() },
        });
        Some(observation)
    }

    pub(super) fn observation(&self) -> Option<(&Variant, Observation)> {
        let (error, variant) = (self.error.as_ref()?, self.chosen()?);
        let seen = Observation {
            case: error.name,
            name: error.answer_name(),
            code: error.code,
            text: error.said.clone().into(),
            method: "POST",
            path: variant.path.clone(),
            now: variant.now,
            received: variant.received.clone(),
            again: Some(variant.again()),
            asked: variant.asked(),
        };
        Some((variant, seen))
    }

    /// What of the case `key` is not known for sure.
    pub(super) fn doubts(&self, key: &str) -> Vec<(String, String)> {
        let mut doubts = Vec::new();
        let mut doubt = |why: String| doubts.push((key.to_owned(), why));
        let is_known = self.error.is_some() || is_success(key);
        match self.variants.first() {
            Some(variant) if variant.is_cut() && self.is_success() && variant.is_login() => {
                doubt("what stands for texts and numbers that were not recorded is empty, or 0".to_owned());
            }
            Some(variant) if variant.is_cut() => {
                let taken = if self.error.is_some() { ", its status code alone is taken" } else { "" };
                let name = match variant.recorded.contains("<nome>") {
                    true => {
                        " (where <nome> stands for the name of a member that tells of nobody, record again with --membro NAME)"
                    }
                    false => "",
                };
                doubt(format!("not recorded whole{taken}{name}; {}", variant.told()));
            }
            Some(variant) if variant.recorded.contains("<id ") => {
                doubt(
                    "its ids are new ones in each answer; of one that is always the same, the recording does not tell: ask by `conferir \
                     --gravar`, which keeps it, or write it in the place of <aleatorio …>"
                        .to_owned(),
                );
            }
            _ => {}
        }
        let of_words: Vec<u64> =
            if key == SUCESSO { self.successes().map(|variant| variant.line).collect() } else { Vec::new() };
        let others = self.variants.iter().skip(usize::from(is_known));
        for variant in others.filter(|variant| !of_words.contains(&variant.line)) {
            doubt(format!(
                "{}; {}",
                if is_known { "also answered otherwise" } else { "taken for nothing" },
                variant.told()
            ));
        }
        if self.others > 0 {
            doubt(format!("yet other answers: {}", self.others));
        }
        doubts
    }
}

impl Variant {
    /// The answer of the line `number`, after a change from `before`; `instead` of what it says, it may be that refusal.
    pub(super) fn new(number: u64, line: &Value, instead: Option<Recognised>, before: Option<Status>) -> Self {
        let text = |member: &str| line[member].as_str().unwrap_or_default();
        let recorded = text("resposta").to_owned();
        let headers = headers(&line["cabecalhosDaResposta"], &recorded);
        let shape = shape(line, &headers);
        let charset = encoding_of(&shape.1);
        let received = Received { code: shape.0, headers, body: filled(&recorded, 0, A_PERSON), charset };
        Self {
            shape,
            seen: 1,
            line: number,
            status: line["corpo"]["status"].as_str().and_then(Status::from_nome),
            before,
            path: text("caminho").split('?').next().unwrap_or_default().to_owned(),
            now: OffsetDateTime::parse(text("quando"), &Rfc3339).map_or(0, OffsetDateTime::unix_timestamp),
            life: line["validade"].as_i64(),
            received,
            recorded,
            samples: Vec::new(),
            instead,
        }
    }

    /// How it looks on `route`.
    pub(super) fn look(&self, route: &str) -> Look {
        Look::of(route, self.shape.clone(), &self.recorded, self.instead.as_ref())
    }

    /// What is whole goes first, then what came most often, then what came first.
    pub(super) fn rank(&self) -> (bool, Reverse<u64>, u64) {
        (self.is_cut(), Reverse(self.seen), self.line)
    }

    /// Whether a part of it was not recorded.
    pub(super) fn is_cut(&self) -> bool {
        self.is_length() || ["<texto>", "<nome>", "<número>", "<token>"].iter().any(|mark| self.recorded.contains(mark))
    }

    /// Whether nothing of it was recorded but how long it is.
    fn is_length(&self) -> bool {
        self.recorded.starts_with('<') && self.recorded.ends_with(" bytes>")
    }

    /// Whether a part of it was not recorded, in a place that `body` may have, too.
    pub(super) fn may_be(&self, body: &str) -> bool {
        let has_names = !self.is_length() && !self.recorded.contains("<nome>");
        self.is_cut() && (!has_names || pointers(body) == pointers(&self.received.body))
    }

    /// Whether it says something else than `whole`, apart from what was not recorded: in other members, or another yes or no.
    fn contradicts(&self, whole: &Self) -> bool {
        let read = |variant: &Self| serde_json::from_str::<Value>(&variant.received.body).ok();
        let Some((own, whole)) = read(self).zip(read(whole)).filter(|_| !self.is_length()) else { return false };
        let places = [&own, &whole].map(|body| pointers(&body.to_string()));
        let is_other = |place: &String| {
            let [own, whole] = [&own, &whole].map(|body| body.pointer(place).and_then(Value::as_bool));
            own.is_some() && own != whole
        };
        places[0].len() != places[1].len()
            || !self.recorded.contains("<nome>") && (places[0] != places[1] || places[0].iter().any(is_other))
    }

    /// Whether it may be the success of a login: without its token there is none.
    fn is_login(&self) -> bool {
        self.recorded.contains("<token>") && !self.recorded.contains("<nome>")
    }

    fn sample(&self) -> Sample {
        Sample { body: self.recorded.clone(), status: self.status, before: self.before }
    }

    /// Keeps `sample`, if it says more than those that are kept.
    fn keep(&mut self, sample: Sample) {
        let known = || self.samples.iter().filter(|known| known.status == sample.status);
        let is_new = sample.body != self.recorded && self.samples.iter().all(|known| known.body != sample.body);
        if known().count() < if is_new { SAMPLES_MAX } else { AGAIN_MAX } {
            self.samples.push(sample);
        }
    }

    /// Answers of the same shape, of other people, with what was asked for.
    fn others(&self) -> impl Iterator<Item = (Received, Sample)> {
        let samples = self.samples.iter().cloned().chain([self.sample()]);
        samples.enumerate().map(|(seed, sample)| (self.with(filled(&sample.body, seed + 1, ANOTHER)), sample))
    }

    /// The answer to the same request, made again: that of a sample, or else with ids of its own.
    fn again(&self) -> Received {
        let is_other = |sample: &&Sample| sample.status == self.status && sample.body != self.recorded;
        let sample = self.samples.iter().find(is_other).map(|sample| &sample.body);
        self.with(filled(sample.unwrap_or(&self.recorded), 1, A_PERSON))
    }

    fn with(&self, body: String) -> Received {
        Received { body, ..self.received.clone() }
    }

    fn login_observation(&self) -> LoginObservation {
        LoginObservation {
            token: A_TOKEN.to_owned(),
            login: A_LOGIN.to_owned(),
            now: self.now,
            life: self.life,
            zone: None,
            plain: Vec::new(),
            received: self.received.clone(),
            // A sample may be that of another user.
            again: Some(self.with(filled(&self.recorded, 1, A_PERSON))),
            other: None,
        }
    }

    /// The same, taken for what it says.
    pub(super) fn believed(self) -> Self {
        Self { instead: None, ..self }
    }

    /// The success of a change, once for each sample.
    fn change_observations(&self) -> Vec<ChangeObservation> {
        let observation =
            |(received, Sample { status, before, .. })| ChangeObservation { status, before, now: self.now, received };
        let others = self.others().take(self.samples.len());
        [(self.received.clone(), self.sample())].into_iter().chain(others).map(observation).collect()
    }

    /// What its request named: what the recording has of it, or what stands for that.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            protocolo: A_PROTOCOLO.to_owned(),
            status: self
                .status
                .filter(|_| !self.recorded.contains("<status>"))
                .map_or(A_STATUS, Status::nome)
                .to_owned(),
            motivo: A_MOTIVO.to_owned(),
            login: A_LOGIN.to_owned(),
            usuario: A_USER.to_owned(),
        }
    }

    /// Where it came, as a comment tells it.
    pub(super) fn told(&self) -> String {
        let Self { line, seen, received, recorded, .. } = self;
        // What is the user's may be made of words that every server has.
        let recorded = if self.is_login() { "" } else { recorded };
        let shown: String = recorded.chars().take(SHOWN_MAX).collect();
        let more = if *seen > 1 { format!(", and {} more", seen - 1) } else { String::new() };
        format!("line {line} of the recording{more}: {} {}", received.code, printable(&shown)).trim_end().to_owned()
    }
}

/// Puts into `merged` what `other` has otherwise than `base`.
fn take_differences(merged: &mut Value, base: &Value, other: &Value) {
    match (merged, base, other) {
        (Value::Object(merged), Value::Object(base), Value::Object(other)) => {
            for (name, value) in merged {
                if let (Some(base), Some(other)) = (base.get(name), other.get(name)) {
                    take_differences(value, base, other);
                }
            }
        }
        (Value::Array(merged), Value::Array(base), Value::Array(other)) => {
            for ((value, base), other) in merged.iter_mut().zip(base).zip(other) {
                take_differences(value, base, other);
            }
        }
        (merged, base, other) if base != other => other.clone_into(merged),
        _ => {}
    }
}
