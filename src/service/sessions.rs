//! Who is signed in to the console.
//!
//! The browser has a random id in a cookie, and the database has its digest: whoever reads the table can use none of it.
//! A session ends after half an hour without a request, after twelve hours in any case, at a sign-out, and with the
//! generation of its user, as a token does. Whoever serves a page asks [`super::access::AccessService`] about that.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument;

use crate::clock::Clock;
use crate::store::{Result, Session, SessionKey, Store, StoreError};

/// How long a session lasts without a request.
pub const IDLE: Duration = Duration::minutes(30);
/// How long it lasts at most.
pub const LIFE: Duration = Duration::hours(12);
/// Most sessions of one user; a further login ends the oldest.
pub const SESSIONS_MAX: u32 = 10;
/// How old the latest request noted may be before the next one is noted.
const NOTED_FOR: Duration = Duration::seconds(1);
/// How far the clock of the server that began a session may be ahead.
const AHEAD: Duration = Duration::minutes(1);
/// How long a page waits for what is noted beside it.
const BESIDE: StdDuration = StdDuration::from_millis(25);
/// Most that is noted at once, such as while somebody holds the database; more is left out.
const NOTES_MAX: usize = 16;
/// How long a sign-in or a sign-out waits for somebody's lock.
const LOCK_WAIT: StdDuration = StdDuration::from_secs(1);
/// What a form's token is made for, so that it is good for nothing else.
const FORM: &[u8] = b"citrus-status console form";

/// What a browser has in its cookie: whoever has it is signed in. Deliberately without `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// One that nobody can guess.
    pub fn draw() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the system gives random bytes");
        Self(bytes)
    }

    /// The id that `text` writes, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As it stands in a cookie.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What forms bring back, so that no other site can send them. It does not tell the id.
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), FORM))
    }

    /// Whether a form brought the token back, compared in a time that tells nothing.
    pub fn is_form_token(&self, sent: &str) -> bool {
        verify_slices_are_equal(self.form_token().as_bytes(), sent.as_bytes()).is_ok()
    }

    fn key(&self) -> SessionKey {
        digest(&SHA256, &self.0).as_ref().try_into().expect("a digest of SHA-256 has 32 bytes")
    }
}

pub struct Sessions {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    notes: Arc<Semaphore>,
}

impl Sessions {
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, notes: Arc::new(Semaphore::new(NOTES_MAX)) }
    }

    /// Begins a session of a user who has just logged in. Fails with [`StoreError::Slow`] where somebody else's lock lasts.
    pub async fn begin(&self, usuario_id: i64, generation: i64) -> Result<SessionId> {
        let (id, now) = (SessionId::draw(), self.clock.now());
        let session = Session { usuario_id, generation, created: now, seen: now };
        let key = id.key();
        in_time(Box::pin(self.store.insert_session(&key, session, SESSIONS_MAX))).await?;
        Ok(id)
    }

    /// The session of that id, unless it is over. That it is used is noted beside it.
    pub async fn find(&self, id: &SessionId) -> Result<Option<Session>> {
        let (key, now) = (id.key(), self.clock.now());
        let Some(session) = self.store.session(&key).await?.filter(|session| lasts(session, now)) else {
            return Ok(None);
        };
        if now - session.seen >= NOTED_FOR {
            self.note(|store| async move { store.touch_session(&key, now).await }).await;
        }
        Ok(Some(session))
    }

    /// Forgets the session of that id, which is over anyway.
    pub async fn forget(&self, id: &SessionId) {
        let key = id.key();
        self.note(|store| async move { store.delete_session(&key).await }).await;
    }

    /// Writes what no page fails for, nor waits for longer than a moment.
    async fn note<F>(&self, work: impl FnOnce(Arc<Store>) -> F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.notes).try_acquire_owned() else { return };
        let work = work(Arc::clone(&self.store));
        let noting = async move {
            if let Err(error) = work.await {
                tracing::warn!(%error, "the use or the end of a session was not noted");
            }
            drop(place);
        };
        _ = timeout(BESIDE, tokio::spawn(noting.in_current_span())).await;
    }

    /// The sessions that last, each with its login: those seen last, at most `limit`.
    pub async fn signed_in(&self, limit: u32) -> Result<Vec<(String, Session)>> {
        let now = self.clock.now();
        // As `lasts` has it: at the very limit it is over.
        let tick = Duration::milliseconds(1);
        self.store.sessions_since(now - LIFE + tick, now - IDLE + tick, limit).await
    }

    /// Ends the session of that id. Fails with [`StoreError::Slow`] where somebody else's lock lasts.
    pub async fn end(&self, id: &SessionId) -> Result<()> {
        let key = id.key();
        in_time(Box::pin(self.store.delete_session(&key))).await
    }
}

/// What `work` comes to, which is boxed: large, and every page would hold it.
async fn in_time(work: impl Future<Output = Result<()>>) -> Result<()> {
    timeout(LOCK_WAIT, work).await.unwrap_or(Err(StoreError::Slow))
}

/// Whether `session` is not over at `now`. One of the future was begun under a wrong clock, and is.
fn lasts(session: &Session, now: OffsetDateTime) -> bool {
    let within = |since: OffsetDateTime, limit| (-AHEAD..limit).contains(&(now - since));
    within(session.created, LIFE) && within(session.seen, IDLE)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_id_is_written_and_read_back_and_others_are_none() {
        let id = SessionId::draw();
        assert!(SessionId::parse(&id.text()) == Some(id.clone()));
        assert!(SessionId::draw() != id);
        let text = id.text();
        for other in ["", "x", &text[1..], &format!("{text}A"), &format!("{text}="), &text.replace(&text[..1], "*")] {
            assert!(SessionId::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_form_token_belongs_to_one_session_and_is_not_its_id() {
        let (one, other) = (SessionId::draw(), SessionId::draw());
        assert!(one.is_form_token(&one.form_token()));
        for wrong in ["", &other.form_token(), &one.text(), &one.form_token()[1..]] {
            assert!(!one.is_form_token(wrong));
        }
    }

    #[test]
    fn a_session_lasts_half_an_hour_of_idleness_and_twelve_hours_in_all() {
        let created = datetime!(2026-11-28 12:00 UTC);
        let lasts_at = |seen: Duration, now: Duration| {
            let session = Session { usuario_id: 1, generation: 1, created, seen: created + seen };
            lasts(&session, created + now)
        };
        let (zero, tick) = (Duration::ZERO, Duration::milliseconds(1));
        assert!(lasts_at(zero, zero) && lasts_at(zero, IDLE - tick) && !lasts_at(zero, IDLE));
        assert!(lasts_at(LIFE - tick, LIFE - tick) && !lasts_at(LIFE - tick, LIFE));
        assert!(!lasts_at(zero, -AHEAD - tick), "a clock that was wrong");
    }
}
