//! Where in a file something is.

use std::fmt;

/// Where in a file something is, counted from 1 as a person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file, header included, on which a record begins.
    Line(u64),
    Row(u64),
    Element(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row(number) => write!(f, "row {number}"),
            Self::Element(number) => write!(f, "element {number}"),
        }
    }
}
