//! The contract: a file for each group of routes, and the audit log of what they do.

pub mod audit;
pub mod batch;
pub mod change;
pub mod history;
pub mod login;
pub mod reads;
