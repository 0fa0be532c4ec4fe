//! PostgreSQL 13 or newer. Lists travel as arrays, so that every statement is one round trip.

mod changes;
mod copy;
mod hosts;
mod insert;
mod lanes;
mod pooled;
mod sandbox;
mod schema;
mod session;
mod store;
mod transaction;
mod watch;

pub(super) use changes::change;
pub(super) use copy::copy;
pub use hosts::endpoint;
pub(super) use insert::{insert, lock};
pub(super) use lanes::LANES;
pub(super) use pooled::PooledConnection;
pub(super) use schema::{
    ANY_TABLE, BEGIN, BEGIN_SNAPSHOT, DESCRIPTION, HOLD_ADVISORY_LOCKS, MIGRATIONS_TABLE, MIGRATOR, RISKS,
};
pub use store::PostgresStore;
pub(super) use transaction::PostgresTransaction;
