//! What the commands share.

pub mod arguments;
pub mod database;
pub mod erased;
pub mod error;
pub mod input;
pub mod open_files;
pub mod output;
pub mod period;
pub mod progress;
pub mod record;
pub mod session;
pub mod signals;
pub mod wait;
