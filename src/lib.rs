//! Self-hosted drop-in replacement for the status endpoints of the Citrus helpdesk.
//!
//! `docs/ARCHITECTURE.md` shows how the modules stand to each other.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod conferir;
pub mod config;
pub mod dialect;
pub mod domain;
pub mod espelhar;
pub mod example;
mod file_text;
pub mod http;
mod json;
pub mod metrics;
mod printable;
mod sensitive;
pub mod service;
pub mod service_manager;
pub mod store;
pub mod telemetry;
