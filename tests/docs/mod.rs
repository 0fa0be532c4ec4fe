//! What the documents say of the code.

mod generated;
mod guide;
mod openapi;
mod security;
mod settings;
