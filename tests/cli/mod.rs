//! The program as an operator runs it.

mod administration;
mod audit;
mod audit_denials;
mod conferir;
mod demo;
mod dotenv;
mod files;
mod full_disk;
mod hosts;
mod import;
mod import_sheets;
mod import_texts;
mod life;
mod listings;
mod lockout;
mod places;
mod pooler;
mod processes;
mod provisioning;
mod rotation;
mod settings;
mod storm;
mod terminal;
mod unread;
mod upgrades;
mod waiting;
