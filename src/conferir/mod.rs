//! The conformance kit: the contract's cases, asked of any server, and what it answered.
//!
//! It is a client. Of this program it knows the five statuses and nothing else, so that it can't be
//! wrong in the same way as the server that it judges.

pub mod case;
mod cases;
pub mod client;
pub mod judge;
pub mod junit;
pub mod plan;
pub mod report;
pub mod runner;
mod values;
