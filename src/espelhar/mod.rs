//! `espelhar`: stands between a client and its Citrus, passes everything on untouched, and tells how our server would
//! have answered.

pub mod carrier;
pub mod compare;
mod doubts;
pub mod exchange;
pub mod findings;
pub mod head;
mod headers;
mod heads;
mod look;
pub mod message;
pub mod observe;
pub mod page;
pub mod proxy;
pub mod recognise;
pub mod record;
pub mod redact;
pub mod relay;
pub mod shadow;
mod signs;
mod stand_ins;
pub mod tally;
mod variants;
