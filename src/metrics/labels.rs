//! The closed sets of values that labels have.

use std::marker::PhantomData;
use std::sync::atomic::Ordering;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// A closed set of values of one label.
pub(super) trait Closed: Copy + 'static {
    /// The label's name.
    const LABEL: &'static str;
    /// All values, in the order of [`Closed::index`].
    const ALL: &'static [Self];

    fn index(self) -> usize;
    fn name(self) -> &'static str;
}

macro_rules! closed {
    ($(#[$doc:meta])* $type:ident, $label:literal { $($(#[$value_doc:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$value_doc])* $value,)+
        }

        impl Closed for $type {
            const LABEL: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn index(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }
    };
}

closed! {
    /// What became of a status change.
    ChangeOutcome, "outcome" {
        Made = "made",
        /// Made before, under the same idempotency key.
        Replayed = "replayed",
        /// The rules refuse it.
        Refused = "refused",
        /// The status or the revision is another one than the client expects.
        Differs = "differs",
        /// The idempotency key came with another body.
        KeyReused = "key_reused",
        /// A request of the same idempotency key is being answered.
        InProgress = "in_progress",
        QueueFull = "queue_full",
        /// The database is away, or somebody's lock was held too long.
        Unavailable = "unavailable",
        Failed = "failed",
        /// The client left, or the deadline passed, before it was begun.
        Abandoned = "abandoned",
    }
}

closed! {
    /// What became of a login.
    LoginOutcome, "outcome" {
        Ok = "ok",
        WrongPassword = "wrong_password",
        UnknownUser = "unknown_user",
        Deactivated = "deactivated",
        Throttled = "throttled",
        /// Too many were waiting.
        Busy = "busy",
        /// The database is away, or it is our fault.
        Failed = "failed",
    }
}

closed! {
    /// A limit of failed logins.
    LimitName, "limit" {
        Pair = "pair",
        Account = "account",
        Address = "address",
        Total = "total",
    }
}

closed! {
    /// Which log lines.
    LineRank, "rank" {
        Ordinary = "ordinary",
        Audit = "audit",
    }
}

closed! {
    /// The method of a request.
    Method, "method" {
        Get = "GET",
        Head = "HEAD",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
        Options = "OPTIONS",
        Other = "other",
    }
}

impl Method {
    /// `method`, if it is one of the usual.
    pub fn of(method: &str) -> Self {
        Self::ALL.iter().copied().find(|known| known.name() == method).unwrap_or(Self::Other)
    }
}

impl LimitName {
    /// The limit called `name`.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// A counter for each value of a label, which is there from the start.
pub(super) struct Counters<T> {
    family: ClosedFamily,
    counters: Vec<Counter>,
    of: PhantomData<T>,
}

type ClosedFamily = Family<[(&'static str, &'static str); 1], Counter>;

impl<T: Closed> Default for Counters<T> {
    fn default() -> Self {
        let family = ClosedFamily::default();
        let counter = |value: &T| family.get_or_create_owned(&[(T::LABEL, value.name())]);
        Self { counters: T::ALL.iter().map(counter).collect(), family, of: PhantomData }
    }
}

impl<T: Closed> Counters<T> {
    /// What is registered.
    pub fn family(&self) -> ClosedFamily {
        self.family.clone()
    }

    pub fn inc(&self, value: T) {
        self.counters[value.index()].inc();
    }

    pub fn get(&self, value: T) -> u64 {
        self.counters[value.index()].get()
    }

    /// For what is counted elsewhere.
    pub fn set(&self, value: T, count: u64) {
        self.counters[value.index()].inner().store(count, Ordering::Relaxed);
    }
}
