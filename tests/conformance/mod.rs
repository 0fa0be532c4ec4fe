//! Every method of the store, on each engine, by the same test.

mod access;
mod administration;
mod atendimentos;
mod diagnostics;
mod erasure;
mod idempotency;
mod import;
mod many;
mod overview;
mod provisioning;
mod reads;
mod sandbox;
mod schema;
mod sessions;
mod throttle;
