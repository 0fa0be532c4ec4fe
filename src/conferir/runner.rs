//! Asks the cases one after the other, and brings the atendimento back to where it was.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::time::sleep;

use super::case::{Case, LOGIN, STATUS};
use super::cases;
use super::client::{Client, ClientError, Outgoing, Received};
use super::judge::{self, Scope, Spoken};
use super::plan::Plan;
use super::report::{Answered, Judgement, Outcome, Sent};
use super::values::{Values, find_token};
use crate::dialect::{Dialect, TokenHeader};
use crate::domain::atendimento::Status;
use crate::domain::rules::{SameStatus, UnneededMotivo};

/// How often the status is set back before the run gives up.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// So many cases in a row without an answer end the run.
const UNANSWERED_MAX: usize = 3;

const CREDENTIALS: &str = r#"{"login": "<login>", "senha": "<senha>"}"#;
const PRESENT: Case = Case::read("the current status", "/api/atendimentos/status?protocolo=<protocolo>");

/// The headers that a report shows.
const SHOWN: [&str; 8] = [
    "content-type",
    "cache-control",
    "www-authenticate",
    "allow",
    "idempotency-replayed",
    "location",
    "retry-after",
    "x-request-id",
];

/// Whose login it is, and on what the run works.
pub struct RunInput {
    pub login: String,
    pub senha: SecretString,
    pub protocolo: String,
    /// A registered motivo.
    pub motivo: String,
}

/// A user without the permission to change statuses.
pub struct Unpermitted {
    pub login: String,
    pub senha: SecretString,
}

pub struct Runner {
    client: Client,
    values: Values,
    /// The header that carries the token.
    token_header: TokenHeader,
    dialect: Option<Arc<Dialect>>,
    /// The body of a change that was made, where the server has words of its own for it.
    success: Option<String>,
    /// Where the atendimento is; `None` after an answer that leaves it open.
    present: Option<Status>,
    changes: usize,
    /// Whether the run may change nothing.
    harmless: bool,
}

/// What a server answers to the question for the current status.
pub enum StatusAnswer {
    Told(Status),
    /// Another answer than ours: status code, headers, body.
    Untold(String),
}

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The login was answered so: status, headers, body, as the server wrote them.
    #[error("the login was answered {0:?}")]
    Login(String),
    /// It succeeded and gave nothing to go on with.
    #[error("the login was answered {0}, without a token")]
    NoToken(u16),
    #[error("the run was stopped")]
    Stopped,
    #[error("no header was found by which the server takes the token")]
    NoTokenHeader,
    /// The first change was answered so.
    #[error("the first change was answered {0:?}")]
    Change(String),
}

impl Runner {
    /// A run of `client` on `target`.
    pub fn new(client: Client, target: RunInput) -> Self {
        let RunInput { login, senha, protocolo, motivo } = target;
        let values = Values::new(&login, senha, &protocolo, &motivo);
        let token_header = TokenHeader { name: AUTHORIZATION, scheme: Some("Bearer".to_owned()) };
        Self { client, values, token_header, dialect: None, success: None, present: None, changes: 0, harmless: false }
    }

    /// Judges by `dialect` from now on, and sends the token as that takes it.
    pub fn speak(&mut self, dialect: Arc<Dialect>) {
        self.token_header = dialect.token_headers()[0].clone();
        self.dialect = Some(dialect);
    }

    pub(super) fn carry_token_by(&mut self, header: TokenHeader) {
        self.token_header = header;
    }

    /// The answer to a login, and the token in it.
    pub async fn log_in(&mut self) -> Result<(Received, String), StartError> {
        let received = self.client.send(post(LOGIN, self.values.sent(CREDENTIALS))).await?;
        let token = find_token(&received.body).filter(|_| (200..300).contains(&received.code));
        match token {
            Some(token) => {
                self.values.set_token(token.clone());
                Ok((received, token))
            }
            None if (200..300).contains(&received.code) => Err(StartError::NoToken(received.code)),
            None => Err(StartError::Login(self.shown(&received))),
        }
    }

    pub(super) fn login(&self) -> &str {
        self.values.login()
    }

