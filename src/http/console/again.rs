//! A form that could not be answered just now: its page keeps what was typed, and offers to send it again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::faults::COMENTARIO;
use super::filters;
use super::form::Typed;
use super::view::View;
use super::visit::Visit;
use crate::service::sessions::SessionId;

/// A form that came from one of our pages.
#[derive(Clone)]
pub struct Sent {
    place: String,
    /// What the form brings back.
    token: String,
    kept: Typed,
    has_lost_senha: bool,
}

#[derive(Template)]
#[template(path = "again.html")]
struct Again<'a> {
    view: &'a View,
    title: &'a str,
    text: &'a str,
    kept: &'a str,
    sent: &'a Sent,
}

impl Sent {
    /// The form that `typed` came with, where it is one of the session's pages: that is known without the database.
    pub fn of(visit: &Visit, session: &SessionId, typed: &Typed) -> Option<Self> {
        session.is_form_token(typed.get(super::form::TOKEN)).then(|| Self::again(visit, session, typed))
    }

    /// The same for what the server itself has kept.
    pub fn again(visit: &Visit, session: &SessionId, typed: &Typed) -> Self {
        let (place, token) = (visit.place.clone(), session.form_token());
        Self { place, token, kept: typed.kept(), has_lost_senha: typed.has_senha() }
    }

    /// What was typed, as far as it may be shown again.
    pub fn into_typed(self) -> Typed {
        self.kept
    }

    /// The words that take longest to type, to be copied where the form cannot be sent any more.
    fn comment(&self) -> &str {
        self.kept.get(COMENTARIO)
    }

    /// The page that says what stands in its way, and that what was typed is `kept`; `None` where nothing was.
    pub fn page(&self, view: &View, status: StatusCode, [title, text, kept]: [&str; 3]) -> Option<Response> {
        (!self.kept.is_empty()).then(|| view.show(status, &Again { view, title, text, kept, sent: self }))
    }
}
