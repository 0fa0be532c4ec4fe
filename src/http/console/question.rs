//! What turning switches does, said before it is done. The form brings back what was said: where something else follows
//! by then, it is said again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::filters;
use super::form::Typed;
use super::switchboard::Told;
use super::view::View;
use crate::service::provisioning::{Effect, Stamp};

#[derive(Template)]
#[template(path = "switches_question.html")]
pub struct Question<'a> {
    view: &'a View,
    title: String,
    place: String,
    effects: Vec<Told>,
    /// What the effects are known by.
    stamp: Stamp,
    typed: &'a Typed,
    is_again: bool,
}

impl<'a> Question<'a> {
    pub fn new(view: &'a View, title: String, place: String, effects: &[Effect], typed: &'a Typed) -> Self {
        let stamp = Stamp::of_effects(&effects);
        let effects = effects.iter().map(|effect| Told::of(view, effect)).collect();
        Self { view, title, place, effects, stamp, typed, is_again: false }
    }

    /// The page; `is_again` where somebody has confirmed other effects.
    pub fn shown(self, is_again: bool) -> Response {
        let status = if is_again { StatusCode::CONFLICT } else { StatusCode::OK };
        self.view.show(status, &Self { is_again, ..self })
    }
}
