//! The change queue's own connections. A pool asks each connection whether it is alive when it is
//! taken and when it is given back; that would double the round trips of a change.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Result, StoreError, insist_on_durability};

/// How many there are: one batch is synced while the next is decided.
pub(super) const LANES: usize = 2;

/// How long a batch waits for somebody else's lock before it goes ahead without that row. Shorter
/// than PostgreSQL's own search for deadlocks, which it makes superfluous.
const LOCK_TIMEOUT: &str = "250ms";

/// A few connections, opened when first used and again after any failure.
pub(super) struct Lanes {
    options: PgConnectOptions,
    slots: [Mutex<Option<PgConnection>>; LANES],
    closed: AtomicBool,
}

impl Lanes {
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, slots: Default::default(), closed: AtomicBool::new(false) }
    }

    /// A connection for one statement or transaction. [`Lease::keep`] it once that has succeeded: what a
    /// connection is in the middle of after a failure, or when it is given up half-way, is unknown.
    pub async fn lease(&self) -> Result<Lease<'_>> {
        let mut slot = self.slot().await;
        match slot.take() {
            Some(connection) => Ok(Lease { slot, connection, used_before: true }),
            None => Ok(Lease { slot, connection: self.connect().await?, used_before: false }),
        }
    }

    /// Ends the connections; none is opened again.
    pub async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        for slot in &self.slots {
            if let Some(connection) = slot.lock().await.take()
                && let Err(error) = connection.close().await
            {
                tracing::debug!(%error, "a connection ended badly");
            }
        }
    }

    /// A slot that nobody uses, else the first that becomes free.
    async fn slot(&self) -> MutexGuard<'_, Option<PgConnection>> {
        match self.slots.iter().find_map(|slot| slot.try_lock().ok()) {
            Some(slot) => slot,
            None => self.slots[0].lock().await,
        }
    }

    async fn connect(&self) -> Result<PgConnection> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let connect = async {
            let mut connection = self.options.connect().await?;
            insist_on_durability(&mut connection).await?;
            sqlx::query("SELECT set_config('lock_timeout', $1, false)")
                .bind(LOCK_TIMEOUT)
                .execute(&mut connection)
                .await?;
            Ok::<_, sqlx::Error>(connection)
        };
        Ok(timeout(ACQUIRE_TIMEOUT, connect).await.map_err(|_| StoreError::Slow)??)
    }
}

/// A connection and the slot to which it belongs.
pub(super) struct Lease<'a> {
    slot: MutexGuard<'a, Option<PgConnection>>,
    pub connection: PgConnection,
    /// It may have died of old age since.
    pub used_before: bool,
}

impl Lease<'_> {
    /// Puts the connection back for the next one.
    pub fn keep(mut self) {
        *self.slot = Some(self.connection);
    }
}
