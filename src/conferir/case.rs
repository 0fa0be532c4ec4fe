//! One case of the contract as a row of a table.

use crate::domain::atendimento::Status;

pub(super) const LOGIN: &str = "/api/usuario/login";
/// The text of a change that was made.
pub(super) const MADE: &str = "Atendimento atualizado com sucesso";
pub(super) const STATUS: &str = "/api/atendimentos/status";

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The vendor's page.
    Doc,
    /// This project, where the page is silent.
    Ours,
}

impl Mark {
    /// As `docs/CONTRACT.md` writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Ours => "ours",
        }
    }
}

/// The body that is expected.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExpectedAnswer {
    /// The envelope with this text.
    Message(&'static str),
    /// The envelope with the text and the member `statusAtual`.
    Mismatch(&'static str, Status),
    /// A token and what goes with it.
    Token,
}

/// A header that is expected beside those that every answer carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Header {
    /// It has this value.
    Is(&'static str, &'static str),
    /// It has another value.
    IsNot(&'static str, &'static str),
}

/// A request, and the answer that the contract gives to it. Texts in `<>` stand for values of the run.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    pub mark: Mark,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) authorization: Option<&'static str>,
    /// One header more, or another `Content-Type`.
    pub(super) header: Option<(&'static str, &'static str)>,
    pub(super) body: &'static str,
    pub(super) code: u16,
    pub(super) code_mark: Mark,
    pub(super) answer: ExpectedAnswer,
    pub(super) answers_header: Option<Header>,
    /// The status in which the atendimento has to be.
    pub(super) from: Option<Status>,
    pub(super) to: Option<Status>,
    /// The comment that it gets: whether the customer sees it.
    pub(super) comment: Option<bool>,
}

impl Case {
    const fn new(name: &'static str, path: &'static str, body: &'static str) -> Self {
        Self {
            name,
            mark: Mark::Ours,
            method: "POST",
            path,
            authorization: None,
            header: None,
            body,
            code: 200,
            code_mark: Mark::Ours,
            answer: ExpectedAnswer::Token,
            answers_header: None,
            from: None,
            to: None,
            comment: None,
        }
    }

    pub(super) const fn login(name: &'static str, body: &'static str) -> Self {
        Self::new(name, LOGIN, body)
    }

    /// A status change with `body`, under the token.
    pub(super) const fn change(name: &'static str, body: &'static str) -> Self {
        Self::new(name, STATUS, body).authorized("Bearer <token>")
    }

    /// `method` on `path`, without token or body.
    pub(super) const fn other(name: &'static str, method: &'static str, path: &'static str) -> Self {
        let mut case = Self::new(name, path, "");
        case.method = method;
        case
    }

    /// A read of `path`, under the token.
    pub(super) const fn read(name: &'static str, path: &'static str) -> Self {
        Self::other(name, "GET", path).authorized("Bearer <token>")
    }

    /// A status change that has to fail for its `Authorization`; without it where that is empty.
    pub(super) const fn token(name: &'static str, authorization: &'static str) -> Self {
        let case = Self::new(name, STATUS, r#"{"protocolo": "<protocolo>", "status": "<status>"}"#);
        if authorization.is_empty() { case } else { case.authorized(authorization) }
    }

    const fn authorized(mut self, authorization: &'static str) -> Self {
        self.authorization = Some(authorization);
        self
    }

    pub(super) const fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// On another path than the group's.
    pub(super) const fn on(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    pub(super) const fn from(mut self, from: Status) -> Self {
        self.from = Some(from);
        self
    }

    pub(super) const fn comments(mut self, visible: bool) -> Self {
        self.comment = Some(visible);
        self
    }

    /// Succeeds and leaves the atendimento in `to`.
    pub(super) const fn makes(mut self, to: Status) -> Self {
        self.to = Some(to);
        self.says(200, MADE)
    }

    /// Answered with `code` and the envelope.
    pub(super) const fn says(mut self, code: u16, message: &'static str) -> Self {
        self.code = code;
        self.answer = ExpectedAnswer::Message(message);
        self
    }

    /// Answered 412: the atendimento is in `present`.
    pub(super) const fn mismatches(mut self, message: &'static str, present: Status) -> Self {
        self.code = 412;
        self.answer = ExpectedAnswer::Mismatch(message, present);
        self
    }

    pub(super) const fn has(mut self, header: Header) -> Self {
        self.answers_header = Some(header);
        self
    }

    /// The page gives the text of the answer.
    pub(super) const fn doc(mut self) -> Self {
        self.mark = Mark::Doc;
        self
    }

    /// The page gives the status code too.
    pub(super) const fn doc_code(mut self) -> Self {
        self.code_mark = Mark::Doc;
        self.doc()
    }

    /// Whether `name` is its own, or that of its group, such as `login/`.
    pub(super) fn is_named(&self, name: &str) -> bool {
        name == self.name || name.ends_with('/') && self.name.starts_with(name)
    }

    /// Whether a server might take it for a change.
    pub(super) fn changes(&self) -> bool {
        self.method != "GET" && self.path.starts_with(STATUS)
    }

    /// Whether no server changes anything by it: it reads, logs in, or is without a token to be trusted.
    pub(super) fn is_harmless(&self) -> bool {
        !self.may_fail_login() && (self.method == "GET" || !self.is_trusted())
    }

    /// Whether it is sent with the token of the login.
    pub(super) fn is_trusted(&self) -> bool {
        self.authorization.is_some_and(|value| value.contains("<token>"))
    }

    /// Whether it is sent with the key that several cases share.
    pub(super) fn shares_key(&self) -> bool {
        self.header.is_some_and(|(_, value)| value == "<chave>")
    }

    /// Whether it is refused because there is no such motivo.
    pub(super) fn refuses_motivo(&self) -> bool {
        matches!(self.answer, ExpectedAnswer::Message("Motivo não encontrado"))
    }

    /// Whether a server without our rules for what is a login and a senha may count it as a failed login.
    pub(super) fn may_fail_login(&self) -> bool {
        let names_both = ["\"login\"", "\"senha\""].iter().all(|name| self.body.contains(name));
        self.path == LOGIN && names_both && !self.body.contains("<senha>")
    }

    /// Whether it is asked as rarely as can be: it fails a login, or may lock the user of the run.
    pub(super) fn is_asked_once(&self) -> bool {
        self.fails_login() || self.may_fail_login() && self.body.contains("\"<login>\"")
    }

    /// Whether the login counts as a failed one.
    pub fn fails_login(&self) -> bool {
        self.path == LOGIN && self.body.contains("<outra senha>")
    }
}
