//! Hostile input: what comes in over the wire, and what must not come out in the log.
//!
//! What never reaches a database is tried on SQLite alone. A name that ends in `_long` is a test of the
//! same kind with more of it: `cargo test -- --ignored` runs those.

mod connections;
mod framing;
mod large_bodies;
mod logs;
mod memory;
mod parity;
mod seeds;
mod slow;
mod tokens;