    /// Begins with the atendimento in `start`.
    pub(super) fn begin(&mut self, start: Status) {
        self.present = Some(start);
    }

    /// `text` without senha and tokens.
    pub fn redacted(&self, text: &str) -> String {
        self.values.redacted(text)
    }

    /// It is not known where the atendimento is: a question was broken off.
    pub fn doubt(&mut self) {
        self.present = None;
    }

    /// Brings the atendimento to `status`.
    pub(super) async fn bring_to(&mut self, status: Status) -> Result<(), String> {
        if self.present == Some(status) { Ok(()) } else { self.move_to(status).await }
    }

    pub(super) fn path(&self, case: &Case) -> String {
        self.values.path(case.path)
    }

    /// The answer to `case`, from the status that it needs; or why there is none.
    pub(super) async fn exchange(&mut self, case: &Case) -> Result<Received, String> {
        self.prepare(case).await?;
        self.send(case).await.map_err(|error| error.to_string())
    }

    /// Brings the atendimento to the status that `case` needs.
    async fn prepare(&mut self, case: &Case) -> Result<(), String> {
        let Some(from) = case.from else { return Ok(()) };
        let moved = self.bring_to(from).await;
        moved.map_err(|reason| format!("the atendimento could not be brought to {from}: {reason}"))
    }

    /// Sends `case`, and keeps up with where its answer leaves the atendimento.
    async fn send(&mut self, case: &Case) -> Result<Received, ClientError> {
        match self.client.send(self.request(case)).await {
            Ok(received) => {
                self.follow(case, &received);
                Ok(received)
            }
            Err(error) => {
                if case.changes() {
                    self.present = None;
                }
                Err(error)
            }
        }
    }

    /// The answer to `case` with `token` in `header`; empty for no header.
    pub(super) async fn ask_by(&self, case: &Case, header: &TokenHeader, token: &str) -> Result<Received, ClientError> {
        let mut request = self.request(case);
        request.headers.retain(|(name, _)| *name != self.token_header.name);
        if !token.is_empty() {
            request.headers.push((header.name.clone(), self.values.sent(&carried(header, token))));
        }
        self.client.send(request).await
    }

