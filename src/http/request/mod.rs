//! What comes in: the parts of a request, each read and judged in one place.

pub mod asked;
pub mod body;
pub mod caller;
pub mod charset;
pub mod client_address;
pub mod idempotency;
pub mod misspelt;
pub mod origin;
pub mod page;
pub mod path;
pub mod preconditions;
pub mod query;
