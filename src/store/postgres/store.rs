//! The connections to the server.

use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::time::timeout;

use super::hosts::Hosts;
use super::lanes::{LANES, Lanes};
use super::pooled::PooledConnection;
use super::session::{self, Opening};
use super::watch::Watch;
use crate::store::attempt::Attempts;
use crate::store::error::{Result, StoreError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server has to be, and where the tables are.
const SERVER: &str = "
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding,
       coalesce((SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name),
                current_setting('search_path')) AS search_path";

#[derive(sqlx::FromRow)]
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
    pub(super) lanes: Lanes,
    /// For the command line and for migrations.
    pub(in crate::store) commands: PgPool,
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
        let pools = vec![pool.clone(), commands.clone()];
        Ok(Self {
            watch: session.map(|session| Watch::start(hosts.clone(), pools, freshness, session)),
            lanes: Lanes::new(opening),
            pool,
            commands,
            hosts,
            attempts,
        })
    }

    /// A connection for what requests do past the change queue.
    pub async fn acquire(&self) -> Result<PooledConnection> {
        Ok(PooledConnection(self.pool.acquire().await?))
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
        self.lanes.close().await;
    }
}
