//! The connections to the server.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::hosts::Hosts;
use super::lanes::{LANES, Lanes};
use super::pooled::PooledConnection;
use super::session::{self, Opening};
use super::transaction::{BoundedTransaction, PostgresTransaction};
use super::watch::Watch;
use crate::store::attempt::Attempts;
use crate::store::budget::Bounds;
use crate::store::error::{Result, StoreError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server has to be, and where the tables are.
const SERVER: &str = "
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding,
       coalesce((SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name),
                current_setting('search_path')) AS search_path";

/// Whether a commit of ours waits for a synchronous standby longer than one that answers takes.
const COMMITS_HANG: &str = "
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE usename = current_user AND wait_event = 'SyncRep' AND state_change < clock_timestamp() - interval '1 second')";

#[derive(sqlx_macros::FromRow)]
struct Server {
    number: i32,
    version: String,
    encoding: String,
    search_path: String,
}

pub struct PostgresStore {
    pub(in crate::store) attempts: Attempts,
    /// For what requests do past the change queue.
    pub(in crate::store) pool: PgPool,
    /// As many of its connections as may write at the same time.
    writers: Arc<Semaphore>,
    pub(super) lanes: Lanes,
    /// For the command line and for migrations.
    pub(in crate::store) commands: PgPool,
    /// For administration over HTTP.
    pub(in crate::store) administration: PgPool,
    /// One administrator changes something at a time.
    edits: Arc<Semaphore>,
    hosts: Hosts,
    /// Where there are several hosts.
    watch: Option<Watch>,
}

impl PostgresStore {
    /// Connects to the one of `hosts` that can be written to, and refuses servers that are too old.
    pub async fn open(hosts: Vec<PgConnectOptions>, max_connections: u32) -> Result<Self> {
        let (hosts, session) = Hosts::find(hosts.into_iter().map(session::startup).collect()).await?;
        // Not through the pool, whose error would only be that it timed out.
        let mut connection =
            timeout(CONNECT_TIMEOUT, session::first(hosts.options())).await.map_err(|_| StoreError::Slow)??;
        let server: Server = sqlx::query_as(SERVER).fetch_one(&mut connection).await?;
        connection.close().await?;
        if server.number < 130_000 {
            return Err(StoreError::OldPostgres(server.version));
        }
        if server.encoding != "UTF8" {
            return Err(StoreError::Encoding(server.encoding));
        }
        let connections = max_connections.saturating_sub(LANES as u32).max(1);
        let attempts = Attempts::new(connections);
        let freshness = attempts.freshness.clone();
        let opening =
            Opening { hosts: hosts.clone(), search_path: server.search_path.into(), freshness: freshness.clone() };
        let pool = session::pool(opening.clone(), connections);
        let commands = session::command_pool(opening.clone(), connections);
        let administration = session::administration_pool(opening.clone());
        let pools = vec![pool.clone(), commands.clone(), administration.clone()];
        Ok(Self {
            watch: session.map(|session| Watch::start(hosts.clone(), pools, freshness, session)),
            lanes: Lanes::new(opening),
            pool,
            writers: Arc::new(Semaphore::new((connections as usize / 2).max(1))),
            commands,
            administration,
            edits: Arc::new(Semaphore::new(1)),
            hosts,
            attempts,
        })
    }

    /// A connection for what requests do past the change queue.
    pub async fn acquire(&self) -> Result<PooledConnection> {
        Ok(self.of_pool(&self.pool, None).await?)
    }

    /// A connection of `pool`.
    pub async fn acquire_of(&self, pool: &PgPool) -> Result<PooledConnection> {
        Ok(self.of_pool(pool, None).await?)
    }

    /// A transaction of a command's.
    pub async fn begin(&self, begin: &'static str) -> Result<PostgresTransaction> {
        Ok(PostgresTransaction::Command(self.commands.begin_with(begin).await?))
    }

    /// A transaction of administration over HTTP. The others wait for it, so that they do not all wait for one lock on
    /// all connections.
    pub async fn begin_bounded(&self, begin: &'static str, bounds: Bounds) -> Result<PostgresTransaction> {
        let place = Arc::clone(&self.edits).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut session = self.of_pool(&self.administration, Some(place)).await?;
        self.check_commits(&mut session).await?;
        Ok(PostgresTransaction::Bounded(BoundedTransaction::begin(session, begin, bounds).await?))
    }

    async fn of_pool(&self, pool: &PgPool, place: Option<OwnedSemaphorePermit>) -> sqlx::Result<PooledConnection> {
        let connection = pool.acquire().await?;
        Ok(PooledConnection::new(connection, self.attempts.freshness.clone(), place))
    }

    /// A connection for what requests write past the change queue. They take no more than half of the pool, so that
    /// reads go on while commits hang.
    pub async fn acquire_to_write(&self) -> Result<PooledConnection> {
        let place = Arc::clone(&self.writers).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut connection = self.of_pool(&self.pool, Some(place)).await?;
        self.check_commits(&mut connection).await?;
        Ok(connection)
    }

    /// Fails while commits hang, which PostgreSQL lets nobody interrupt: each would take one more session. Commits end in
    /// the order in which they began to wait, so none that is refused would have ended before those that hang.
    pub(super) async fn check_commits(&self, connection: &mut PgConnection) -> Result<()> {
        let freshness = &self.attempts.freshness;
        if freshness.is_in_doubt() {
            if sqlx::query_scalar(COMMITS_HANG).fetch_one(connection).await? {
                return Err(StoreError::Stalled);
            }
            freshness.trust();
        }
        Ok(())
    }

    /// How many of the lanes are open, how many of those wait for work, and how many there may be.
    pub(in crate::store) fn lanes_usage(&self) -> (usize, usize, usize) {
        self.lanes.usage()
    }

    /// The host in use, where there are several.
    pub fn host(&self) -> Option<String> {
        self.hosts.are_several().then(|| self.hosts.endpoint(self.hosts.in_use()))
    }

    pub async fn close(&self) {
        if let Some(watch) = &self.watch {
            watch.stop();
        }
        self.pool.close().await;
        self.commands.close().await;
        self.administration.close().await;
        self.lanes.close().await;
    }
}
