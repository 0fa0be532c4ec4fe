//! Judges what a run left in the database by what its clients saw: no change that was answered 200 is
//! missing, none is there twice or in part, and every history is one chain.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use libtest_mimic::Trial;

/// What a client asked for, and what it saw.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Unique in the run; it is the comment's text.
    pub mark: u64,
    pub protocolo: u64,
    /// The code of the status asked for.
    pub para: i64,
    pub outcome: Outcome,
    /// When it was sent and when its outcome was known, on one clock for all clients.
    pub began: Duration,
    pub ended: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered 200.
    Acknowledged,
    /// Answered 503 with `Retry-After`: it may have been made.
    Unavailable,
    /// Answered with a status that no fault excuses.
    Wrong(u16),
    /// Not answered: it may have been made.
    Unanswered,
    /// Never sent whole: it can't have been made.
    Withheld,
}

/// An atendimento as the database shows it.
#[derive(Clone, Debug)]
pub struct Record {
    pub protocolo: u64,
    /// The code of its status before the run.
    pub inicial: i64,
    pub status: i64,
    pub revisao: i64,
    /// In the order of their revisions.
    pub historico: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub revisao: i64,
    pub de: i64,
    pub para: i64,
    /// The comment, where it is a mark.
    pub mark: Option<u64>,
    pub visivel: Option<bool>,
    pub com_motivo: bool,
}

/// What is wrong; numbers are marks unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Answered 200, and not there.
    Lost(u64),
    /// There more than once.
    Doubled(u64),
    /// There, though nobody asked for it, or not whole.
    Unasked(u64),
    /// Does not say all of what was asked for.
    Partial { protocolo: u64, revisao: i64 },
    /// Does not start where the entry before ended, or leaves a gap.
    Chain { protocolo: u64, revisao: i64 },
    /// The history does not end in the current status and revision.
    Present { protocolo: u64 },
    /// Comes after one that was asked for only once this one was over.
    Order(u64),
    /// Answered with a status that no fault excuses.
    Answer { mark: u64, status: u16 },
}

pub struct Verdict {
    pub acknowledged: usize,
    pub violations: Vec<Violation>,
}

/// Every entry carries a mark, a motivo, and a comment that is visible where the mark is even.
pub fn visivel(mark: u64) -> bool {
    mark.is_multiple_of(2)
}

/// Compares all `records` with all `attempts`.
pub fn check(records: &[Record], attempts: &[Attempt]) -> Verdict {
    let mut violations = Vec::new();
    let asked: HashMap<u64, &Attempt> = attempts.iter().map(|attempt| (attempt.mark, attempt)).collect();
    assert_eq!(asked.len(), attempts.len(), "marks are unique");
    let mut found: BTreeMap<u64, u32> = BTreeMap::new();
    for record in records {
        check_chain(record, &mut violations);
        check_order(record, &asked, &mut violations);
        for entry in &record.historico {
            let attempt = entry.mark.and_then(|mark| asked.get(&mark));
            if !entry.mark.is_some_and(|mark| agrees(record, entry, mark, attempt)) {
                violations.push(Violation::Partial { protocolo: record.protocolo, revisao: entry.revisao });
            }
            if let Some(mark) = entry.mark {
                *found.entry(mark).or_default() += 1;
            }
        }
    }
    for (&mark, &times) in &found {
        if times > 1 {
            violations.push(Violation::Doubled(mark));
        }
        if asked.get(&mark).is_none_or(|attempt| attempt.outcome == Outcome::Withheld) {
            violations.push(Violation::Unasked(mark));
        }
    }
    let acknowledged = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Acknowledged);
    violations.extend(
        acknowledged.clone().filter(|a| !found.contains_key(&a.mark)).map(|attempt| Violation::Lost(attempt.mark)),
    );
    violations.extend(attempts.iter().filter_map(|attempt| match attempt.outcome {
        Outcome::Wrong(status) => Some(Violation::Answer { mark: attempt.mark, status }),
        _ => None,
    }));
    Verdict { acknowledged: acknowledged.count(), violations }
}

fn check_chain(record: &Record, violations: &mut Vec<Violation>) {
    let (mut status, mut revisao) = (record.inicial, 0);
    for entry in &record.historico {
        if (entry.de, entry.revisao) != (status, revisao + 1) {
            violations.push(Violation::Chain { protocolo: record.protocolo, revisao: entry.revisao });
        }
        (status, revisao) = (entry.para, entry.revisao);
    }
    if (record.status, record.revisao) != (status, revisao) {
        violations.push(Violation::Present { protocolo: record.protocolo });
    }
}

/// Looks for a change that stands after one which began when it was over already.
fn check_order(record: &Record, asked: &HashMap<u64, &Attempt>, violations: &mut Vec<Violation>) {
    let mut latest_beginning = Duration::ZERO;
    for attempt in record.historico.iter().filter_map(|entry| asked.get(&entry.mark?)) {
        if attempt.outcome == Outcome::Acknowledged && attempt.ended < latest_beginning {
            violations.push(Violation::Order(attempt.mark));
        }
        latest_beginning = latest_beginning.max(attempt.began);
    }
}

/// Whether status, motivo and comment are those of one attempt; an unknown one is judged elsewhere.
fn agrees(record: &Record, entry: &Entry, mark: u64, attempt: Option<&&Attempt>) -> bool {
    entry.com_motivo
        && entry.visivel == Some(visivel(mark))
        && attempt.is_none_or(|a| (a.protocolo, a.para) == (record.protocolo, entry.para))
}

