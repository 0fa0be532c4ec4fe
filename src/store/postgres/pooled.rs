//! A connection of a pool, with a limit on its return.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::store::attempt::Freshness;
use crate::store::error::StoreError;

/// How long a connection that comes back may take to answer.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection of a pool. The pool asks a connection that comes back whether it lives, without a limit:
/// one that was cut without a word would keep its place until the system gave it up, a quarter of an
/// hour later.
pub struct PooledConnection {
    pub(super) connection: PoolConnection<Postgres>,
    pub(super) freshness: Freshness,
    /// Among those that write.
    pub(super) place: Option<OwnedSemaphorePermit>,
    is_unfit: bool,
}

impl PooledConnection {
    pub(super) fn new(
        connection: PoolConnection<Postgres>,
        freshness: Freshness,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { connection, freshness, place, is_unfit: false }
    }

    /// It is not given back.
    pub(super) fn close_at_end(&mut self) {
        self.is_unfit = true;
    }
}

impl Deref for PooledConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if self.is_unfit {
            self.connection.close_on_drop();
            return;
        }
        let (returned, freshness, place) =
            (self.connection.return_to_pool(), self.freshness.clone(), self.place.take());
        tokio::spawn(async move {
            // Given up half-way, it frees its place.
            if timeout(RELEASE_TIMEOUT, returned).await.is_err() {
                freshness.note(&StoreError::Slow);
            }
            drop(place);
        });
    }
}
