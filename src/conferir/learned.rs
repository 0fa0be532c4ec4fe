//! How a server says that a change was made, and what its answers tell of statuses.

use std::sync::Arc;

use time::OffsetDateTime;

use super::case::{MADE, STATUS};
use super::client::Received;
use super::spans::spans;
use crate::dialect::{Dialect, Facts};
use crate::domain::atendimento::Status;

/// Nothing at first: then the status code says it.
#[derive(Default)]
pub(super) struct Learned {
    /// That of a server which refuses with 200 too: its word for a success.
    dialect: Option<Arc<Dialect>>,
    /// The bodies of changes that were made, by the status after them.
    successes: Vec<(Status, String)>,
    /// The answer to a change that was refused.
    refusal: Option<Received>,
}

impl Learned {
    /// Whether a change, to `status` if that is known, was made, by its answer. Some servers answer 200 to everything.
    pub(super) fn made(&self, status: Option<Status>, received: &Received) -> bool {
        if let Some(dialect) = self.dialect.as_ref().filter(|_| self.successes.is_empty()) {
            return is_success(dialect, received);
        }
        let mut known = self.successes.iter().filter(|(of, _)| status.is_none_or(|status| status == *of)).peekable();
        let fits = match known.peek() {
            Some(_) => known.any(|(_, success)| steady(success) == steady(&received.body)),
            None => self.may_be_success(received),
        };
        (200..300).contains(&received.code) && fits
    }

    /// Whether `received`, to a change whose success is not known yet, is not like a refusal.
    fn may_be_success(&self, received: &Received) -> bool {
        let (Some(refusal), Some((_, success))) = (&self.refusal, self.successes.first()) else { return true };
        let places = |body: &str| spans(body).into_iter().map(|span| span.pointer).collect::<Vec<_>>();
        let own = places(&received.body);
        !(200..300).contains(&refusal.code)
            || steady(success) == steady(&received.body)
            || own == places(success) && own != places(&refusal.body)
    }

    /// The server speaks `dialect`.
    pub(super) fn speaks(&mut self, dialect: &Arc<Dialect>) {
        self.dialect = dialect.refuses_with_success().then(|| Arc::clone(dialect));
    }

    /// From now on, only an answer like `received` says that a change to `status` was made.
    pub(super) fn success(&mut self, status: Status, received: &Received) {
        self.successes.push((status, received.body.clone()));
    }

    /// From now on, an answer like `received` may be no success, whatever its status code.
    pub(super) fn refusal(&mut self, received: &Received) {
        self.refusal = Some(received.clone());
    }
}

fn is_success(dialect: &Dialect, received: &Received) -> bool {
    let form = dialect.success(MADE);
    let facts = Facts {
        texto: form.text,
        codigo: form.code,
        metodo: "POST",
        caminho: STATUS,
        now: OffsetDateTime::UNIX_EPOCH,
        login: None,
        change: None,
    };
    received.code == form.code && form.body.fits(dialect.escapes, &facts, &received.body)
}

/// A body without what may change from one answer to the next: numbers, times and statuses.
pub fn steady(body: &str) -> String {
    let body = Status::ALL.iter().fold(body.to_owned(), |body, status| body.replace(status.nome(), ""));
    body.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The status that `body` asks for.
pub(super) fn asked_status(body: &str) -> Option<Status> {
    spans(body).iter().find(|span| span.pointer == "/status").and_then(|span| Status::from_nome(span.value.as_str()?))
}

/// The statuses that members of `body` name.
pub(super) fn statuses_told(body: &str) -> Vec<Status> {
    let mut told: Vec<Status> = Vec::new();
    for status in spans(body).iter().filter_map(|span| Status::from_nome(span.value.as_str()?)) {
        if !told.contains(&status) {
            told.push(status);
        }
    }
    told
}
