//! The limits, and the four buckets that they bound.

/// So many failures, given back evenly over so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub quota: u32,
    /// Seconds until all of them are given back.
    pub window: u32,
}

impl Limit {
    pub(super) fn capacity(self) -> i64 {
        i64::from(self.window) * 1000
    }

    /// The time that one failure takes to be given back.
    pub(super) fn cost(self) -> i64 {
        (self.capacity() / i64::from(self.quota)).max(1)
    }

    /// How long until one more failure fits into a bucket that is full again in `full_in`, in milliseconds.
    pub(super) fn wait(self, full_in: i64) -> i64 {
        (full_in + self.cost() - self.capacity()).max(0)
    }

    /// In how long a bucket is full again that binds for a whole window, in milliseconds. Failures at the same
    /// moment may take more from a small one; then a window is enough, too.
    pub(super) fn most(self) -> i64 {
        2 * self.capacity() - self.cost()
    }
}

/// Something for each of the four buckets of a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buckets<T> {
    /// Of the login and the address together.
    pub pair: T,
    /// Of the login.
    pub account: T,
    /// Of the address.
    pub address: T,
    /// Of everybody.
    pub total: T,
}

/// The limits; `None` for no limit.
pub type Limits = Buckets<Option<Limit>>;

impl<T: Copy> Buckets<T> {
    /// All four, in the order in which they are kept everywhere.
    pub(super) fn all(&self) -> [T; 4] {
        [self.pair, self.account, self.address, self.total]
    }

    /// All four with their names, in that order.
    pub(super) fn named(&self) -> [(&'static str, T); 4] {
        [("pair", self.pair), ("account", self.account), ("address", self.address), ("total", self.total)]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub name: &'static str,
    pub limit: Limit,
}

impl Limits {
    /// In how long any bucket is full again at the latest, in milliseconds; 0 without limits.
    pub(in crate::service) fn most(&self) -> i64 {
        self.in_force().map(|policy| policy.limit.most()).max().unwrap_or_default()
    }

    pub(super) fn in_force(&self) -> impl Iterator<Item = Policy> {
        self.named().into_iter().filter_map(|(name, limit)| Some(Policy { name, limit: limit? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_takes_its_quota_and_gives_it_back_evenly() {
        let limit = Limit { quota: 3, window: 60 };
        let mut full_in = 0;
        for _ in 0..3 {
            assert_eq!(limit.wait(full_in), 0);
            full_in += limit.cost();
        }
        assert_eq!(limit.wait(full_in), 20_000);
        assert_eq!(limit.wait(full_in - 1), 19_999);
        assert_eq!(limit.wait(full_in - 20_000), 0);
        assert_eq!(limit.wait(-1_000_000), 0);
        assert_eq!(limit.wait(limit.most()), 60_000);
    }
}
