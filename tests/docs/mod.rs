//! What the documents say of the code.

mod errors;
mod generated;
mod guide;
mod openapi;
mod security;
