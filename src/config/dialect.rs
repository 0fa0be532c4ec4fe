//! The dialect to answer in.

use std::path::Path;
use std::sync::Arc;

use super::kinds::{Kind, Parse};
use crate::dialect::Dialect;
use crate::file_text::{decode, read_regular};
use crate::http::openapi::errors::known;
use crate::printable::printable;

/// A dialect's file, read where it is named; none for the contract.
pub struct DialectPath;

impl Kind for DialectPath {
    fn values(&self) -> String {
        "the path of a dialect, which is a TOML file".to_owned()
    }
}

impl Parse for DialectPath {
    type Value = Option<Arc<Dialect>>;

    fn parse(&self, name: &str, text: &str) -> Result<Self::Value, String> {
        if text.is_empty() {
            return Ok(None);
        }
        read(Path::new(text)).map(|dialect| Some(Arc::new(dialect))).map_err(|complaints| {
            let file = printable(text);
            complaints.lines().map(|complaint| format!("{name} {file}: {complaint}")).collect::<Vec<_>>().join("\n")
        })
    }
}

/// The dialect in `file`, or everything that is wrong with it, a complaint a line.
pub fn read(file: &Path) -> Result<Dialect, String> {
    let bytes = read_regular(file).map_err(|error| format!("can't be read: {error}"))?;
    let text = decode(bytes).map_err(|error| error.to_string())?;
    Dialect::parse(&text, &known()).map_err(|error| error.to_string())
}
