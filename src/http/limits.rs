//! Sizes of what comes in and goes out. The document of the API shows them.

pub const BODY_MAX: usize = 64 * 1024;
pub const BATCH_ITEMS_MAX: usize = 1000;
/// Largest body of many changes, in bytes: 4 KiB for each.
pub const BATCH_BODY_MAX: usize = BATCH_ITEMS_MAX * 4 * 1024;
/// Most requests of many changes at once, once their bodies are there; more are refused.
pub const BATCH_REQUESTS_MAX: usize = 4;
/// Entries of a page, where the request names no number.
pub const PAGE_ENTRIES: u16 = 50;
pub const PAGE_ENTRIES_MAX: u16 = 200;
pub const IDEMPOTENCY_KEY_MAX: usize = 255;
/// Largest form of the console, in bytes: the longest comment, each of its characters percent-encoded.
pub const FORM_MAX: usize = 256 * 1024;
