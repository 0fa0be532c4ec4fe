//! What answers have in common, and what tells them apart.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::recognise::Recognised;
use super::redact::MEMBERS;
use super::signs::Signs;
use super::stand_ins::{headers, without_ids};
use crate::conferir::answers::AnswerName;
use crate::conferir::learned::steady;

/// All of an answer that does not vary by itself: code, content type, body.
pub(super) type Shape = (u16, String, String);

/// What tells an answer with the status code of a success from others.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    pub(super) route: String,
    pub(super) shape: Shape,
    pub(super) signs: Signs,
    /// The name of what the request may have been refused for, if there is something.
    pub(super) instead: Option<&'static str>,
}

impl Look {
    /// That of the body `recorded`, on `route`.
    pub(super) fn of(route: &str, shape: Shape, recorded: &str, instead: Option<&Recognised>) -> Self {
        let instead = instead.map(|error| error.name);
        Self { route: route.to_owned(), shape, signs: Signs::of(recorded), instead }
    }

    /// Whether nothing speaks against the request.
    pub(super) fn is_plain(&self) -> bool {
        self.instead.is_none()
    }
}

impl Recognised {
    /// As a dialect names it: by the field, where the error is one for many.
    pub(super) fn answer_name(&self) -> AnswerName {
        let field = self.field().and_then(|field| MEMBERS.iter().copied().find(|known| *known == field));
        AnswerName { name: self.name, field: field.filter(|_| ["required", "invalid"].contains(&self.name)) }
    }
}

/// The shape of the answer of a line.
pub(super) fn shape_of(line: &Value) -> Shape {
    shape(line, &headers(&line["cabecalhosDaResposta"], line["resposta"].as_str().unwrap_or_default()))
}

pub(super) fn shape(line: &Value, headers: &HeaderMap) -> Shape {
    let code = line["codigo"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default();
    let content_type = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    (code, content_type.to_owned(), steady(&without_ids(line["resposta"].as_str().unwrap_or_default())))
}
