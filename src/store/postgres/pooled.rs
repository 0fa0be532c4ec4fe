//! A connection of a pool, with a limit on its return.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

/// How long a connection that comes back may take to answer.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection of a pool. The pool asks a connection that comes back whether it lives, without a limit:
/// one that was cut without a word would keep its place until the system gave it up, a quarter of an
/// hour later.
pub struct PooledConnection(pub PoolConnection<Postgres>);

impl Deref for PooledConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        // Given up half-way, it frees its place.
        tokio::spawn(timeout(RELEASE_TIMEOUT, self.0.return_to_pool()));
    }
}
