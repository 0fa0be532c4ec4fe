//! What a run asks, and what it will have changed at its end.

use std::collections::BTreeSet;

use axum::http::header::AUTHORIZATION;

use super::case::{Case, Mark};
use super::cases;
use super::judge::Scope;
use crate::dialect::Dialect;
use crate::domain::atendimento::Status;
use crate::domain::rules::{SameStatus, UnknownMotivo, UnneededMotivo};

/// The cases of a run, in order.
pub struct Plan {
    pub scope: Scope,
    /// Whether only what changes nothing is asked.
    pub reads_only: bool,
    /// Whether the server refuses the status that the atendimento has, so that no case may ask for that unawares.
    pub(super) refuses_same: bool,
    /// The cases, with the reason to leave one out.
    pub cases: Vec<(&'static Case, Option<&'static str>)>,
}

pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    cases::all()
}

pub fn names() -> impl Iterator<Item = &'static str> {
    cases().map(|case| case.name)
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
    /// The cases of `scope`, as far as they are in `selection`, and as a server in `dialect` has them. A dialect says of them
    /// what the page does not.
    pub fn new(scope: Scope, selection: &Selection, protocolo: &str, dialect: Option<&Dialect>) -> Self {
        let reason = |case| {
            reason_to_skip(case, selection, protocolo).or_else(|| dialect.and_then(|dialect| unsaid(case, dialect)))
        };
        let cases = cases()
            .filter(|case| scope == Scope::Contract || case.mark == Mark::Doc)
            .map(|case| (case, reason(case)))
            .collect();
        Self {
            scope: if dialect.is_some() { Scope::Contract } else { scope },
            reads_only: selection.reads_only,
            // The page does not say whether a status can be set again.
            refuses_same: dialect
                .map_or(scope == Scope::Documented, |dialect| dialect.rules.same_status == SameStatus::Refused),
            cases,
        }
    }

    pub fn asked(&self) -> impl Iterator<Item = &'static Case> {
        self.cases.iter().filter(|(_, skip)| skip.is_none()).map(|(case, _)| *case)
    }

    /// What the run does to an atendimento that is in `start`.
    pub fn traces(&self, start: Status) -> Traces {
        let mut path = vec![start];
        let mut present = start;
        for (number, case) in std::iter::once(cases::proof(start)).chain(self.asked()).enumerate() {
            if number == 1 && self.refuses_same {
                path.push(Status::EmAtendimento);
                present = Status::EmAtendimento;
            }
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

pub(super) fn reason_to_skip(case: &Case, selection: &Selection, protocolo: &str) -> Option<&'static str> {
    let protocolo = protocolo.trim();
    let wanted = |only: &Vec<String>| {
        let is_in = |case: &Case| only.iter().any(|name| name == case.name);
        // The three with the key of one change build on each other.
        is_in(case) || case.shares_key() && cases::all().any(|other| other.shares_key() && is_in(other))
    };
    let number = !protocolo.starts_with('0') && protocolo.bytes().all(|byte| byte.is_ascii_digit());
    if selection.without.iter().any(|name| case.is_named(name)) {
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

/// Why `case` says nothing about a server in `dialect`, if there is a reason.
fn unsaid(case: &Case, dialect: &Dialect) -> Option<&'static str> {
    let takes = |scheme: Option<&str>| {
        let headers = dialect.token_headers();
        headers.iter().any(|header| header.name == AUTHORIZATION && header.scheme.as_deref() == scheme)
    };
    let is_carried = match case.authorization {
        None => true,
        Some(form) if form.starts_with("Bearer ") => true,
        Some("<token>") => takes(None),
        Some(_) => takes(Some("Bearer")),
    };
    let rules = dialect.rules;
    let sets_again = case.to.is_some() && case.from == case.to || case.name.starts_with("status/idempotency-key");
    let needs_motivo = case.from.zip(case.to).is_some_and(|(from, to)| from.requires_motivo(to));
    let names = |motivo: &str| case.to.is_some() && !needs_motivo && case.body.contains(motivo);
    if dialect.not_asked.iter().any(|not_asked| case.is_named(&not_asked.name)) {
        Some("this dialect leaves it out")
    } else if !is_carried {
        Some("in this dialect the token comes otherwise")
    } else if rules.same_status == SameStatus::Refused && sets_again {
        Some("in this dialect a status is not set again")
    } else if rules.unneeded_motivo != UnneededMotivo::Ignored && names("<outro motivo>")
        || rules.unneeded_motivo == UnneededMotivo::Refused && names("<motivo>")
    {
        Some("in this dialect such a motivo is refused")
    } else if rules.unknown_motivo == UnknownMotivo::Ignored && case.refuses_motivo() {
        Some("in this dialect such a motivo is accepted")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(scope: Scope) -> Plan {
        Plan::new(scope, &Selection::default(), "20221104000001", None)
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
        let plan = Plan::new(Scope::Contract, &Selection { without, ..Selection::default() }, "P-1", None);
        assert_eq!(plan.cases.len(), all);
        // That one, and three with the protocolo as a number.
        assert_eq!(plan.asked().count(), all - 4);
        assert_eq!(plan.traces(Status::Aberto).failed_logins, 1);
    }

    fn names_asked(selection: &Selection) -> Vec<&'static str> {
        Plan::new(Scope::Contract, selection, "20221104000001", None).asked().map(|case| case.name).collect()
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
        let plan = Plan::new(Scope::Contract, &selection, "20221104000001", None);
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
