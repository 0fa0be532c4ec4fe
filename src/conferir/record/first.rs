//! What is refused, asked before the first change: on some servers an atendimento never leaves the status to which that leads.

use std::collections::BTreeMap;

use super::observed::{now, observed_once};
use crate::conferir::answers::error_of;
use crate::conferir::case::{Case, ExpectedAnswer};
use crate::conferir::client::is_of_the_moment;
use crate::conferir::infer::seen::{ChangeObservation, Observation};
use crate::conferir::learned::asked_status;
use crate::conferir::session::Session;
use crate::domain::atendimento::Status;

/// What came of it.
#[derive(Default)]
pub(super) struct First {
    /// The refusals, by their cases.
    pub(super) refusals: BTreeMap<&'static str, Observation>,
    /// A change that was made all the same, and can't be undone.
    pub(super) made: Option<ChangeObservation>,
}

/// Asks `cases` of a server that refuses with a status code of its own, and whose atendimento is in `start`. It ends with what
/// the server accepts: an atendimento that comes back from there can be asked for the rest later.
pub(super) async fn refusals_first(
    session: &mut Session,
    start: Status,
    cases: impl Iterator<Item = &'static Case>,
) -> First {
    let mut first = First::default();
    let mut cases: Vec<&Case> = cases.filter(|case| asked_status(case.body) != Some(start)).collect();
    // A server that checks less than the page says accepts what has a motivo.
    cases.sort_by_key(|case| case.body.contains("motivoStatus"));
    for case in cases {
        let Ok(received) = session.send(case).await else { return first };
        if (200..300).contains(&received.code) {
            let status = session.present();
            if status != Some(start) && session.move_to(start).await.is_err() {
                first.made =
                    status.map(|status| ChangeObservation { status: Some(status), before: None, now: now(), received });
            }
            return first;
        }
        let ExpectedAnswer::Message(text) = case.answer else { continue };
        let Some(name) = error_of(case).filter(|_| !is_of_the_moment(received.code)) else { continue };
        let again = session.send(case).await.ok().filter(|again| again.code == received.code);
        let seen = observed_once(session, case, (name, case.code, text), received);
        first.refusals.insert(case.name, Observation { again, ..seen });
    }
    first
}
