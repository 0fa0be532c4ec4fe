//! What the tests stand on: databases of their own, a clock that they set, servers on real sockets.

pub mod browser;
pub mod client;
pub mod clock;
pub mod database;
pub mod document;
pub mod edits;
pub mod engines;
pub mod pgbouncer;
pub mod postgres;
pub mod program;
pub mod server;

pub(crate) use engines::both_engines;
