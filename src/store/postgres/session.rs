//! What every session relies on, whatever the server, the database or the role say now or later: a value
//! that a session has set is not changed by theirs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Row, raw_sql};
use tokio::time::timeout;

use super::hosts::Hosts;
use crate::store::attempt::Freshness;
use crate::store::budget;
use crate::store::error::{Result, StoreError};

/// How long it may take to open a session.
pub(super) const OPENING_TIMEOUT: Duration = Duration::from_secs(3);

/// After how long an idle connection for commands is closed; a server has no use for it once it has started.
const COMMAND_IDLE: Duration = Duration::from_secs(10);

/// The settings, in one round trip; those that this release of PostgreSQL does not know are left out.
///
/// - A commit is answered when it is on disk. Stricter than `on` there is only `remote_apply`.
/// - Statements see what was committed before they began: the guards of the changes rely on it.
/// - A statement that meets a lock gives up after $2 and is tried again by its caller, which knows how long. The time is
///   shorter than PostgreSQL's own search for deadlocks, which it makes superfluous.
/// - What the server has given up ends after $3: it would keep its place among PostgreSQL's connections.
/// - The statements are short. To compile one takes up to a second, in which its neighbours wait.
/// - The tables are where they were when the program started ($1): a change of the search path needs a restart.
/// - A statement ends soon after its client: somebody has stopped a list, or the server is gone. Only PostgreSQL on Linux
///   can look for that everywhere, and other systems refuse the setting.
/// - A transaction in which nothing happens for $4 ends: its server is gone, or stands still with a lock. Nothing else ends
///   a statement, a transaction or a session: an import may be long, and its source slow.
const SETTINGS: &str = "
SELECT set_config(name, value, false)
FROM (VALUES
    ('search_path', $1),
    ('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END),
    ('default_transaction_isolation', 'read committed'),
    ('lock_timeout', $2),
    ('statement_timeout', $3),
    ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', $4),
    ('idle_session_timeout', '0'),
    ('client_connection_check_interval', CASE WHEN version() LIKE '%-linux%' THEN '2s' ELSE '0' END),
    ('exit_on_error', 'off'),
    ('jit', 'off')
) AS setting (name, value)
WHERE current_setting(name, true) IS NOT NULL";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LockTimeout {
    /// For the change queue.
    Usual,
    /// For the change queue while it knows of a lock that is held, and for the pool: others wait behind that try.
    Short,
    /// For administration over HTTP, whose user is told soon.
    Brief,
    /// For commands, whose user can stop them.
    None,
}

impl LockTimeout {
    fn value(self) -> &'static str {
        match self {
            Self::Usual => "250ms",
            Self::Short => "20ms",
            Self::Brief => "1s",
            Self::None => "0",
        }
    }

    /// How long a statement may take, and how long a transaction may do nothing. A command's may as long as they like.
    fn patience(self) -> [&'static str; 2] {
        match self {
            // The server gives a statement of a request up after 3 s.
            Self::Usual | Self::Short => ["4s", "0"],
            Self::Brief => ["4s", "10s"],
            Self::None => ["0", "0"],
        }
    }

    /// Sets it for the rest of the session.
    pub async fn set(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let set = "SELECT set_config('lock_timeout', $1, false)";
        sqlx::query(set).bind(self.value()).execute(connection).await.map(drop)
    }
}

/// How long an idle session may take to say that it lives.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// How a session is opened, the search path of all of them, and which may be used.
#[derive(Clone)]
pub(super) struct Opening {
    pub hosts: Hosts,
    pub search_path: Arc<str>,
    pub freshness: Freshness,
}

impl Opening {
    /// Sets what every session relies on, and how long its statements wait for locks.
    async fn set_up(&self, connection: &mut PgConnection, lock_timeout: LockTimeout) -> sqlx::Result<()> {
        let [statement_timeout, idle_timeout] = lock_timeout.patience();
        sqlx::query(SETTINGS)
            .bind(&*self.search_path)
            .bind(lock_timeout.value())
            .bind(statement_timeout)
            .bind(idle_timeout)
            .execute(connection)
            .await
            .map(drop)
    }

