//! `openapi`: the document of the API, made anew.

use super::Result;
use super::output::say;
use crate::http::openapi;

pub(super) fn run() -> Result {
    say!("{}", openapi::generate().trim_end())?;
    Ok(())
}
