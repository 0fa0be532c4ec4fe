//! What comes over the wire, to the byte, on each engine: the contract's tables, one assertion a row.

mod access;
mod charsets;
mod clocks;
mod common;
mod concurrency;
mod dialect;
mod docs;
mod freshness;
mod idempotency;
mod locks;
mod login;
mod lote;
mod outage;
mod problem;
mod purge;
mod queue;
mod reads;
mod rotation;
mod sandbox;
mod shapes;
mod simulation;
mod status;
mod throttle;
mod timing;
mod token;
