//! Self-hosted drop-in replacement for the status endpoints of the Citrus helpdesk.

pub mod auth;
pub mod clock;
pub mod domain;
pub mod store;
