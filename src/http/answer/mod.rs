//! What goes out: the catalogue of errors, and the forms of an answer.

pub mod catalogue;
pub mod etag;
pub mod json;
pub mod problem;
pub mod render;
