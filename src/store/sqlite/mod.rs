//! Embedded SQLite: one writer connection, a few readers, write-ahead log, every commit synced.
//! Lists travel as JSON, and the rows of changes as parameters, so that every statement is compiled once.

mod changes;
mod insert;
mod place;
mod sandbox;
mod schema;
mod scrub;
mod store;
mod table;
mod transaction;

pub(super) use changes::{change, snapshot};
pub(super) use insert::insert;
pub(super) use schema::{MIGRATIONS_TABLE, MIGRATOR};
pub use store::SqliteStore;
pub(super) use store::{BEGIN, BEGIN_SNAPSHOT};
pub(super) use transaction::SqliteTransaction;
