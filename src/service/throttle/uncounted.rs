//! Failures that the database has not counted yet.
//!
//! A failure leaves the line of passwords before it is counted, so that others have their turn while it
//! waits for a row that somebody holds. Meanwhile it counts here, or guesses would pass the limits together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{BucketKey, Debit};

/// The failures of this process that are being counted.
#[derive(Clone, Default)]
pub(super) struct Uncounted(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What they will take from each bucket, in milliseconds.
    costs: HashMap<BucketKey, i64>,
    /// How many have ended.
    ended: u64,
}

/// What the failures take from the buckets of a login, at one time.
pub(super) struct UncountedCosts {
    /// For those buckets alone from which they take something.
    costs: HashMap<BucketKey, i64>,
    ended: u64,
}

impl UncountedCosts {
    /// What they take from the bucket `key`, in milliseconds.
    pub fn cost(&self, key: &BucketKey) -> i64 {
        self.costs.get(key).copied().unwrap_or_default()
    }
}

/// A failure, until it is dropped.
pub struct Failure {
    pub(super) debits: Vec<Debit>,
    uncounted: Uncounted,
}

impl Uncounted {
    /// Enters a failure that takes `debits`.
    pub fn enter(&self, debits: Vec<Debit>) -> Failure {
        self.with(|state| {
            for Debit { key, cost, .. } in &debits {
                *state.costs.entry(*key).or_default() += cost;
            }
        });
        Failure { debits, uncounted: self.clone() }
    }

    /// What counts of `keys` now.
    pub fn costs(&self, keys: &[BucketKey]) -> UncountedCosts {
        self.with(|state| UncountedCosts {
            costs: keys.iter().filter_map(|key| Some((*key, *state.costs.get(key)?))).collect(),
            ended: state.ended,
        })
    }

    /// Whether a failure that counts in `costs` may have ended since: the database may have counted it already.
    pub fn has_moved_since(&self, costs: &UncountedCosts) -> bool {
        !costs.costs.is_empty() && self.with(|state| state.ended != costs.ended)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Failure {
    fn drop(&mut self) {
        self.uncounted.with(|state| {
            state.ended += 1;
            for Debit { key, cost, .. } in &self.debits {
                if let Some(sum) = state.costs.get_mut(key) {
                    *sum -= cost;
                    if *sum == 0 {
                        state.costs.remove(key);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_until_it_ends_and_leaves_nothing() {
        let uncounted = Uncounted::default();
        let keys = [[1; 16], [2; 16], [3; 16], [4; 16]];
        let debit = |key, cost| Debit { key, login: None, cost };
        let first = uncounted.enter(vec![debit(keys[0], 5), debit(keys[2], 7)]);
        let second = uncounted.enter(vec![debit(keys[0], 5), debit([9; 16], 1)]);
        let costs = uncounted.costs(&keys);
        assert_eq!(keys.map(|key| costs.cost(&key)), [10, 0, 7, 0]);
        assert!(!uncounted.has_moved_since(&costs));
        let elsewhere = uncounted.costs(&[[5; 16]; 4]);
        drop(first);
        assert_eq!([&costs, &elsewhere].map(|costs| uncounted.has_moved_since(costs)), [true, false]);
        assert_eq!(keys.map(|key| uncounted.costs(&keys).cost(&key)), [5, 0, 0, 0]);
        drop(second);
        assert!(uncounted.with(|state| state.costs.is_empty()));
    }
}
