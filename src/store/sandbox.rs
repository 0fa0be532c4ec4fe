//! Starting over, for a sandbox.

use super::engine::Store;
use super::error::Result;
use super::rows::Example;

impl Store {
    /// Puts `example`, registered now, in the place of all motivos and atendimentos, and forgets histories, drawn
    /// protocolos, idempotency keys and failed logins, in one atomic, durable step. The access model stays, and so do the
    /// ids of motivos.
    ///
    /// No atendimento gets an id that was one's before. So a change that was decided on what is gone
    /// is refused by its guard, although revisions begin anew.
    pub async fn start_over(&self, example: &Example) -> Result<()> {
        match self {
            Self::Postgres(store) => store.start_over(example).await,
            Self::Sqlite(store) => store.start_over(example).await,
        }
    }
}
