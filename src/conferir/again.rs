//! Whether a login ended on the way.

use super::client::Received;

/// How the end of a login is noticed, and whether it was.
#[derive(Default)]
pub(super) struct Again {
    /// What a token is answered that does not count; nothing while nobody looks for it.
    pub(super) refused: Vec<Received>,
    pub(super) has_signed_in: bool,
    /// Whether another login helped.
    pub(super) has_helped: bool,
}
