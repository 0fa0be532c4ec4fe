//! `openapi`: the document of the API, made anew.

use super::error::Result;
use super::output::say;
use crate::http::routes;

pub(super) fn run() -> Result {
    say!("{}", routes::openapi_text().trim_end())?;
    Ok(())
}
