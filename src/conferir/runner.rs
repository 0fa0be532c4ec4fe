//! Asks the cases one after the other, and judges each answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::case::Case;
use super::cases;
use super::client::{Received, is_of_the_moment};
use super::judge::{self, Scope, Spoken};
use super::learned::contradiction;
use super::plan::Plan;
use super::report::{Judgement, Outcome};
use super::session::{Cause, Session, StartError};
use super::standing::Standing;
use crate::dialect::Dialect;
use crate::domain::atendimento::Status;

/// So many cases in a row without an answer end the run.
const UNANSWERED_MAX: usize = 3;

/// What `proof` asks for, in words.
pub(super) fn change_to(proof: &Case) -> String {
    let status = proof.to.map(Status::nome).unwrap_or_default();
    format!("the change to {status}, which needs the motivo,")
}

pub struct Runner {
    pub session: Session,
    dialect: Option<Arc<Dialect>>,
}

impl Runner {
    /// Judges by the contract what `session` asks.
    pub fn new(session: Session) -> Self {
        Self { session, dialect: None }
    }

    pub fn dialect(&self) -> Option<&Dialect> {
        self.dialect.as_deref()
    }

    /// Judges by `dialect` from now on, and sends the token as that takes it.
    pub fn speak(&mut self, dialect: Arc<Dialect>) {
        self.session.carry_token_by(dialect.token_headers()[0].clone());
        self.session.learned.speaks(&dialect);
        self.dialect = Some(dialect);
    }

    /// Makes the first change to the atendimento, which is in `start`: one that the server takes only with a motivo
    /// that it knows. Otherwise says what it answered, or that it was in another status.
    pub async fn prove_motivo(&mut self, start: Status) -> Result<(), StartError> {
        self.session.begin(start);
        let standing = self.session.look_for(start).await?;
        let proof = cases::proof(start);
        let (outcome, received) = self.ask_for_answer(proof, Scope::Documented).await;
        // What the server has told before, or was set to twice, is so, whatever the answer names.
        let named = received.as_ref().filter(|_| matches!(standing, Standing::Refused(_))).zip(proof.to);
        let told = named.and_then(|(received, asked)| contradiction(received, start, asked));
        if let Some(told) = told {
            return Err(StartError::OtherStatus { told, given: start });
        }
        let cause = received.as_ref().map_or(Cause::Unknown, |received| standing.cause(received));
        let is_made = match &received {
            _ if outcome.judgement == Judgement::Passed => true,
            Some(received) => self.session.was_made(proof, received).await?,
            None => false,
        };
        if is_made {
            return self.session.conclude(standing, start).await;
        }
        // A success in other words may be none.
        if self.session.present() != Some(start) {
            self.session.doubt();
        }
        let answer = outcome.received.map(|received| received.text());
        let answer = answer.unwrap_or_else(|| outcome.judgement.reason().unwrap_or_default().to_owned());
        Err(StartError::Change { what: change_to(proof), answer, cause })
    }

    /// The cases of `plan`, of which none was asked: why.
    pub fn unasked(&self, plan: &Plan, why: &str) -> Vec<Outcome> {
        let unjudged = |skip: Option<&str>| match skip {
            Some(reason) => Judgement::Skipped(reason.to_owned()),
            None => Judgement::Unjudged(why.to_owned()),
        };
        plan.cases.iter().map(|(case, skip)| self.outcome(case, plan.scope, None, unjudged(*skip))).collect()
    }

    /// Asks the cases of `plan` until `stopped`, or until the server answers no more. The atendimento stays where the
    /// last case leaves it.
    pub async fn run(
        &mut self,
        plan: &Plan,
        stopped: impl Fn() -> bool,
        mut report: impl FnMut(&Outcome),
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(plan.cases.len());
        self.session.set_harmless(plan.reads_only);
        let mut unanswered = 0;
        if plan.refuses_same && !plan.reads_only {
            // So that what is refused for want of a motivo is not refused for this. A failure shows in the cases.
            _ = self.session.bring_to(Status::EmAtendimento).await;
        }
        for (case, skip) in &plan.cases {
            let outcome = match skip {
                Some(reason) => self.outcome(case, plan.scope, None, Judgement::Skipped((*reason).to_owned())),
                None if stopped() => {
                    self.outcome(case, plan.scope, None, Judgement::Unjudged("the run was stopped".to_owned()))
                }
                None if unanswered == UNANSWERED_MAX => {
                    let reason = format!("the server had not answered {UNANSWERED_MAX} cases in a row");
                    self.outcome(case, plan.scope, None, Judgement::Unjudged(reason))
                }
                None => {
                    let (began, since) = (OffsetDateTime::now_utc(), Instant::now());
                    let outcome = self.ask(case, plan.scope).await;
                    unanswered =
                        if outcome.received.is_none() && self.session.is_silent() { unanswered + 1 } else { 0 };
                    Outcome { began, took: since.elapsed(), ..outcome }
                }
            };
            report(&outcome);
            outcomes.push(outcome);
        }
        outcomes
    }

    /// The dialect, and what `case` asks in it.
    fn spoken(&self, case: &Case) -> Option<Spoken<'_>> {
        let path = self.session.path(case);
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let asked = self.session.asked(case);
        self.dialect.as_deref().map(|dialect| Spoken { dialect, path, asked })
    }

    async fn ask(&mut self, case: &Case, scope: Scope) -> Outcome {
        self.ask_for_answer(case, scope).await.0
    }

    /// What came of `case`, and its answer as it came.
    async fn ask_for_answer(&mut self, case: &Case, scope: Scope) -> (Outcome, Option<Received>) {
        if let Err(reason) = self.session.prepare(case).await {
            return (self.outcome(case, scope, None, Judgement::Unjudged(reason)), None);
        }
        let before = self.session.present().filter(|_| case.changes());
        let (outcome, received) = match self.session.send(case).await {
            Ok(received) => {
                let faults = judge::faults(case, scope, self.spoken(case).as_ref(), &received);
                let judgement = if faults.is_empty() {
                    Judgement::Passed
                } else if is_of_the_moment(received.code) {
                    let later = received.header("retry-after").unwrap_or_else(|| "some".to_owned());
                    let code = received.code;
                    Judgement::Unjudged(format!("the server has no time for it ({code}): come back in {later} s"))
                } else {
                    Judgement::Failed(faults.join("; "))
                };
                (self.outcome(case, scope, Some(&received), judgement), Some(received))
            }
            Err(error) => (self.outcome(case, scope, None, Judgement::Failed(error.to_string())), None),
        };
        (Outcome { status_before: before, ..outcome }, received)
    }

    fn outcome(&self, case: &Case, scope: Scope, received: Option<&Received>, judgement: Judgement) -> Outcome {
        Outcome {
            name: case.name,
            mark: case.mark,
            judgement,
            request: self.session.sent(case),
            status_before: None,
            expected: self.session.hidden(&judge::expected(case, scope, self.spoken(case).as_ref())),
            received: received.map(|received| self.session.answered(received)),
            began: OffsetDateTime::now_utc(),
            took: Duration::ZERO,
        }
    }
}