    /// Whether an idle session may be used, and lives. One whose host went away without a word stays silent.
    async fn is_of_use(&self, connection: &mut PgConnection, age: Duration) -> bool {
        if !self.freshness.allows(age) {
            return false;
        }
        let Ok(alive) = timeout(PING_TIMEOUT, connection.ping()).await else {
            self.freshness.note(&StoreError::Slow);
            return false;
        };
        alive.is_ok()
    }
}

/// How many times two connections are compared.
const COMPARISONS: usize = 3;

/// Which session of the server answers; a process id alone may be that of another machine.
const SESSION: &str = "SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";

/// `options` with what a session begins with: nothing that a pooler does not know. All else is set later.
pub(super) fn startup(options: PgConnectOptions) -> PgConnectOptions {
    let options = options.extra_float_digits(None);
    match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("citrus-status"),
    }
}

/// The first connection of the program. Fails where a pooler gives the transactions of one connection to different
/// sessions, or those of different connections to one: nothing that is set would last.
pub(super) async fn first(options: &PgConnectOptions) -> Result<PgConnection> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let (mut ones, mut others) = (HashSet::new(), HashSet::new());
    // A pooler at rest gives both the same session, a busy one gives each another, and one that takes its sessions in
    // turn gives one connection another when it asks twice.
    for _ in 0..COMPARISONS {
        ones.insert(session_of(&mut one).await?);
        ones.insert(session_of(&mut one).await?);
        others.insert(session_of(&mut other).await?);
    }
    other.close().await?;
    if ones.len() > 1 || others.len() > 1 || ones == others {
        return Err(StoreError::SharedSessions);
    }
    Ok(one)
}

/// Without a prepared statement, which would be another session's.
async fn session_of(connection: &mut PgConnection) -> sqlx::Result<String> {
    raw_sql(SESSION).fetch_one(connection).await?.try_get(0)
}

/// A session past the pools.
pub(super) async fn connect(opening: &Opening, lock_timeout: LockTimeout) -> Result<PgConnection> {
    let connect = async {
        loop {
            let moved = opening.freshness.moved();
            let open = async {
                let mut connection = opening.hosts.options().connect().await?;
                opening.set_up(&mut connection, lock_timeout).await?;
                Ok::<_, sqlx::Error>(connection)
            };
            tokio::select! {
                biased;
                // Another host was taken into use meanwhile.
                () = moved => {}
                opened = open => return opened,
            }
        }
    };
    timeout(OPENING_TIMEOUT, connect).await.map_err(|_| StoreError::Slow)?.map_err(Into::into)
}

/// A pool of sessions for what requests do past the change queue.
pub(super) fn pool(opening: Opening, connections: u32) -> PgPool {
    let options = opening.hosts.options().clone();
    set_up_as(opening, LockTimeout::Short).max_connections(connections).connect_lazy_with(options)
}

/// A pool of sessions for commands and migrations.
pub(super) fn command_pool(opening: Opening, connections: u32) -> PgPool {
    let options = opening.hosts.options().clone();
    set_up_as(opening, LockTimeout::None)
        .max_connections(connections)
        .idle_timeout(COMMAND_IDLE)
        .connect_lazy_with(options)
}

/// A pool of sessions for administration over HTTP.
pub(super) fn administration_pool(opening: Opening) -> PgPool {
    let options = opening.hosts.options().clone();
    set_up_as(opening, LockTimeout::Brief)
        .max_connections(budget::CONNECTIONS)
        .idle_timeout(budget::IDLE)
        .connect_lazy_with(options)
}

fn set_up_as(opening: Opening, lock_timeout: LockTimeout) -> PgPoolOptions {
    let (idle, used) = (opening.clone(), opening.freshness.clone());
    PgPoolOptions::new()
        .acquire_timeout(OPENING_TIMEOUT)
        // The pool's own question has no limit.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let opening = opening.clone();
            Box::pin(async move { opening.set_up(connection, lock_timeout).await })
        })
        .before_acquire(move |connection, session| {
            let opening = idle.clone();
            Box::pin(async move { Ok(opening.is_of_use(connection, session.age).await) })
        })
        .after_release(move |_, session| {
            let allowed = used.allows(session.age);
            Box::pin(async move { Ok(allowed) })
        })
}
