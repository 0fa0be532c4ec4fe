//! An error as a recording keeps it.

use time::OffsetDateTime;

use crate::conferir::answers::AnswerName;
use crate::conferir::case::Case;
use crate::conferir::client::Received;
use crate::conferir::infer::seen::Observation;
use crate::conferir::session::Session;

/// What is said of an answer that is no leniency for certain.
pub(super) const UNCLEAR: &str =
    "nothing in the answer separates a success from a refusal; as it is like no success, it is taken for a refusal";

pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// What `received`, the answer to `case`, shows of the error that is called `name`. The contract says `code` and `text`.
pub(super) fn observed_once(
    session: &Session,
    case: &'static Case,
    (name, code, text): (AnswerName, u16, &'static str),
    received: Received,
) -> Observation {
    Observation {
        case: case.name,
        name,
        code,
        text: text.into(),
        method: case.method,
        path: session.path(case),
        now: now(),
        received,
        again: None,
        asked: session.asked(case),
    }
}
