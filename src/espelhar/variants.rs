//! The different answers to a case that a recording has.

use std::cmp::Reverse;

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::observe::{Recognised, is_success};
use super::redact::harmless::MEMBERS;
use crate::conferir::answers::AnswerName;
use crate::conferir::asked::Asked;
use crate::conferir::client::Received;
use crate::conferir::infer::seen::{LoginObservation, Observation};
use crate::conferir::learned::steady;
use crate::printable::printable;

/// Most different answers to one case that are kept.
const VARIANTS_MAX: usize = 8;
/// Most bytes of an answer that a comment shows.
const SHOWN_MAX: usize = 300;
/// What stands for what was not recorded, so that it can be told apart from everything else.
const A_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJlc3BlbGhvIjoxfQ.espelho";
const A_LOGIN: &str = "login.do.espelho";

/// A case, and the different answers to it.
pub(super) struct Case {
    /// None for a success, and for what nobody knows.
    pub(super) error: Option<Recognised>,
    pub(super) variants: Vec<Variant>,
    /// How often yet others came.
    pub(super) others: u64,
}

pub(super) struct Variant {
    /// All of it that does not vary by itself: code, content type, body.
    pub(super) shape: (u16, String, String),
    pub(super) seen: u64,
    /// The first line that has it.
    pub(super) line: u64,
    pub(super) path: String,
    /// When the request came, in seconds, and how long the token in the answer lives.
    pub(super) now: i64,
    pub(super) life: Option<i64>,
    pub(super) received: Received,
    /// The body, as the recording has it.
    pub(super) recorded: String,
    /// What it answers, if it is no success.
    pub(super) instead: Option<Recognised>,
}

impl Case {
    /// Counts `variant`, with those of its shape.
    pub(super) fn add(&mut self, variant: Variant) {
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
    pub(super) fn chosen(&self) -> Option<&Variant> {
        self.variants.first().filter(|variant| !variant.is_cut() || variant.is_login())
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
            again: None,
            asked: Asked::default(),
        };
        Some((variant, seen))
    }

    /// What of the case `key` is not known for sure.
    pub(super) fn doubts(&self, key: &str) -> Vec<(String, String)> {
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
            doubt(format!(
                "{}; {}",
                if is_known { "also answered otherwise" } else { "taken for nothing" },
                variant.told()
            ));
        }
        if self.others > 0 {
            doubt(format!("answered otherwise {} times more", self.others));
        }
        doubts
    }
}

impl Variant {
    pub(super) fn new(number: u64, line: &Value, instead: Option<Recognised>) -> Self {
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
    pub(super) fn rank(&self) -> (bool, Reverse<u64>, u64) {
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

    pub(super) fn login_observation(&self) -> LoginObservation {
        LoginObservation {
            token: A_TOKEN.to_owned(),
            login: A_LOGIN.to_owned(),
            now: self.now,
            life: self.life,
            received: self.received.clone(),
            again: None,
            other: None,
        }
    }

    /// Where it came, as a comment tells it.
    pub(super) fn told(&self) -> String {
        let Self { line, seen, received, recorded, .. } = self;
        let shown: String = recorded.chars().take(SHOWN_MAX).collect();
        let more = seen - 1;
        format!("line {line} of the recording, and {more} more: {} {}", received.code, printable(&shown))
    }
}

impl Recognised {
    /// As a dialect names it: by the field, where the error is one for many.
    pub(super) fn answer_name(&self) -> AnswerName {
        let field = self.field().and_then(|field| MEMBERS.iter().copied().find(|known| *known == field));
        AnswerName { name: self.name, field: field.filter(|_| ["required", "invalid"].contains(&self.name)) }
    }
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
    kept.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect::<Vec<(HeaderName, _)>>()
        .into_iter()
        .collect()
}
