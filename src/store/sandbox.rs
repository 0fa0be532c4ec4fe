//! Starting over, for a sandbox.

use async_trait::async_trait;

use super::{NewAtendimento, Result};
use crate::domain::texto::Nome;

/// Starting over, for a sandbox.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Puts `example`, registered now, in the place of all motivos and atendimentos, and forgets
    /// histories, idempotency keys and failed logins, in one atomic, durable step. The access model stays.
    ///
    /// No atendimento gets an id that was one's before. So a change that was decided on what is gone
    /// is refused by its guard, although revisions begin anew.
    async fn start_over(&self, example: &Example) -> Result<()>;
}

/// What a sandbox begins with.
#[derive(Clone, Debug)]
pub struct Example {
    /// The motivos, all active.
    pub motivos: Vec<Nome>,
    /// The atendimentos, none of them changed yet; at least one.
    pub atendimentos: Vec<NewAtendimento>,
}

/// Forgets what requests write, and what it refers to after it.
pub(super) const FORGET: [&str; 5] = [
    "DELETE FROM historico",
    "DELETE FROM atendimento",
    "DELETE FROM motivo",
    "DELETE FROM idempotencia",
    "DELETE FROM tentativa",
];
