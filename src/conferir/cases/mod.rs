//! The cases, in the order in which they are asked.

mod change;
mod common;
mod limits;
mod login;
mod token;

use super::case::Case;
use crate::domain::atendimento::Status;

/// What a change without the motivo that it needs is answered.
pub(super) const MOTIVO_REQUIRED: &str = "motivoStatus – esse campo é obrigatório";

pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    [common::CASES, login::CASES, token::CASES, limits::CASES, change::CASES].into_iter().flatten()
}

/// The change that shows, before all others, that the motivo is one: for an atendimento in `start`.
pub(super) fn proof(start: Status) -> &'static Case {
    if start == Status::Cancelado { &change::PROOF_FROM_CANCELADO } else { &change::PROOF }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: HashSet<_> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), all().count());
    }

    #[test]
    fn few_logins_fail() {
        assert_eq!(all().filter(|case| case.fails_login()).count(), 2);
        assert_eq!(
            all().filter(|case| case.is_asked_once()).map(|case| case.name).collect::<Vec<_>>(),
            ["login/senha-too-long", "login/unknown-user", "login/wrong-senha"]
        );
    }
}
