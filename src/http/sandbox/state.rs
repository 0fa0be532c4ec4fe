//! What a sandbox knows beside the application.

use std::sync::Arc;

use super::faults::Faults;
use super::journal::Journal;
use crate::clock::MovableClock;
use crate::http::state::SharedState;
use crate::store::Example;

pub struct Sandbox {
    pub app: SharedState,
    pub example: Example,
    /// The application's.
    pub clock: Arc<MovableClock>,
    pub faults: Faults,
    pub journal: Arc<Journal>,
}
