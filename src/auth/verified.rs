//! The tokens that were verified lately: a client sends the same one with each request, and verifying it anew takes as
//! long as the rest of the request's way to its handler.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use time::OffsetDateTime;

/// How many are kept. Only tokens that we issued come here, and they have some 400 bytes.
const CAPACITY: usize = 1024;

/// What is known of a token besides its bytes: of its subject `S`, and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verified<S> {
    pub subject: S,
    /// When it expires.
    pub at: OffsetDateTime,
}

/// Deliberately without `Debug`, as it holds tokens.
pub(super) struct VerifiedTokens<S> {
    hasher: RandomState,
    /// By the hash of the token. Of two with the same hash the later one is kept.
    entries: RwLock<HashMap<u64, Kept<S>>>,
}

struct Kept<S> {
    token: Box<[u8]>,
    verified: Verified<S>,
}

impl<S: Copy> VerifiedTokens<S> {
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), entries: RwLock::default() }
    }

    /// What is known of `token`. Takes the same time for all wrong guesses of a token that is kept.
    pub fn get(&self, token: &[u8]) -> Option<Verified<S>> {
        let hash = self.hash(token);
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let kept = entries.get(&hash)?;
        verify_slices_are_equal(&kept.token, token).is_ok().then_some(kept.verified)
    }

    /// Of the end of the signature, which differs from token to token as nothing else does.
    fn hash(&self, token: &[u8]) -> u64 {
        self.hasher.hash_one(token.last_chunk::<16>())
    }

    /// Keeps `token`, verified at `now`. Where there is no room, the expired ones go, or else all.
    pub fn insert(&self, token: &[u8], verified: Verified<S>, now: OffsetDateTime) {
        let hash = self.hash(token);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, kept| kept.verified.at >= now);
        }
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        entries.insert(hash, Kept { token: token.into(), verified });
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 09:00:00 UTC);

    fn until(at: OffsetDateTime, subject: i64) -> Verified<i64> {
        Verified { subject, at }
    }

    /// Tokens that expire at `at`, until there is no room.
    fn full(at: OffsetDateTime) -> VerifiedTokens<i64> {
        let tokens = VerifiedTokens::new();
        for number in 0..CAPACITY as i64 {
            tokens.insert(&i128::from(number).to_be_bytes(), until(at, number), NOW);
        }
        tokens
    }

    fn kept(tokens: &VerifiedTokens<i64>) -> usize {
        tokens.entries.read().unwrap().len()
    }

    #[test]
    fn a_token_is_known_by_all_of_its_bytes() {
        let tokens = VerifiedTokens::new();
        let [one, other] = ["header.claims.the signature of one", "header.claims.the signature of other"];
        tokens.insert(one.as_bytes(), until(NOW, 1), NOW);
        tokens.insert(other.as_bytes(), until(NOW, 2), NOW);
        assert_eq!(tokens.get(one.as_bytes()), Some(until(NOW, 1)));
        assert_eq!(tokens.get(other.as_bytes()), Some(until(NOW, 2)));
        for guess in [&one.replace("claims", "CLAIMS"), &format!("{one}s"), &one[..33], &one[1..], &one[10..], ""] {
            assert_eq!(tokens.get(guess.as_bytes()), None, "{guess}");
        }
    }

    #[test]
    fn the_expired_make_room_first() {
        let tokens = full(NOW);
        tokens.insert(b"last", until(NOW + Duration::HOUR, 7), NOW);
        assert_eq!(kept(&tokens), 1, "there was room for none, so all went");
        let tokens = full(NOW);
        let later = NOW + Duration::SECOND;
        tokens.entries.write().unwrap().values_mut().take(3).for_each(|kept| kept.verified.at = later);
        tokens.insert(b"last", until(later, 7), later);
        assert_eq!(kept(&tokens), 4);
        assert_eq!(tokens.get(b"last"), Some(until(later, 7)));
    }
}
