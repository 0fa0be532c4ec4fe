//! The conformance kit: the contract's cases, asked of any server, and what it answered.
//!
//! It is a client. Of this program it knows the five statuses and how dialects are written, and nothing else, so that it
//! can't be wrong in the same way as the server that it judges.

mod again;
pub mod answers;
pub mod asked;
pub mod case;
mod cases;
pub mod client;
pub mod difference;
pub mod entities;
pub mod har;
pub mod html;
pub mod infer;
pub mod judge;
pub mod junit;
pub mod jwt;
pub mod learned;
mod likeness;
mod logins;
mod personal;
pub mod places;
pub mod plan;
pub mod record;
pub mod report;
pub mod runner;
mod secrets;
pub mod session;
mod spans;
pub mod spelled;
#[cfg(test)]
pub mod spellings;
mod standing;
pub mod token;
pub mod values;
pub mod views;
pub mod witness;