    /// The answer to the login of another user, if that is refused, and else to `case` with that one's token; and whether it is the
    /// login's.
    pub(super) async fn ask_as(&mut self, user: Unpermitted, case: &Case) -> Result<(bool, Received), String> {
        let protocolo = self.values.protocolo().to_owned();
        let mut values = Values::new(&user.login, user.senha, &protocolo, "");
        std::mem::swap(&mut self.values, &mut values);
        let answer = match self.log_in().await {
            Ok(_) => self.exchange(case).await.map(|received| (false, received)),
            Err(StartError::Login(_) | StartError::NoToken(_)) => {
                let again = self.client.send(post(LOGIN, self.values.sent(CREDENTIALS))).await;
                again.map(|received| (true, received)).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        std::mem::swap(&mut self.values, &mut values);
        self.values.hide_secrets_of(values);
        answer
    }

    /// Asks for the status of the atendimento by a read, which changes nothing on any server.
    pub async fn ask_status(&self) -> Result<StatusAnswer, ClientError> {
        let received = self.client.send(self.request(&PRESENT)).await?;
        let told = serde_json::from_str::<serde_json::Value>(&received.body).unwrap_or_default();
        let ours = received.code == 200 && told["protocolo"].as_str() == Some(self.values.protocolo());
        let status = told["status"].as_str().filter(|_| ours).and_then(Status::from_nome);
        Ok(status.map_or_else(|| StatusAnswer::Untold(self.shown(&received)), StatusAnswer::Told))
    }

    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Makes the first change to the atendimento, which is in `start`: one that the server takes only with a motivo
    /// that it knows. Otherwise says what it answered.
    pub async fn prove_motivo(&mut self, start: Status) -> Result<(), String> {
        self.present = Some(start);
        let outcome = self.ask(cases::proof(start), Scope::Documented).await;
        if outcome.judgement == Judgement::Passed {
            return Ok(());
        }
        // A success in other words may be none.
        self.present = self.present.filter(|present| *present == start);
        let answer = outcome.received.map(|received| received.text());
        Err(answer.unwrap_or_else(|| outcome.judgement.reason().unwrap_or_default().to_owned()))
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
        self.harmless = plan.reads_only;
        let mut unanswered = 0;
        let refuses_same =
            self.dialect.as_ref().is_some_and(|dialect| dialect.rules.same_status == SameStatus::Refused);
        if refuses_same && !plan.reads_only {
            // So that what is refused for want of a motivo is not refused for this. A failure shows in the cases.
            _ = self.bring_to(Status::EmAtendimento).await;
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
                    if let Some(reason) = self.reason_to_skip(case) {
                        self.outcome(case, plan.scope, None, Judgement::Skipped(reason.to_owned()))
                    } else {
                        let (began, since) = (OffsetDateTime::now_utc(), Instant::now());
                        let outcome = self.ask(case, plan.scope).await;
                        unanswered = if outcome.received.is_none() { unanswered + 1 } else { 0 };
                        Outcome { began, took: since.elapsed(), ..outcome }
                    }
                }
            };
            report(&outcome);
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Brings the atendimento back to `start`; says what stood in the way.
    pub async fn restore(&mut self, start: Status) -> Result<(), String> {
        let mut trouble = String::new();
        for attempt in 0..ATTEMPTS {
            if self.present == Some(start) {
                return Ok(());
            }
            if attempt > 0 {
                sleep(PAUSE).await;
                // The token may have expired.
                _ = self.log_in().await;
            }
            match self.move_to(start).await {
                Ok(()) => return Ok(()),
                Err(reason) => trouble = reason,
            }
        }
        Err(trouble)
    }

    /// The dialect, and the path that `case` asks in it.
    fn spoken(&self, case: &Case) -> Option<Spoken<'_>> {
        let path = self.path(case);
        let path = path.split('?').next().unwrap_or_default().to_owned();
        self.dialect.as_deref().map(|dialect| Spoken { dialect, path })
    }

    /// Why `case` says nothing about a server in the dialect, if there is one.
    fn reason_to_skip(&self, case: &Case) -> Option<&'static str> {
        let dialect = self.dialect.as_ref()?;
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
        if !is_carried {
            Some("in this dialect the token comes otherwise")
        } else if rules.same_status == SameStatus::Refused && sets_again {
            Some("in this dialect a status is not set again")
        } else if rules.unneeded_motivo != UnneededMotivo::Ignored && names("<outro motivo>")
            || rules.unneeded_motivo == UnneededMotivo::Refused && names("<motivo>")
        {
            Some("in this dialect such a motivo is refused")
        } else {
            None
        }
    }

    async fn ask(&mut self, case: &Case, scope: Scope) -> Outcome {
        if let Err(reason) = self.prepare(case).await {
            return self.outcome(case, scope, None, Judgement::Unjudged(reason));
        }
        let before = self.present.filter(|_| case.changes());
        let outcome = match self.send(case).await {
            Ok(received) => {
                let faults = judge::faults(case, scope, self.spoken(case).as_ref(), &received);
                let judgement = if faults.is_empty() {
                    Judgement::Passed
                } else if matches!(received.code, 429 | 503) {
                    let later = received.header("retry-after").unwrap_or_else(|| "some".to_owned());
                    Judgement::Unjudged(format!("the server asks to come back in {later} s"))
                } else {
                    Judgement::Failed(faults.join("; "))
                };
                self.outcome(case, scope, Some(&received), judgement)
            }
            Err(error) => self.outcome(case, scope, None, Judgement::Failed(error.to_string())),
        };
        Outcome { status_before: before, ..outcome }
    }

    /// Keeps up with where the answer leaves the atendimento.
    fn follow(&mut self, case: &Case, received: &Received) {
        if let Some(token) = find_token(&received.body).filter(|_| case.path == LOGIN) {
            self.values.remember(token);
        }
        if !case.changes() || received.header("idempotency-replayed").is_some() {
            return;
        }
        match received.code {
            _ if self.made(received) => {
                self.changes += 1;
                self.present = case.to;
            }
            // It may have been made all the same.
            500.. => self.present = None,
            _ => {}
        }
    }