/// The checker's own tests.
pub fn trials() -> Vec<Trial> {
    let cases: [(&str, fn()); 10] = [
        ("passes_a_faultless_run", passes_a_faultless_run),
        ("passes_a_change_that_was_made_and_not_answered", passes_a_change_that_was_made_and_not_answered),
        ("catches_a_lost_change", catches_a_lost_change),
        ("catches_a_doubled_change", catches_a_doubled_change),
        ("catches_a_broken_chain", catches_a_broken_chain),
        ("catches_a_status_without_history", catches_a_status_without_history),
        ("catches_a_partial_change", catches_a_partial_change),
        ("catches_a_change_that_nobody_asked_for", catches_a_change_that_nobody_asked_for),
        ("catches_a_change_out_of_order", catches_a_change_out_of_order),
        ("catches_a_wrong_answer", catches_a_wrong_answer),
    ];
    let trial = |(name, case): (&str, fn())| {
        Trial::test(format!("checker::{name}"), move || {
            case();
            Ok(())
        })
    };
    cases.map(trial).into()
}

/// Three changes, one after the other: 1 → 5 → 3 → 2.
fn run() -> (Record, Vec<Attempt>) {
    let statuses = [1, 5, 3, 2];
    let entry = |revisao: usize| Entry {
        revisao: revisao as i64,
        de: statuses[revisao - 1],
        para: statuses[revisao],
        mark: Some(revisao as u64),
        visivel: Some(visivel(revisao as u64)),
        com_motivo: true,
    };
    let attempt = |mark: usize| Attempt {
        mark: mark as u64,
        protocolo: 7,
        para: statuses[mark],
        outcome: Outcome::Acknowledged,
        began: Duration::from_secs(mark as u64 * 10),
        ended: Duration::from_secs(mark as u64 * 10 + 9),
    };
    let historico = [1, 2, 3].map(entry).into();
    let record = Record { protocolo: 7, inicial: 1, status: 2, revisao: 3, historico };
    (record, [1, 2, 3].map(attempt).into())
}

#[track_caller]
fn finds(record: Record, attempts: &[Attempt], violations: &[Violation]) {
    assert_eq!(check(&[record], attempts).violations, violations);
}

fn passes_a_faultless_run() {
    let (record, attempts) = run();
    assert_eq!(check(std::slice::from_ref(&record), &attempts).acknowledged, 3);
    finds(record, &attempts, &[]);
}

fn passes_a_change_that_was_made_and_not_answered() {
    for outcome in [Outcome::Unavailable, Outcome::Unanswered] {
        let (mut record, mut attempts) = run();
        attempts[2].outcome = outcome;
        finds(record.clone(), &attempts, &[]);
        // And one that was neither answered nor made.
        record.historico.pop();
        (record.status, record.revisao) = (3, 2);
        finds(record, &attempts, &[]);
    }
}

fn catches_a_lost_change() {
    let (mut record, attempts) = run();
    record.historico.pop();
    (record.status, record.revisao) = (3, 2);
    finds(record, &attempts, &[Violation::Lost(3)]);
}

fn catches_a_doubled_change() {
    let (mut record, attempts) = run();
    record.historico.push(Entry { revisao: 4, de: 2, ..record.historico[2].clone() });
    record.revisao = 4;
    finds(record, &attempts, &[Violation::Doubled(3)]);
}

fn catches_a_broken_chain() {
    let broken = |revisao| Violation::Chain { protocolo: 7, revisao };
    let (mut record, attempts) = run();
    record.historico[1].de = 4;
    finds(record, &attempts, &[broken(2)]);

    let (mut record, attempts) = run();
    record.inicial = 2;
    finds(record, &attempts, &[broken(1)]);

    let (mut record, attempts) = run();
    record.historico[2].revisao = 4;
    record.revisao = 4;
    finds(record, &attempts, &[broken(4)]);
}

fn catches_a_status_without_history() {
    let (mut record, attempts) = run();
    record.status = 4;
    finds(record, &attempts, &[Violation::Present { protocolo: 7 }]);
    let (mut record, attempts) = run();
    record.revisao = 4;
    finds(record, &attempts, &[Violation::Present { protocolo: 7 }]);
}

fn catches_a_partial_change() {
    let partial = Violation::Partial { protocolo: 7, revisao: 2 };
    let parts: [fn(&mut Entry); 3] =
        [|entry| entry.com_motivo = false, |entry| entry.visivel = None, |entry| entry.visivel = Some(false)];
    for take_away in parts {
        let (mut record, attempts) = run();
        take_away(&mut record.historico[1]);
        finds(record, &attempts, std::slice::from_ref(&partial));
    }
    let (mut record, attempts) = run();
    record.historico[1].mark = None;
    finds(record, &attempts, &[partial.clone(), Violation::Lost(2)]);
    // The comment of one change with the status of another.
    let (record, mut attempts) = run();
    attempts[1].para = 4;
    finds(record, &attempts, &[partial]);
}

fn catches_a_change_that_nobody_asked_for() {
    let (record, mut attempts) = run();
    attempts[2].outcome = Outcome::Withheld;
    finds(record.clone(), &attempts, &[Violation::Unasked(3)]);
    attempts.pop();
    finds(record, &attempts, &[Violation::Unasked(3)]);
}

fn catches_a_change_out_of_order() {
    let (record, mut attempts) = run();
    (attempts[1].began, attempts[1].ended) = (Duration::from_secs(1), Duration::from_secs(2));
    finds(record, &attempts, &[Violation::Order(2)]);
}

fn catches_a_wrong_answer() {
    let (record, mut attempts) = run();
    attempts[0].outcome = Outcome::Wrong(500);
    finds(record, &attempts, &[Violation::Answer { mark: 1, status: 500 }]);
}
