//! What a run asks, and what it will have changed at its end.

use super::case::{Case, Mark};
use super::cases;
use super::judge::Scope;
use crate::domain::atendimento::Status;

/// The cases of a run, in order.
pub struct Plan {
    pub scope: Scope,
    /// The cases, with the reason to leave one out.
    pub cases: Vec<(&'static Case, Option<&'static str>)>,
}

pub fn names() -> impl Iterator<Item = &'static str> {
    cases::all().map(|case| case.name)
}

/// What a run leaves behind, if all goes well.
#[derive(Debug, PartialEq, Eq)]
pub struct Traces {
    /// The statuses that the atendimento goes through, from the present one back to it.
    pub path: Vec<Status>,
    pub comments: usize,
    /// How many of them the customer sees.
    pub visible: usize,
    pub failed_logins: usize,
}

impl Plan {
    /// All cases of `scope`, without those called `without`.
    pub fn new(scope: Scope, without: &[String], protocolo: &str) -> Self {
        let cases = cases::all()
            .filter(|case| scope == Scope::Contract || case.mark == Mark::Doc)
            .map(|case| (case, reason_to_skip(case, without, protocolo)))
            .collect();
        Self { scope, cases }
    }

    pub fn asked(&self) -> impl Iterator<Item = &'static Case> {
        self.cases.iter().filter(|(_, skip)| skip.is_none()).map(|(case, _)| *case)
    }

    /// What the run does to an atendimento that is in `start`.
    pub fn traces(&self, start: Status) -> Traces {
        let mut path = vec![start];
        let mut present = start;
        for case in std::iter::once(cases::proof(start)).chain(self.asked()) {
            let moves = case.from.filter(|from| *from != present);
            for status in moves.into_iter().chain(case.to) {
                path.push(status);
                present = status;
            }
            present = case.to.or(case.from).unwrap_or(present);
        }
        if present != start {
            path.push(start);
        }
        let comments = || self.asked().filter_map(|case| case.comment);
        Traces {
            path,
            comments: comments().count(),
            visible: comments().filter(|visible| *visible).count(),
            failed_logins: self.asked().filter(|case| case.fails_login()).count(),
        }
    }
}

fn reason_to_skip(case: &Case, without: &[String], protocolo: &str) -> Option<&'static str> {
    let protocolo = protocolo.trim();
    let number = !protocolo.starts_with('0') && protocolo.bytes().all(|byte| byte.is_ascii_digit());
    if without.iter().any(|name| name == case.name) {
        Some("left out by --pular")
    } else if case.body.contains("<protocolo inteiro>") && !number {
        Some("this protocolo is no integer")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(scope: Scope) -> Plan {
        Plan::new(scope, &[], "20221104000001")
    }

    #[test]
    fn the_path_ends_where_it_began() {
        for scope in [Scope::Contract, Scope::Documented] {
            for start in Status::ALL {
                let path = plan(scope).traces(start).path;
                assert_eq!((path.first(), path.last()), (Some(&start), Some(&start)), "{path:?}");
            }
        }
    }

    #[test]
    fn the_first_change_needs_the_motivo() {
        for scope in [Scope::Contract, Scope::Documented] {
            for start in Status::ALL {
                let first = plan(scope).traces(start).path[1];
                assert_eq!(first, if start == Status::Cancelado { Status::Improcedente } else { Status::Cancelado });
            }
        }
    }

    #[test]
    fn documented_cases_set_no_status_a_second_time() {
        // Whether a server accepts that, the page does not say.
        for start in Status::ALL {
            let path = plan(Scope::Documented).traces(start).path;
            assert!(path.windows(2).all(|pair| pair[0] != pair[1]), "{path:?}");
        }
    }

    #[test]
    fn cases_are_left_out_by_name_and_where_they_can_not_be_asked() {
        let without = ["login/unknown-user".to_owned()];
        let all = plan(Scope::Contract).asked().count();
        let plan = Plan::new(Scope::Contract, &without, "P-1");
        assert_eq!(plan.cases.len(), all);
        // That one, and three with the protocolo as a number.
        assert_eq!(plan.asked().count(), all - 4);
        assert_eq!(plan.traces(Status::Aberto).failed_logins, 1);
    }
}
