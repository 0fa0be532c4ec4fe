//! A run's conversation with a server: it logs in, sends cases, keeps up with where their answers leave the atendimento, and
//! brings that back.

mod ended;
mod moves;
mod start;

pub use self::start::{Cause, StartError};

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use secrecy::SecretString;

use super::again::Again;
use super::asked::in_body;
use super::case::{Case, ExpectedAnswer, LOGIN};
use super::client::{Client, ClientError, Outgoing, Received};
use super::learned::{Learned, Reading, asked_status};
use super::personal::Personal;
use super::report::{Answered, Sent};
use super::values::Values;
use super::witness::Witness;
use crate::dialect::{Asked, TokenHeader};
use crate::domain::atendimento::Status;

pub(super) const CREDENTIALS: &str = r#"{"login": "<login>", "senha": "<senha>"}"#;
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

/// Most bytes of a body that a report shows.
const SHOWN_MAX: usize = 64 * 1024;

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

pub struct Session {
    pub(super) client: Client,
    pub(super) values: Values,
    /// What belongs to the users who logged in.
    pub(super) personal: Personal,
    /// The header that carries the token, and the member of the login's answer that has it, if that is given.
    token_header: TokenHeader,
    pub(super) token_member: Option<String>,
    /// The names of members that tell of nobody, as the caller says.
    pub(super) plain_members: Vec<String>,
    /// How the server says that a change was made, where it has words of its own for it.
    pub(super) learned: Learned,
    /// Where the atendimento is; `None` after an answer that leaves it open.
    present: Option<Status>,
    /// Whether an answer since the last change that was made may have been that of another one.
    is_unsure: bool,
    /// Who says where it was at the beginning.
    witness: Witness,
    changes: usize,
    /// Whether a run has begun, so that there is something to bring back.
    begun: bool,
    /// Whether the run may change nothing.
    harmless: bool,
    /// Whether the last request got no answer.
    silent: bool,
    /// What the end of its login would look like, while that is to be noticed.
    again: Again,
}

/// What a server answers to the question for the current status.
pub enum StatusAnswer {
    Told(Status),
    /// Another answer than ours: status code, headers, body.
    Untold(String),
}

impl Session {
    /// With `client`, on `target`.
    pub fn new(client: Client, target: RunInput) -> Self {
        let RunInput { login, senha, protocolo, motivo } = target;
        let values = Values::new(&login, senha, &protocolo, &motivo);
        let named = Asked { protocolo: values.protocolo().to_owned(), motivo, ..Asked::default() }.by(values.login());
        let token_header = TokenHeader { name: AUTHORIZATION, scheme: Some("Bearer".to_owned()) };
        Self {
            client,
            values,
            personal: Personal::default(),
            token_header,
            token_member: None,
            plain_members: Vec::new(),
            learned: Learned::of(named),
            present: None,
            is_unsure: false,
            witness: Witness::Caller,
            changes: 0,
            begun: false,
            harmless: false,
            silent: false,
            again: Again::default(),
        }
    }

    pub fn carry_token_by(&mut self, header: TokenHeader) {
        self.token_header = header;
    }

    /// From now on, the token is the value of `member` in the answer to a login.
    pub fn take_token_from(&mut self, member: &str) {
        self.token_member = Some(member.to_owned());
    }

    /// The members of these names in the login's answer tell of nobody.
    pub fn take_for_plain(&mut self, members: &[String]) {
        self.plain_members = members.to_owned();
    }

    pub(super) fn login(&self) -> &str {
        self.values.login()
    }

    pub(super) fn protocolo(&self) -> &str {
        self.values.protocolo()
    }

    pub(super) fn motivo(&self) -> &str {
        self.values.motivo()
    }

    /// Begins with the atendimento in `start`.
    pub(super) fn begin(&mut self, start: Status) {
        self.present = Some(start);
        self.begun = true;
    }

    /// From now on, what may change nothing names no atendimento where a server might take it for a change, if `harmless`.
    pub(super) fn set_harmless(&mut self, harmless: bool) {
        self.harmless = harmless;
    }

    /// Where the atendimento is, if that is known.
    pub fn present(&self) -> Option<Status> {
        self.present
    }

    /// `text` without senha and tokens.
    pub fn redacted(&self, text: &str) -> String {
        self.values.redacted(text)
    }

    /// Whether `text` has a senha or a token, or a part of one, in whichever spelling.
    pub(super) fn gives_secrets_away(&self, text: &str) -> bool {
        self.values.gives_secrets_away(text)
    }

