//! `openapi`: the document of the API.

use super::Result;
use super::output::say;
use crate::http::openapi;

pub(super) fn run() -> Result {
    say!("{}", openapi::text().trim_end())?;
    Ok(())
}
