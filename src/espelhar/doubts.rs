//! Answers that may be refusals although their status code is that of a success: some servers answer everything with 200.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::look::Look;
use super::observe::{SUCESSO, is_success};
use super::recognise::{KnownErrors, Recognised, contract};
use super::signs::Signs;
use crate::domain::atendimento::Status;

/// Most atendimentos whose status is followed; then all are forgotten.
const ATENDIMENTOS_MAX: usize = 100_000;

/// What the lines so far say of that.
#[derive(Default)]
pub(super) struct Doubts {
    /// Where each atendimento is, after the changes that were seen.
    statuses: HashMap<String, Status>,
    /// The routes that refuse with a status code of their own.
    refusing: BTreeSet<String>,
}

impl Doubts {
    /// Takes `line`, whose answer is taken for `case`: what that may have been refused for instead, and the status before it.
    pub(super) fn add(
        &mut self,
        errors: &KnownErrors,
        case: &str,
        line: &Value,
    ) -> (Option<Recognised>, Option<Status>) {
        let before = protocolo_in(line).and_then(|protocolo| self.statuses.get(protocolo).copied());
        let says_no = || Signs::of(line["resposta"].as_str().unwrap_or_default()).refuse(&Signs::default());
        if case == SUCESSO && !says_no() {
            self.follow(line);
        }
        // A filter before the server may refuse tokens in its own way.
        if line["codigo"].as_u64().is_some_and(|code| code >= 400)
            && contract(case).is_some()
            && !case.starts_with("token_")
        {
            self.refusing.insert(route_of(line).to_owned());
        }
        let of_request = || errors.recognised(line["recusa"].as_str()?);
        let is_same = before.is_some() && before == status_in(line);
        let instead = || of_request().or_else(|| contract("same_status").filter(|_| is_same));
        (if is_success(case) { instead() } else { None }, before)
    }

    /// Keeps up with a change that was made.
    fn follow(&mut self, line: &Value) {
        if let (Some(protocolo), Some(status)) = (protocolo_in(line), status_in(line)) {
            if self.statuses.len() >= ATENDIMENTOS_MAX {
                self.statuses.clear();
            }
            self.statuses.insert(protocolo.to_owned(), status);
        }
    }

    /// Whether `answer` is a refusal: it says so itself, or the request could be refused and the server, which has no status code for
    /// that, answered none of those so that nothing speaks against. `all` are the answers of its route, and how often each came.
    pub(super) fn is_refusal<'a>(&self, answer: &Look, all: impl Iterator<Item = (&'a Look, u64)>) -> bool {
        let plain: Vec<(&Look, u64)> = all.filter(|(other, _)| other.is_plain()).collect();
        let is_clear = plain.iter().any(|(other, _)| other.signs.is_none());
        let often = plain.iter().filter(|_| !is_clear).max_by_key(|(_, seen)| *seen);
        let usual = often.map(|(other, _)| other.signs.clone()).unwrap_or_default();
        if answer.signs.refuse(&usual) {
            return true;
        }
        let mut made = plain.iter().filter(|(other, _)| !other.signs.refuse(&usual)).peekable();
        let can_be_told = !answer.is_plain() && !self.refusing.contains(&answer.route) && made.peek().is_some();
        can_be_told && made.all(|(other, _)| other.shape != answer.shape)
    }
}

pub(super) fn route_of(line: &Value) -> &str {
    line["rota"].as_str().unwrap_or_default()
}

/// The protocolo of a request, if it was recorded: what stands for others is the same for many.
fn protocolo_in(line: &Value) -> Option<&str> {
    line["corpo"]["protocolo"].as_str().filter(|protocolo| !protocolo.starts_with('<'))
}

pub(super) fn status_in(line: &Value) -> Option<Status> {
    line["corpo"]["status"].as_str().and_then(Status::from_nome)
}
