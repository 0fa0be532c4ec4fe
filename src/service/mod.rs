//! What the server does, whoever asks: HTTP and the command line call the same services.

pub mod access;
pub mod audit;
pub mod backup;
pub mod changes;
mod checksum;
pub mod erasure;
pub mod import;
pub mod login;
pub mod overview;
mod pace;
pub mod provisioning;
pub mod purge;
pub mod sessions;
pub mod state_file;
pub mod throttle;
