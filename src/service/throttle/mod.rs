//! Login throttling: how many wrong passwords are accepted before refusal, counted in the database for all servers alike.
//!
//! Only failures count, each in four token buckets: that of the login and the address together
//! (`pair`), of the login (`account`), of the address (`address`), and of everybody (`total`). Where
//! one of them is empty, a login is refused before any work on its password. A success costs nothing.
//!
//! An address from which a login succeeded in the last 30 days is known for that login. There the
//! login is judged by its `pair` alone, and its failures count there alone. So whoever guesses from
//! elsewhere, from however many addresses, empties the other three and does not lock the owner out.
//!
//! The failures of one login on all addresses, `pair` and `account`, are forgotten when its senha is set or it is
//! activated: the operator who does that knows the owner.
//!
//! A login that nobody has is counted like any other. IPv6 addresses count by /64, which is what one
//! client gets. The keys are digests: of fixed size, and no login stands in the table.
//!
//! A bucket is one number, the time at which it is full again. A failure moves it on by the time that
//! one token takes to come back. The time is the database's, so that no server's clock counts. A bucket
//! that would bind longer than its window was written while that clock was wrong: it is mended when it is
//! met, and binds one window from then on.

mod limits;
mod uncounted;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

pub use self::limits::{Buckets, Limit, Limits, Policy};
pub use self::uncounted::Failure;
use self::uncounted::{Uncounted, UncountedCosts};
use crate::domain::text::NameKey;
use crate::store::{Bucket, BucketKey, Debit, LOCK_WAIT, Result as StoreResult, Store, StoreError};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long an address stays known after a success, in milliseconds.
pub(super) const KNOWN_FOR: i64 = 30 * DAY;
/// How old the latest success noted may be before the next one is noted.
const NOTED_FOR: i64 = DAY;
/// How long a failure waits to be counted. While it can't be, its verdict is not told.
const COUNT_DEADLINE: Duration = LOCK_WAIT;
/// How often it is tried when somebody holds one of its buckets.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a login that is refused is looked at again, because failures were counted meanwhile.
const ADMIT_TRIES: u32 = 3;
/// How long noting a success may hold up a login.
const NOTE_DEADLINE: Duration = Duration::from_secs(1);

/// Why a login is refused before its password is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttled {
    pub policies: Vec<Policy>,
    pub exhausted: Vec<Exhausted>,
}

/// A limit that lets no more logins through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    pub name: &'static str,
    /// Until one more login is let through.
    pub seconds: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error("too many failed logins")]
    Throttled(Throttled),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Throttle {
    store: Arc<Store>,
    limits: Limits,
    uncounted: Uncounted,
    /// Held by the one failure that tries again to be counted: those who wait take one connection together.
    retry: Mutex<()>,
}

/// A login that may be tried.
#[derive(Debug)]
pub struct Admission {
    keys: BucketKeys,
    success: Success,
}

type BucketKeys = Buckets<BucketKey>;

/// The latest success of a login from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Success {
    /// None in the last [`KNOWN_FOR`]: the address is not known.
    None,
    /// One in the last [`KNOWN_FOR`].
    Known,
    /// One in the last [`NOTED_FOR`]: another need not be noted.
    Noted,
}

impl Success {
    fn of_age(age: Option<i64>) -> Self {
        match age {
            Some(age) if age < NOTED_FOR => Self::Noted,
            Some(age) if age < KNOWN_FOR => Self::Known,
            _ => Self::None,
        }
    }
}

impl Throttle {
    pub fn new(store: Arc<Store>, limits: Limits) -> Self {
        Self { store, limits, uncounted: Uncounted::default(), retry: Mutex::default() }
    }

    /// Whether `login` may be tried from `client` now.
    pub async fn admit(&self, login: &NameKey, client: IpAddr) -> Result<Admission, NotAdmitted> {
        let keys = keys(login, client);
        if self.limits.in_force().next().is_none() {
            return Ok(Admission { keys, success: Success::Noted });
        }
        let mut tries = 1;
        loop {
            // Before the database, so that no failure is missed that moves from here to there.
            let costs = self.uncounted.costs(&keys.all());
            let verdict = self.judge(&keys, &self.buckets(&keys).await?, &costs);
            // A failure that was counted meanwhile was seen twice, here and there: look again before refusing, a few times.
            if verdict.is_ok() || tries == ADMIT_TRIES || !self.uncounted.has_moved_since(&costs) {
                return verdict.map_err(NotAdmitted::Throttled);
            }
            tries += 1;
        }
    }

    /// Whether a login may be tried, from what the database has counted and what it has not counted yet.
    fn judge(&self, keys: &BucketKeys, buckets: &[Bucket], uncounted: &UncountedCosts) -> Result<Admission, Throttled> {
        let bucket = |key: &BucketKey| buckets.iter().find(|bucket| bucket.key == key[..]);
        let success_age = bucket(&keys.pair).and_then(|pair| pair.success_age);
        let admission = Admission { keys: *keys, success: Success::of_age(success_age) };
        let exhausted: Vec<_> = self
            .counting(&admission)
            .map(|(name, key, limit)| {
                let full_in = bucket(&key).map_or(0, |bucket| bucket.full_in.max(0));
                (name, limit.wait(full_in + uncounted.cost(&key)))
            })
            .filter(|(_, wait)| *wait > 0)
            .map(|(name, wait)| Exhausted { name, seconds: seconds(wait) })
            .collect();
        if exhausted.is_empty() { Ok(admission) } else { Err(Throttled { policies: self.policies(), exhausted }) }
    }

