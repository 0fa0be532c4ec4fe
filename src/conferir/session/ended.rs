//! Somebody else's login, which ends the one of a run on a server that has one session for each user.

use super::Session;
use crate::conferir::case::Case;
use crate::conferir::client::Received;
use crate::conferir::likeness::say_the_same;

impl Session {
    /// From now on, `refused`, the answers to a token that does not count, tell that the login has ended.
    pub(in crate::conferir) fn expect_end(&mut self, refused: Vec<Received>) {
        self.again.refused = refused;
    }

    /// The same, but for what another user is answered.
    pub(in crate::conferir) fn expect_no_end(&mut self) {
        self.again.refused.clear();
    }

    /// Whether the run had to log in again.
    pub(in crate::conferir) fn has_signed_in_again(&self) -> bool {
        self.again.has_helped
    }

    /// Whether `received` says that the token counts no more with which `case` was asked.
    pub(super) fn has_ended(&self, case: &Case, received: &Received) -> bool {
        let is_own = case.changes() && case.authorization == Some("Bearer <token>");
        if self.again.has_signed_in || self.again.refused.is_empty() || !is_own {
            return false;
        }
        self.is_refused(received)
    }

    fn is_refused(&self, received: &Received) -> bool {
        let received = Received { body: self.redacted(&received.body), ..received.clone() };
        say_the_same(&self.again.refused, &[received])
    }

    /// After another login, `received` is the answer: if it is the same one, that was not about the token.
    pub(super) fn note_end(&mut self, received: &Received) {
        self.again.has_helped = !self.is_refused(received);
    }

    /// Logs in once more, if that succeeds.
    pub(super) async fn sign_in_again(&mut self) -> bool {
        self.again.has_signed_in = true;
        self.log_in().await.is_ok()
    }
}
