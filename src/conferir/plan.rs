//! What a run asks, and what it will have changed at its end.

use std::collections::BTreeSet;

use super::case::{Case, Mark};
use super::cases;
use super::judge::Scope;
use crate::domain::atendimento::Status;

/// The cases of a run, in order.
pub struct Plan {
    pub scope: Scope,
    /// Whether only what changes nothing is asked.
    pub reads_only: bool,
    /// The cases, with the reason to leave one out.
    pub cases: Vec<(&'static Case, Option<&'static str>)>,
}

pub fn names() -> impl Iterator<Item = &'static str> {
    cases::all().map(|case| case.name)
}

/// The groups of the cases, as their names begin: `login/`.
pub fn groups() -> impl Iterator<Item = &'static str> {
    let group = |name: &'static str| &name[..=name.find('/').expect("each case is in a group")];
    names().map(group).collect::<BTreeSet<_>>().into_iter()
}

/// What is left out of a run.
#[derive(Debug, Default)]
pub struct Selection {
    /// Cases, and groups of them: `login/`.
    pub without: Vec<String>,
    /// The cases alone that are to be asked, and those that they build on.
    pub only: Option<Vec<String>>,
    /// Leaves out what a server might take for a change, and logins that fail.
    pub reads_only: bool,
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
    /// The cases of `scope`, as far as they are in `selection`.
    pub fn new(scope: Scope, selection: &Selection, protocolo: &str) -> Self {
        let cases = cases::all()
            .filter(|case| scope == Scope::Contract || case.mark == Mark::Doc)
            .map(|case| (case, reason_to_skip(case, selection, protocolo)))
            .collect();
        Self { scope, reads_only: selection.reads_only, cases }
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

fn reason_to_skip(case: &Case, selection: &Selection, protocolo: &str) -> Option<&'static str> {
    let protocolo = protocolo.trim();
    let names = |name: &String| name == case.name || name.ends_with('/') && case.name.starts_with(name.as_str());
    let wanted = |only: &Vec<String>| {
        let is_in = |case: &Case| only.iter().any(|name| name == case.name);
        // The three with the key of one change build on each other.
        is_in(case) || case.shares_key() && cases::all().any(|other| other.shares_key() && is_in(other))
    };
    let number = !protocolo.starts_with('0') && protocolo.bytes().all(|byte| byte.is_ascii_digit());
    if selection.without.iter().any(names) {
        Some("left out by --pular")
    } else if selection.only.as_ref().is_some_and(|only| !wanted(only)) {
        Some("left out by --repetir-falhas")
    } else if selection.reads_only && !case.is_harmless() {
        Some("left out by --somente-leitura")
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
        Plan::new(scope, &Selection::default(), "20221104000001")
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
        let without = vec!["login/unknown-user".to_owned()];
        let all = plan(Scope::Contract).asked().count();
        let plan = Plan::new(Scope::Contract, &Selection { without, ..Selection::default() }, "P-1");
        assert_eq!(plan.cases.len(), all);
        // That one, and three with the protocolo as a number.
        assert_eq!(plan.asked().count(), all - 4);
        assert_eq!(plan.traces(Status::Aberto).failed_logins, 1);
    }

    fn names_asked(selection: &Selection) -> Vec<&'static str> {
        Plan::new(Scope::Contract, selection, "20221104000001").asked().map(|case| case.name).collect()
    }

    #[test]
    fn groups_are_left_out_whole() {
        let selection = Selection { without: vec!["login/".to_owned()], ..Selection::default() };
        let asked = names_asked(&selection);
        assert!(asked.iter().all(|name| !name.starts_with("login/")) && asked.contains(&"common/json-empty"));
        assert!(groups().any(|group| group == "status/"));
    }

    #[test]
    fn what_failed_is_asked_again_with_what_it_builds_on() {
        let only = |name: &str| Selection { only: Some(vec![name.to_owned()]), ..Selection::default() };
        assert_eq!(names_asked(&only("token/empty")), ["token/empty"]);
        let chain = ["", "-replayed", "-of-another-body"].map(|end| format!("status/idempotency-key{end}"));
        assert_eq!(names_asked(&only("status/idempotency-key-replayed")), chain);
    }

    #[test]
    fn a_run_that_only_reads_has_no_traces() {
        let selection = Selection { reads_only: true, ..Selection::default() };
        let plan = Plan::new(Scope::Contract, &selection, "20221104000001");
        assert_eq!(plan.asked().filter(|case| case.fails_login() || case.to.is_some()).count(), 0);
        let asked = names_asked(&selection);
        for name in ["token/missing", "token/garbage", "login/success", "login/login-missing"] {
            assert!(asked.contains(&name), "{name}");
        }
        for name in ["token/without-scheme", "login/wrong-senha", "common/json-broken-change", "status/cancelado"] {
            assert!(!asked.contains(&name), "{name}");
        }
    }
}
