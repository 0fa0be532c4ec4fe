//! What the documents say of the code.

mod openapi;
mod security;
