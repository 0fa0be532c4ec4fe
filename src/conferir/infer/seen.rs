//! What a recording has seen: the answers of a Citrus, and what was asked.

use std::borrow::Cow;

use time::UtcOffset;

use crate::conferir::answers::AnswerName;
use crate::conferir::client::Received;
use crate::dialect::Asked;
use crate::domain::atendimento::Status;

/// An error of the server, and the case that showed it.
pub struct Observation {
    pub case: &'static str,
    pub name: AnswerName,
    /// What the contract says.
    pub code: u16,
    pub text: Cow<'static, str>,
    /// How it was asked, and on which path.
    pub method: &'static str,
    pub path: String,
    /// When it was asked, in seconds.
    pub now: i64,
    pub received: Received,
    /// The answer to the same request when it was made again, if it was.
    pub again: Option<Received>,
    pub asked: Asked,
}

/// The success of a change.
#[derive(Clone)]
pub struct ChangeObservation {
    /// The status after it, and that before, if they are known.
    pub status: Option<Status>,
    pub before: Option<Status>,
    /// When it was made, in seconds.
    pub now: i64,
    pub received: Received,
}

/// The success of a login, and what was sent and found in it.
#[derive(Clone)]
pub struct LoginObservation {
    pub token: String,
    pub login: String,
    /// When it was asked, and how long the token lives, both in seconds.
    pub now: i64,
    pub life: Option<i64>,
    /// The offset of the server's clock, as its other answers show it.
    pub zone: Option<UtcOffset>,
    /// The names of members that tell of nobody, as whoever records says.
    pub plain: Vec<String>,
    pub received: Received,
    /// The answer to the same login when it was made again, if it was.
    pub again: Option<Received>,
    /// The success of another user.
    pub other: Option<OtherLogin>,
}

/// The success of a login of another user.
#[derive(Clone)]
pub struct OtherLogin {
    pub login: String,
    pub token: String,
    pub received: Received,
}

impl LoginObservation {
    /// The login of the other user, as far as it is known.
    pub fn of_other(&self) -> Option<Self> {
        let OtherLogin { login, token, received } = self.other.as_ref()?;
        let (login, token, received) = (login.clone(), token.clone(), received.clone());
        // What both get is nobody's.
        let own = OtherLogin { login: self.login.clone(), token: self.token.clone(), received: self.received.clone() };
        Some(Self { token, login, received, again: None, other: Some(own), ..self.clone() })
    }
}

pub struct Seen {
    pub errors: Vec<Observation>,
    /// The first is that of the first change.
    pub changes: Vec<ChangeObservation>,
    pub login: Option<LoginObservation>,
    /// That of the atendimento that was changed; empty if it is not known.
    pub protocolo: String,
    /// The motivo of the changes, and the login of the user who made them.
    pub motivo: String,
    pub usuario: String,
}

impl Seen {
    /// When the answers came, in seconds.
    pub fn times(&self) -> impl Iterator<Item = i64> {
        let errors = self.errors.iter().map(|error| error.now);
        errors.chain(self.changes.iter().map(|change| change.now)).chain(self.login.as_ref().map(|login| login.now))
    }

    /// Each answer once.
    pub fn answers(&self) -> impl Iterator<Item = &Received> {
        let errors = self.errors.iter().map(|seen| &seen.received);
        errors
            .chain(self.changes.first().map(|seen| &seen.received))
            .chain(self.login.as_ref().map(|login| &login.received))
    }
}
