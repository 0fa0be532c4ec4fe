//! The program as an operator runs it.

mod audit;
mod conferir;
mod demo;
mod files;
mod import;
mod import_sheets;
mod import_texts;
mod processes;
mod provisioning;
mod rotation;
mod settings;
mod storm;
mod terminal;
mod unread;
mod upgrades;
mod waiting;