    /// The buckets of `keys`, mended where a wrong clock wrote them.
    async fn buckets(&self, keys: &BucketKeys) -> StoreResult<Vec<Bucket>> {
        let keys = keys.all();
        let buckets = self.store.buckets(&keys).await?;
        let mut mended = false;
        for (key, limit) in keys.iter().zip(self.limits.all()) {
            let most = limit.map_or(i64::MAX / 2, Limit::most);
            let wrong = |bucket: &Bucket| bucket.full_in > most || bucket.success_age.is_some_and(|age| age < 0);
            if buckets.iter().any(|bucket| bucket.key == key[..] && wrong(bucket)) {
                self.store.cap_bucket(key, most).await?;
                mended = true;
            }
        }
        if mended { self.store.buckets(&keys).await } else { Ok(buckets) }
    }

    /// What a login is told when the first of the limits in force has just been exhausted; `None` without limits.
    pub fn refusal(&self) -> Option<Throttled> {
        let policies = self.policies();
        let Policy { name, limit } = *policies.first()?;
        Some(Throttled { policies, exhausted: vec![Exhausted { name, seconds: seconds(limit.cost()) }] })
    }

    /// A failure of a login, which counts from now on. It has to be [counted](Self::count) before it is told.
    pub fn failed(&self, admission: &Admission) -> Failure {
        let BucketKeys { pair, account, .. } = admission.keys;
        let debits = self.counting(admission).map(|(_, key, limit)| Debit {
            key,
            login: [pair, account].contains(&key).then_some(account),
            cost: limit.cost(),
        });
        self.uncounted.enter(debits.collect())
    }

    /// Counts a failure in the database. Fails with [`StoreError::Slow`] when somebody holds one of its buckets for 5 s.
    pub async fn count(&self, failure: Failure) -> StoreResult<()> {
        timeout(COUNT_DEADLINE, self.debit(&failure)).await.unwrap_or(Err(StoreError::Slow))
    }

    async fn debit(&self, failure: &Failure) -> StoreResult<()> {
        if self.store.debit(&failure.debits).await? {
            return Ok(());
        }
        loop {
            sleep(PAUSE).await;
            let _alone = self.retry.lock().await;
            if self.store.debit(&failure.debits).await? {
                return Ok(());
            }
        }
    }

    /// Makes the address known, if it was not; a login does not fail for that.
    pub async fn succeeded(&self, admission: &Admission) {
        if admission.success == Success::Noted {
            return;
        }
        let BucketKeys { pair, account, .. } = admission.keys;
        let noted = timeout(NOTE_DEADLINE, self.store.set_success(&pair, &account)).await;
        if let Err(error) = noted.unwrap_or(Err(StoreError::Slow)) {
            tracing::warn!(%error, "the address of a login was not noted");
        }
    }

    /// The limits that count for a login, and their buckets.
    fn counting(&self, admission: &Admission) -> impl Iterator<Item = (&'static str, BucketKey, Limit)> {
        let limits = match admission.success {
            Success::None => self.limits,
            Success::Known | Success::Noted => Limits { pair: self.limits.pair, ..Limits::default() },
        };
        let limits = limits.named().into_iter().zip(admission.keys.all());
        limits.filter_map(|((name, limit), key)| Some((name, key, limit?)))
    }

    fn policies(&self) -> Vec<Policy> {
        self.limits.in_force().collect()
    }
}

fn seconds(millis: i64) -> u64 {
    u64::try_from(millis).unwrap_or_default().div_ceil(1000)
}

/// The bucket that counts all failures of `login`, by which its others are found, too.
pub fn bucket_of(login: &NameKey) -> BucketKey {
    key(b"c", &[], login.as_str().as_bytes())
}

fn keys(login: &NameKey, client: IpAddr) -> BucketKeys {
    let network = network(client);
    BucketKeys {
        pair: key(b"p", &network, login.as_str().as_bytes()),
        account: bucket_of(login),
        address: key(b"a", &network, &[]),
        total: key(b"t", &[], &[]),
    }
}

/// What counts of an address: all of an IPv4 one, the /64 of an IPv6 one. Its length tells which.
fn network(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

fn key(kind: &[u8], network: &[u8], login: &[u8]) -> BucketKey {
    let length = [network.len() as u8];
    let digest = digest(&SHA256, &[kind, &length, network, login].concat());
    digest.as_ref()[..16].try_into().expect("a digest of SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_has_a_key_of_its_own() {
        let (login, other) = (NameKey::new("user.api"), NameKey::new("admin"));
        let of = |login, address: &str| keys(login, address.parse().unwrap()).all();
        let here = of(&login, "192.0.2.1");
        let elsewhere = of(&login, "192.0.2.2");
        let another = of(&other, "192.0.2.1");
        let same = |a: &[BucketKey; 4], b: &[BucketKey; 4]| [0, 1, 2, 3].map(|i| a[i] == b[i]);
        assert_eq!(same(&here, &elsewhere), [false, true, false, true]);
        assert_eq!(same(&here, &another), [false, false, true, true]);
        assert_eq!(same(&here, &of(&NameKey::new(" USER.API "), "192.0.2.1")), [true; 4]);
        for (i, key) in here.iter().enumerate() {
            assert!(!here[..i].contains(key));
        }
    }

    #[test]
    fn ipv6_addresses_count_by_64() {
        let login = NameKey::new("user.api");
        let of = |address: &str| keys(&login, address.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1").pair, of("2001:db8:1:3::1").pair);
    }
}
