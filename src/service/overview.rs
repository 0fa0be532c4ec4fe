//! How things stand, as the console's first page shows it.
//!
//! It is looked up when somebody asks, on administration's connections, by one at a time and no more often than its cost
//! allows: while the database is large, those who ask get what was looked up before, with its age.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::domain::atendimento::Status;
use crate::domain::record::StoredChange;
use crate::store::{HourOfChanges, Result, Store};

/// How many hours are shown.
pub const HOURS: usize = 24;
/// How many of the latest changes are shown.
const LATEST: u32 = 10;
/// How many users are shown by name; the others are summed up.
const USUARIOS: usize = 8;
/// How many atendimentos are counted by one statement.
const PORTION: usize = 20_000;
/// How old it may be at least before it is looked up again.
const KEPT: Duration = Duration::from_secs(10);
/// How many times as long as it takes it is kept: so it keeps no core busy for more than one fiftieth of the time.
const KEPT_TIMES: u32 = 50;

#[derive(Clone, Debug)]
pub struct Overview {
    /// How many atendimentos have each status, in the order of [`Status::ALL`].
    pub by_status: [i64; Status::ALL.len()],
    /// How many changes were made in each hour, the one that goes on last.
    pub by_hour: [i64; HOURS],
    /// The hour that goes on, counted from 1970.
    pub hour: i64,
    /// Who made most changes in these hours; `None` for imports from the command line.
    pub by_usuario: Vec<(Option<String>, i64)>,
    /// How many changes the others made.
    pub by_others: i64,
    /// The latest changes, each with its protocolo.
    pub latest: Vec<(String, StoredChange)>,
    taken: Instant,
    took: Duration,
}

pub struct Overviews {
    store: Arc<Store>,
    state: Mutex<State>,
    /// Held by the one who looks it up.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<Overview>>,
    /// When it was last looked up in vain.
    failed: Option<Instant>,
}

impl Overview {
    pub fn age(&self) -> Duration {
        self.taken.elapsed()
    }

    fn is_fresh(&self) -> bool {
        self.age() < KEPT.max(self.took * KEPT_TIMES)
    }

    async fn look_up(store: &Store) -> Result<Self> {
        let began = Instant::now();
        let mut by_status = [0; Status::ALL.len()];
        let (hour, mut changes) = (store.present_hour().await?, Vec::new());
        let last = store.last_atendimento().await?;
        for after in (0..last).step_by(PORTION) {
            let until = after + PORTION as i64;
            for (status, number) in store.atendimentos_by_status(after, until).await? {
                by_status[Status::ALL.iter().position(|known| *known == status).unwrap_or_default()] += number;
            }
            changes.extend(store.changes_by_hour(after, until).await?);
        }
        let (by_hour, (by_usuario, by_others)) = (by_hour(&changes), by_usuario(&changes));
        let latest = store.latest_changes(LATEST).await?;
        let (taken, took) = (Instant::now(), began.elapsed());
        Ok(Self { by_status, by_hour, hour, by_usuario, by_others, latest, taken, took })
    }
}

fn by_hour(changes: &[HourOfChanges]) -> [i64; HOURS] {
    let mut hours = [0; HOURS];
    for change in changes {
        // The clock may have gone on meanwhile, or be behind the one of a row.
        let ago = usize::try_from(change.hours_ago).unwrap_or_default().min(HOURS - 1);
        hours[HOURS - 1 - ago] += change.changes;
    }
    hours
}

fn by_usuario(changes: &[HourOfChanges]) -> (Vec<(Option<String>, i64)>, i64) {
    let mut sums: Vec<(Option<String>, i64)> = Vec::new();
    for HourOfChanges { usuario, changes, .. } in changes {
        match sums.iter_mut().find(|(known, _)| known == usuario) {
            Some((_, sum)) => *sum += changes,
            None => sums.push((usuario.clone(), *changes)),
        }
    }
    sums.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    let others = sums.split_off(sums.len().min(USUARIOS));
    (sums, others.into_iter().map(|(_, sum)| sum).sum())
}

impl Overviews {
    /// On `store`, whose statements are bounded.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// How things stand, or stood a while ago; `None` while nothing is known yet. Waits no longer than `patience`: what
    /// takes longer goes on for whoever asks next.
    pub async fn look(self: &Arc<Self>, patience: Duration) -> Option<Arc<Overview>> {
        if self.is_due() {
            let overviews = Arc::clone(self);
            let renewal = tokio::spawn(async move { overviews.renew().await });
            _ = timeout(patience, renewal).await;
        }
        self.state().latest.clone()
    }

    /// Whether it was looked up in vain lately.
    pub fn has_failed(&self) -> bool {
        self.state().failed.is_some_and(|failed| failed.elapsed() < KEPT)
    }

    fn is_due(&self) -> bool {
        let is_fresh = self.state().latest.as_ref().is_some_and(|latest| latest.is_fresh());
        !is_fresh && !self.has_failed()
    }

    async fn renew(&self) {
        let Ok(_turn) = self.turn.try_lock() else { return };
        let outcome = Overview::look_up(&self.store).await;
        let mut state = self.state();
        match outcome {
            Ok(overview) => *state = State { latest: Some(Arc::new(overview)), failed: None },
            Err(error) => {
                tracing::warn!(%error, "how things stand could not be looked up");
                state.failed = Some(Instant::now());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(hours_ago: i64, usuario: Option<&str>, changes: i64) -> HourOfChanges {
        HourOfChanges { hours_ago, usuario: usuario.map(str::to_owned), changes }
    }

    #[test]
    fn changes_are_summed_up_by_hour_and_by_user() {
        let mut rows =
            vec![row(0, Some("a"), 1), row(0, Some("b"), 5), row(23, Some("a"), 3), row(-1, None, 2), row(24, None, 7)];
        let hours = by_hour(&rows);
        assert_eq!((hours[23], hours[0], hours.iter().sum::<i64>()), (8, 10, 18));
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(by_usuario(&rows), (vec![(None, 9), (named("b"), 5), (named("a"), 4)], 0));
        rows.extend((0..10).map(|number| row(1, Some(&format!("u{number}")), 1)));
        let (shown, others) = by_usuario(&rows);
        assert_eq!((shown.len(), others), (USUARIOS, 5));
    }
}
