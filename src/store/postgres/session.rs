//! What every session relies on, whatever the server, the database or the role say now or later: a value
//! that a session has set is not changed by theirs.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, raw_sql};
use tokio::time::timeout;

use super::super::attempt::Freshness;
use super::{Result, StoreError};

/// How long a request may wait for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// After how long an idle connection for commands is closed; a server has no use for it once it has started.
const COMMAND_IDLE: Duration = Duration::from_secs(10);

/// The settings, in one round trip; those that this release of PostgreSQL does not know are left out.
///
/// - A commit is answered when it is on disk. Stricter than `on` there is only `remote_apply`.
/// - Statements see what was committed before they began: the guards of the changes rely on it.
/// - A statement that meets a lock soon gives up, and is tried again by those who know how long. The time is
///   shorter than PostgreSQL's own search for deadlocks, which it makes superfluous.
/// - The statements are short. To compile one takes up to a second, in which its neighbours wait.
/// - Nothing else ends a statement, a transaction or a session: an import may be long, and its source slow.
const SETTINGS: &str = "
SELECT set_config(name, value, false)
FROM (VALUES
    ('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END),
    ('default_transaction_isolation', 'read committed'),
    ('lock_timeout', '250ms'),
    ('statement_timeout', '0'),
    ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'),
    ('idle_session_timeout', '0'),
    ('exit_on_error', 'off'),
    ('jit', 'off')
) AS setting (name, value)
WHERE current_setting(name, true) IS NOT NULL";

/// How long a statement waits for a lock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LockTimeout {
    /// As in [`SETTINGS`].
    Usual,
    /// For the change queue while it knows of a lock that is held: others wait behind that try.
    Short,
    /// For commands, whose user can stop them.
    None,
}

impl LockTimeout {
    /// Sets it for the rest of the session.
    pub async fn set(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let statement = match self {
            Self::Usual => "SET lock_timeout = '250ms'",
            Self::Short => "SET lock_timeout = '20ms'",
            Self::None => "SET lock_timeout = 0",
        };
        raw_sql(statement).execute(connection).await.map(drop)
    }
}

/// A session past the pools.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    let connect = async {
        let mut connection = options.connect().await?;
        raw_sql(SETTINGS).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    timeout(ACQUIRE_TIMEOUT, connect).await.map_err(|_| StoreError::Slow)?.map_err(Into::into)
}

/// A pool of sessions for what requests do past the change queue.
pub(super) fn pool(options: PgConnectOptions, connections: u32, freshness: Freshness) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(async { raw_sql(SETTINGS).execute(connection).await.map(drop) }))
        .before_acquire(move |_, session| {
            let allowed = freshness.allows(session.age);
            Box::pin(async move { Ok(allowed) })
        })
        .connect_lazy_with(options)
}

/// A pool of sessions for commands and migrations.
pub(super) fn command_pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(COMMAND_IDLE)
        .after_connect(|connection, _| {
            Box::pin(async {
                raw_sql(SETTINGS).execute(&mut *connection).await?;
                LockTimeout::None.set(connection).await
            })
        })
        .connect_lazy_with(options)
}
