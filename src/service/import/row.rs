//! One row of a file.

use super::cell::Cell;
use super::place::Place;
use crate::store::NewAtendimento;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BadRow {
    pub place: Place,
    /// What is wrong and what would be accepted.
    pub reason: String,
}

/// What one row holds.
pub type Row = Result<(Place, NewAtendimento), BadRow>;

/// The row at `place` with these cells.
pub(super) fn row_of(place: Place, protocolo: &Cell<'_>, status: &Cell<'_>) -> Row {
    let novo = protocolo.protocolo().and_then(|protocolo| Ok(NewAtendimento { protocolo, status: status.status()? }));
    novo.map(|novo| (place, novo)).map_err(|reason| BadRow { place, reason })
}
