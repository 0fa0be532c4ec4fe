//! Pages for people, and the probes.

pub mod docs;
pub mod health;
pub mod home;
pub mod html;
pub mod metrics;
