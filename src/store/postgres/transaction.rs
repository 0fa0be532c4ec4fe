//! A transaction of a command's, or of administration over HTTP.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Postgres, raw_sql};
use tokio::time::timeout;

use super::pooled::PooledConnection;
use crate::store::budget::Bounds;
use crate::store::error::Result;

/// How long a transaction that is given up may take to be undone.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// Dropping it undoes it.
pub enum PostgresTransaction {
    Command(sqlx::Transaction<'static, Postgres>),
    /// sqlx's own, given up on a connection that was cut without a word, would keep its place for ever.
    Bounded(BoundedTransaction),
}

impl PostgresTransaction {
    pub fn bounds(&self) -> Bounds {
        match self {
            Self::Command(_) => Bounds::none(),
            Self::Bounded(transaction) => transaction.bounds.clone(),
        }
    }

    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Command(transaction) => Ok(transaction.commit().await?),
            Self::Bounded(transaction) => transaction.commit().await,
        }
    }
}

impl Deref for PostgresTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Command(transaction) => transaction,
            Self::Bounded(transaction) => transaction.session(),
        }
    }
}

impl DerefMut for PostgresTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Command(transaction) => transaction,
            Self::Bounded(transaction) => transaction.session_mut(),
        }
    }
}

/// A transaction whose end has a limit.
pub struct BoundedTransaction {
    /// `None` once it has ended.
    session: Option<PooledConnection>,
    bounds: Bounds,
}

impl BoundedTransaction {
    pub(super) async fn begin(session: PooledConnection, begin: &'static str, bounds: Bounds) -> Result<Self> {
        // In its place before it begins, so that one that is given up meanwhile is undone, too.
        let mut this = Self { session: Some(session), bounds };
        raw_sql(begin).execute(this.session_mut()).await?;
        Ok(this)
    }

    async fn commit(mut self) -> Result<()> {
        let bounds = self.bounds.clone().at_end();
        bounds.keep(raw_sql("COMMIT").execute(self.session_mut())).await?;
        self.session = None;
        Ok(())
    }

    fn session(&self) -> &PgConnection {
        self.session.as_ref().expect("it ends with its last use")
    }

    fn session_mut(&mut self) -> &mut PgConnection {
        self.session.as_mut().expect("it ends with its last use")
    }
}

impl Drop for BoundedTransaction {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        tokio::spawn(async move {
            let undone = async {
                // What a statement that was given up has still to say, such as that it waited too long, would else be
                // taken for the answer, and the transaction would come back to the pool with the session.
                _ = session.ping().await;
                raw_sql("ROLLBACK").execute(&mut *session).await
            };
            if !matches!(timeout(ROLLBACK_TIMEOUT, undone).await, Ok(Ok(_))) {
                session.close_at_end();
            }
        });
    }
}
