//! What the documents say of the code.

mod guide;
mod openapi;
mod security;
mod twins;
