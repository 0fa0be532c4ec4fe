//! What templates do with texts, beside escaping them.

#![expect(clippy::inline_always, reason = "the macro writes it")]

use std::fmt::Display;

use askama::{Result, Values, filter_fn};

use crate::printable::{printable, printable_but};

/// A name or an address, with all spelled out that turns the direction of writing or is not seen.
#[filter_fn]
pub fn shown(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(printable(&text.to_string()).into_owned())
}

/// The same of a text that has lines.
#[filter_fn]
pub fn shown_lines(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(printable_but('\n', &text.to_string()).into_owned())
}