    /// Whether a change was made, by its answer. Some servers answer 200 to everything.
    pub(super) fn made(&self, received: &Received) -> bool {
        let fits = self.success.as_ref().is_none_or(|success| steady(success) == steady(&received.body));
        (200..300).contains(&received.code) && fits
    }

    /// From now on, only an answer like `received` says that a change was made.
    pub(super) fn learn_success(&mut self, received: &Received) {
        self.success = Some(received.body.clone());
    }

    /// Sets the status outside of a case.
    async fn move_to(&mut self, status: Status) -> Result<(), String> {
        let before = self.present.take();
        let mut request = post(STATUS, self.values.move_to(before, status));
        request
            .headers
            .push((self.token_header.name.clone(), self.values.sent(&carried(&self.token_header, "<token>"))));
        let received = self.client.send(request).await.map_err(|error| error.to_string())?;
        match received.code {
            _ if self.made(&received) => {
                self.changes += 1;
                self.present = Some(status);
                Ok(())
            }
            code => {
                self.present = before.filter(|_| code < 500);
                Err(self.shown(&received))
            }
        }
    }

    fn request(&self, case: &Case) -> Outgoing {
        let headers = self.headers(case).into_iter().map(|(name, value)| (name, self.values.sent(&value)));
        let body = self.values.sent(&self.body(case));
        Outgoing { method: case.method, path: self.values.path(case.path), headers: headers.collect(), body }
    }

    /// The body of `case`. What may change nothing names no atendimento where a server might take it for a change.
    fn body(&self, case: &Case) -> String {
        if self.harmless && case.changes() {
            return case.body.replace("<protocolo>", "<outro protocolo>");
        }
        case.body.to_owned()
    }

    fn headers(&self, case: &Case) -> Vec<(HeaderName, String)> {
        let mut headers = vec![(CONTENT_TYPE, "application/json".to_owned())];
        if let Some(value) = case.authorization {
            // Other schemes, and none, are asked for what they are.
            let (name, value) = match value.strip_prefix("Bearer ") {
                Some(token) => (self.token_header.name.clone(), carried(&self.token_header, token)),
                None => (AUTHORIZATION, value.to_owned()),
            };
            headers.push((name, value));
        }
        if let Some((name, value)) = case.header {
            let name = HeaderName::from_static(name);
            headers.retain(|(other, _)| *other != name);
            headers.push((name, value.to_owned()));
        }
        headers
    }

    /// An answer as a report shows it: what the contract speaks of, without secrets.
    pub(super) fn shown(&self, received: &Received) -> String {
        self.answered(received).text()
    }

    fn answered(&self, received: &Received) -> Answered {
        let redacted = |text: &str| self.values.redacted(text);
        let header = |name: &&str| Some(((*name).to_owned(), redacted(&received.header(name)?)));
        let headers = SHOWN.iter().filter_map(header).collect();
        Answered { code: received.code, headers, body: redacted(&received.body) }
    }

    fn outcome(&self, case: &Case, scope: Scope, received: Option<&Received>, judgement: Judgement) -> Outcome {
        let shown = |(name, value): (HeaderName, String)| (name.as_str().to_owned(), self.values.shown(&value));
        Outcome {
            name: case.name,
            mark: case.mark,
            judgement,
            request: Sent {
                method: case.method,
                url: self.client.url(&self.values.path(case.path)),
                headers: self.headers(case).into_iter().map(shown).collect(),
                body: self.values.shown(&self.body(case)),
            },
            status_before: None,
            expected: judge::expected(case, scope, self.spoken(case).as_ref()),
            received: received.map(|received| self.answered(received)),
            began: OffsetDateTime::now_utc(),
            took: Duration::ZERO,
        }
    }
}

fn post(path: &'static str, body: String) -> Outgoing {
    Outgoing {
        method: "POST",
        path: path.to_owned(),
        headers: vec![(CONTENT_TYPE, "application/json".to_owned())],
        body,
    }
}

/// `token` as `header` carries it.
fn carried(header: &TokenHeader, token: &str) -> String {
    header.scheme.as_ref().map_or_else(|| token.to_owned(), |scheme| format!("{scheme} {token}"))
}

/// A body without what may change from one answer to the next: numbers and times.
pub fn steady(body: &str) -> String {
    body.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}
