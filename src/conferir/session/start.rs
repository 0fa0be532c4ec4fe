//! Why a run does not begin.

use crate::conferir::client::ClientError;
use crate::domain::atendimento::Status;

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The login was answered so: status, headers, body, as the server wrote them.
    #[error("the login was answered {0:?}")]
    Login(String),
    /// It succeeded and gave nothing to go on with.
    #[error("the login was answered {answer:?}, without a token in its body")]
    NoToken {
        answer: String,
        /// The header that has one.
        header: Option<String>,
    },
    #[error("the run was stopped")]
    Stopped,
    /// What it answers contradicts what the caller says.
    #[error("the server says that the atendimento was in the status {told}, not {given}")]
    OtherStatus { told: Status, given: Status },
    #[error(
        "the server takes the token by none of these headers: {tried}; if you know another one, pass --cabecalho-do-token"
    )]
    NoTokenHeader { tried: String },
    /// It is in that status now, and was in another one, which the server does not tell.
    #[error(
        "the atendimento was not in the status {given}: the server took a change to it, and refuses the status that an \
         atendimento has. In which one it was, the server does not tell"
    )]
    NotInStatus { given: Status },
    /// A change at the beginning, which is named, was answered so.
    #[error("{what} was answered {answer:?}")]
    Change { what: String, answer: String, cause: Cause },
}

/// What the first change was probably refused for, as other answers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The token, or the permission of its user.
    Access,
    /// The motivo: without one, the answer is another one.
    Motivo,
    /// The motivo or the status: without the motivo, the answer is the same.
    MotivoOrStatus,
    /// Each change is refused so.
    Any,
    /// There was no answer.
    Unknown,
}
