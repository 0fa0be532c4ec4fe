//! What the documents say of the code.

mod arrows;
mod deploy;
mod dialects;
mod errors;
mod generated;
mod guide;
mod man_pages;
mod openapi;
mod security;
mod settings;
mod toolchain;
mod twins;
