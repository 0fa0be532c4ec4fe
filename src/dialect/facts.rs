//! What an answer says.

use std::fmt;

use time::OffsetDateTime;

/// What an answer says, for the gaps of its body.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub texto: &'a str,
    pub codigo: u16,
    /// The method of the request.
    pub metodo: &'a str,
    /// Its path.
    pub caminho: &'a str,
    pub now: OffsetDateTime,
    pub login: Option<LoggedIn<'a>>,
    pub change: Option<ChangeMade<'a>>,
}

/// What the success of a change says.
#[derive(Clone, Copy, Debug)]
pub struct ChangeMade<'a> {
    pub protocolo: &'a str,
    /// The status after it.
    pub status: &'a str,
}

/// What the success of a login says.
#[derive(Clone, Copy)]
pub struct LoggedIn<'a> {
    pub token: &'a str,
    /// In seconds.
    pub validade: i64,
    pub login: &'a str,
}

impl fmt::Debug for LoggedIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("validade", &self.validade).finish_non_exhaustive()
    }
}
