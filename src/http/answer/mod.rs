//! What goes out: the catalogue of errors, and the forms of an answer.

pub mod catalogue;
pub mod etag;
pub mod json;
pub mod problem;
pub mod render;
pub mod spoken;

/// The text of a change that was made.
pub const MADE: &str = "Atendimento atualizado com sucesso";
