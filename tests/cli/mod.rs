//! The program as an operator runs it.

mod administration;
mod audit;
mod audit_denials;
mod conferir;
mod demo;
mod files;
mod import;
mod listings;
mod lockout;
mod processes;
mod provisioning;
mod rotation;
mod settings;
mod storm;
mod terminal;
mod unread;
mod upgrades;
mod waiting;