    /// Whether `text` repeats what this run alone has named.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        self.values.are_told_by(text)
    }

    pub fn witness(&self) -> Witness {
        self.witness
    }

    /// The server has told where the atendimento was.
    pub(super) fn believe_server(&mut self) {
        self.witness = Witness::Server;
    }

    /// Whether the last request got no answer.
    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// It is not known where the atendimento is.
    pub(super) fn doubt(&mut self) {
        self.present = None;
    }

    pub(super) fn path(&self, case: &Case) -> String {
        self.values.path(case.path)
    }

    /// The answer to `case`, from the status that it needs; or why there is none.
    pub(super) async fn exchange(&mut self, case: &Case) -> Result<Received, String> {
        self.prepare(case).await?;
        self.send(case).await.map_err(|error| error.to_string())
    }

    /// Sends `case`, and keeps up with where its answer leaves the atendimento.
    pub(super) async fn send(&mut self, case: &Case) -> Result<Received, ClientError> {
        // If this is broken off while a change is on its way, it is not known where that leaves the atendimento.
        let before = if case.changes() { self.present.take() } else { self.present };
        let mut received = self.ask(self.request(case)).await?;
        if self.has_ended(case, &received) && self.sign_in_again().await {
            received = self.ask(self.request(case)).await?;
            self.note_end(&received);
        }
        self.present = before;
        self.follow(case, &received);
        Ok(received)
    }

    async fn ask(&mut self, request: Outgoing) -> Result<Received, ClientError> {
        let received = self.client.send(request).await;
        // Who sends too much is there.
        self.silent = matches!(received, Err(ClientError::TimedOut | ClientError::Failed(_)));
        received
    }

    /// The answer to `case` with `token` in `header`; empty for no header.
    pub(super) async fn ask_by(&self, case: &Case, header: &TokenHeader, token: &str) -> Result<Received, ClientError> {
        let mut request = self.request(case);
        request.headers.retain(|(name, _)| *name != self.token_header.name);
        if !token.is_empty() {
            request.headers.push((header.name.clone(), self.values.sent(&header.value(token))));
        }
        self.client.send(request).await
    }

    /// Asks for the status of the atendimento by a read, which changes nothing on any server.
    pub async fn ask_status(&mut self) -> Result<StatusAnswer, ClientError> {
        let received = self.client.send(self.request(&PRESENT)).await?;
        let told = serde_json::from_str::<serde_json::Value>(&received.body).unwrap_or_default();
        let ours = received.code == 200 && told["protocolo"].as_str() == Some(self.values.protocolo());
        let status = told["status"].as_str().filter(|_| ours).and_then(Status::from_nome);
        let Some(status) = status else { return Ok(StatusAnswer::Untold(self.shown(&received))) };
        self.believe_server();
        Ok(StatusAnswer::Told(status))
    }

    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Keeps up with where the answer leaves the atendimento.
    fn follow(&mut self, case: &Case, received: &Received) {
        if case.path == LOGIN && matches!(case.answer, ExpectedAnswer::Token) {
            // Some end the earlier session of a user who logs in again. Others refuse with 200, and repeat the login.
            _ = self.take_token(received);
        }
        if !case.changes() || received.header("idempotency-replayed").is_some() {
            return;
        }
        let asked = case.to.or_else(|| asked_status(&self.values.shown(&self.body(case))));
        self.read(asked, case.to, received);
    }

    /// What `received` says of a change that asked for `asked`, to `to` if it is one that servers make.
    fn read(&mut self, asked: Option<Status>, to: Option<Status>, received: &Received) -> Reading {
        let reading = self.learned.reading(asked, to, received);
        match reading {
            Reading::Made => {
                self.changes += 1;
                self.present = asked;
                self.is_unsure = false;
            }
            // It may have been made all the same.
            Reading::Unclear if received.code >= 500 => self.present = None,
            Reading::Unclear => self.is_unsure |= asked != self.present,
            Reading::Refused => {}
        }
        reading
    }

    /// How the answer to `case` writes the names of its headers.
    pub(super) async fn header_names(&self, case: &Case) -> Result<Vec<String>, ClientError> {
        self.client.header_names(self.request(case)).await
    }

    /// The request of `case` as a report shows it.
    pub(super) fn sent(&self, case: &Case) -> Sent {
        let shown = |(name, value): (HeaderName, String)| (name.as_str().to_owned(), self.values.shown(&value));
        Sent {
            method: case.method,
            url: self.client.url(&self.values.path(case.path)),
            headers: self.headers(case).into_iter().map(shown).collect(),
            body: self.values.shown(&self.body(case)),
        }
    }

    /// What `case` names.
    pub(super) fn asked(&self, case: &Case) -> Asked {
        let login = if case.is_trusted() { self.values.login() } else { "" };
        in_body(&self.values.sent(&self.body(case))).by(login)
    }

    fn request(&self, case: &Case) -> Outgoing {
        let headers = self.headers(case).into_iter().map(|(name, value)| (name, self.values.sent(&value)));
        let body = self.values.sent(&self.body(case)).into_bytes();
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
                Some(token) => (self.token_header.name.clone(), self.token_header.value(token)),
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

    pub(super) fn answered(&self, received: &Received) -> Answered {
        let header = |name: &&str| Some(((*name).to_owned(), self.hidden(&received.header(name)?)));
        let headers = SHOWN.iter().filter_map(header).collect();
        Answered { code: received.code, headers, body: cut(self.hidden(&self.without_people(received))) }
    }

    /// `text` without what is secret, and without what belongs to users.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.personal.hidden(&self.values.redacted(text))
    }
}

/// `body`, or its beginning, with what is missing.
fn cut(mut body: String) -> String {
    let whole = body.len();
    if whole > SHOWN_MAX {
        body.truncate(body.floor_char_boundary(SHOWN_MAX));
        body.push_str(&format!("… (cut: {whole} bytes in all, all of them judged)"));
    }
    body
}

pub(super) fn post(path: &'static str, body: String) -> Outgoing {
    Outgoing {
        method: "POST",
        path: path.to_owned(),
        headers: vec![(CONTENT_TYPE, "application/json".to_owned())],
        body: body.into_bytes(),
    }
}
