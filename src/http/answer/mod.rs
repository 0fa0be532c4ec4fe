//! What goes out: the catalogue of errors, and the forms of an answer.

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};

pub mod catalogue;
pub mod etag;
pub mod json;
pub mod problem;
pub mod render;
pub mod spoken;

/// The text of a change that was made.
pub const MADE: &str = "Atendimento atualizado com sucesso";

/// Headers that every answer has, beside its id, unless it has them otherwise.
pub const ALWAYS: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
