//! Several servers of one database, of which one can be written to: which one it is, at the start and after a failover.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::{Instant, sleep, timeout_at};

use crate::store::error::{Result, StoreError};

/// How long a host may take to say whether it can be written to.
const LOOK: Duration = Duration::from_secs(2);
/// The pause before a host is asked again, while others have said nothing yet: it may be promoted meanwhile.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the others may still take once one can: of two, the newer one has to be found.
const OTHERS: Duration = Duration::from_millis(250);

const IS_WRITABLE: &str = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";

/// The timeline in eight digits, which sort as texts.
const HISTORY: &str = "
SELECT system_identifier::text AS system, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
FROM pg_control_system()";

/// Where a server is, for people: host and port, never a user or a password.
pub fn endpoint(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or(options.get_host().into(), |socket| socket.to_string_lossy());
    format!("{host}:{}", options.get_port())
}

/// The hosts of the database, and which of them is in use. Clones share it.
#[derive(Clone)]
pub(super) struct Hosts {
    candidates: Arc<[PgConnectOptions]>,
    in_use: Arc<AtomicUsize>,
    /// Of the host that was last taken into use.
    history: Arc<Mutex<Option<History>>>,
}

/// What a server that can be written to goes on from.
#[derive(Clone, Debug, sqlx_macros::FromRow)]
struct History {
    /// Made by `initdb`; standbys have their leader's.
    system: String,
    /// Counts the promotions: that of a leader which was promoted later is higher.
    timeline: String,
}

impl History {
    /// Whether a server with this history may hold all that was committed on one with `other`.
    fn continues(&self, other: &Self) -> bool {
        self.system == other.system && self.timeline >= other.timeline
    }
}

/// A host that can be written to: its number, and the session that said so.
pub(super) type Writable = (usize, PgConnection);

/// What a host says.
enum View {
    /// With its history, where it tells it.
    Writable(PgConnection, Option<History>),
    ReadOnly,
    Away(StoreError),
}

impl Hosts {
    /// Finds the host to use. One alone is used without a question.
    pub async fn find(candidates: Vec<PgConnectOptions>) -> Result<(Self, Option<PgConnection>)> {
        let hosts = Self { candidates: candidates.into(), in_use: Arc::default(), history: Arc::default() };
        if !hosts.are_several() {
            return Ok((hosts, None));
        }
        let (number, session) = hosts.look().await?;
        hosts.use_now(number);
        Ok((hosts, Some(session)))
    }

    pub fn are_several(&self) -> bool {
        self.candidates.len() > 1
    }

    /// The number of the host in use.
    pub fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Acquire)
    }

    pub fn use_now(&self, number: usize) {
        self.in_use.store(number, Ordering::Release);
    }

    /// How to connect to the host in use.
    pub fn options(&self) -> &PgConnectOptions {
        &self.candidates[self.in_use()]
    }

    /// Where a host is, for people.
    pub fn endpoint(&self, number: usize) -> String {
        endpoint(&self.candidates[number])
    }

    /// Asks all hosts at the same time for the one that can be written to.
    pub async fn look(&self) -> Result<Writable> {
        let mut views: Vec<Option<View>> = self.candidates.iter().map(|_| None).collect();
        let ask = async |number: usize, pause| {
            sleep(pause).await;
            (number, view(&self.candidates[number]).await)
        };
        let mut asked: FuturesUnordered<_> = (0..views.len()).map(|number| ask(number, Duration::ZERO)).collect();
        let mut until = Instant::now() + LOOK;
        while views.iter().any(Option::is_none)
            && let Ok(Some((number, view))) = timeout_at(until, asked.next()).await
        {
            if let View::Writable(..) = view {
                until = until.min(Instant::now() + OTHERS);
            } else {
                asked.push(ask(number, PAUSE));
            }
            views[number] = Some(view);
        }
        drop(asked);
        self.choose(views.into_iter().map(|view| view.unwrap_or(View::Away(StoreError::Slow))).collect())
    }

    /// The one of `views` that was promoted last. The changes of the others are not its own, and would be lost when they
    /// become its standbys. For the same reason none is used that was promoted before the host in use. Where the
    /// promotions tell nothing, it is the one in use, else the first.
    fn choose(&self, views: Vec<View>) -> Result<Writable> {
        let mut known = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut writable, mut others) = (Vec::new(), Vec::new());
        for (number, view) in views.into_iter().enumerate() {
            match view {
                View::Writable(_, Some(history)) if known.as_ref().is_some_and(|known| !history.continues(known)) => {
                    others.push((number, StoreError::LeftBehind));
                }
                View::Writable(session, history) => writable.push((number, session, history)),
                View::ReadOnly => others.push((number, StoreError::ReadOnly)),
                View::Away(error) => others.push((number, error)),
            }
        }
        let endpoints: Vec<_> = writable.iter().map(|(number, ..)| self.endpoint(*number)).collect();
        let newest = writable.into_iter().min_by_key(|(number, _, history)| {
            (Reverse(history.as_ref().map(|history| history.timeline.clone())), *number != self.in_use(), *number)
        });
        let (number, session, history) = newest.ok_or_else(|| self.none_writable(others))?;
        if endpoints.len() > 1 {
            tracing::warn!(
                hosts = endpoints.join(", "),
                used = self.endpoint(number),
                "several hosts can be written to: stop those that were not promoted last, before their changes are lost"
            );
        }
        if history.is_some() {
            *known = history;
        }
        Ok((number, session))
    }

    /// What to say where no host can be written to. If none of the failures may pass, it is the first of them.
    fn none_writable(&self, mut failures: Vec<(usize, StoreError)>) -> StoreError {
        let may_pass =
            |error: &StoreError| matches!(error, StoreError::ReadOnly | StoreError::LeftBehind) || error.may_pass();
        if !failures.iter().any(|(_, error)| may_pass(error)) {
            return failures.swap_remove(0).1;
        }
        let texts: Vec<_> =
            failures.iter().map(|(number, error)| format!("{}: {error}", self.endpoint(*number))).collect();
        StoreError::NoneWritable(texts.join("; "))
    }
}

async fn view(options: &PgConnectOptions) -> View {
    let seen = async {
        let mut session = options.connect().await?;
        if !is_writable(&mut session).await? {
            return Ok::<_, StoreError>(View::ReadOnly);
        }
        let history = match sqlx::query_as(HISTORY).fetch_one(&mut session).await {
            // Not every provider lets its users ask.
            Err(sqlx::Error::Database(_)) => None,
            told => Some(told?),
        };
        Ok(View::Writable(session, history))
    };
    seen.await.unwrap_or_else(View::Away)
}

/// Whether the server of `session` can be written to.
pub(super) async fn is_writable(session: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar(IS_WRITABLE).fetch_one(session).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_goes_on_with_the_same_system_and_no_earlier_timeline() {
        let history = |system: &str, timeline: &str| History { system: system.into(), timeline: timeline.into() };
        let known = history("7", "0000000A");
        assert!(history("7", "0000000A").continues(&known) && history("7", "0000000B").continues(&known));
        assert!(!history("7", "00000009").continues(&known) && !history("8", "0000000B").continues(&known));
    }
}
