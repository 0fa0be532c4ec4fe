//! The sign-in form, and the pages of those who are not signed in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::again::Sent;
use super::cookies::ENTRANCE;
use super::filters;
use super::form::{Form, TOKEN, Typed};
use super::view::View;
use super::visit::{PLACE, Visit, place};
use crate::service::sessions::SessionId;

/// How the fields begin that were typed into another form, for which the session ended too early.
pub const KEPT: &str = "digitado.";

const LOGIN: &str = r#"autocomplete="username" autocapitalize="none" spellcheck="false" required"#;
/// The same for the field where somebody begins.
const FIRST: &str = r#"autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus"#;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    view: &'a View,
    form: Form,
    /// Of the first field; what is wrong with the form comes before it.
    login_attributes: &'static str,
    /// The form's token.
    token: String,
    place: &'a str,
    /// What was typed into another form.
    kept: Typed,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    view: &'a View,
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "hop.html")]
struct Hop<'a> {
    view: &'a View,
}

/// What the sign-in form of a browser is known by, until it is signed in.
fn id(visit: &Visit) -> Option<SessionId> {
    visit.cookies.get(ENTRANCE).and_then(SessionId::parse)
}

/// Whether the sign-in form that brought `typed` is one that this browser was given.
pub fn is_ours(visit: &Visit, typed: &Typed) -> bool {
    id(visit).is_some_and(|id| id.is_form_token(typed.get(TOKEN)))
}

/// The sign-in form, with what is wrong with it, for somebody who wants to `place` and has `kept` something.
pub fn page(visit: Visit, status: StatusCode, form: Form, to: &str, kept: Typed) -> Response {
    let known = id(&visit);
    let new = known.is_none().then(SessionId::draw);
    let token = known.as_ref().or(new.as_ref()).map(SessionId::form_token).unwrap_or_default();
    let cookie = new.map(|id| visit.cookies.set(ENTRANCE, &id.text(), None));
    let mut view = View::new(visit, None).with_notice();
    if let Some(cookie) = cookie {
        view = view.setting(cookie);
    }
    let login_attributes = if form.is_refused() { LOGIN } else { FIRST };
    let place = place(to).unwrap_or_default();
    view.show(status, &SignIn { view: &view, form, login_attributes, token, place, kept })
}

/// The sign-in form after a session has ended, with what was typed meanwhile. A sign-out is no form to come back to.
pub fn ended(visit: Visit, typed: &Typed) -> Response {
    let text = visit.texts.entrance.ended;
    let place = visit.place.clone();
    page(visit, StatusCode::UNAUTHORIZED, Form::wrong(&Typed::default(), text), &place, typed.kept())
}

/// That a form came twice, and is done.
pub fn done_before(visit: Visit) -> Response {
    let text = visit.texts.entrance.done_before;
    View::new(visit, None).done("", text)
}

/// The sign-in form that brought `typed`, in the language of this `visit`.
pub fn translated(visit: Visit, typed: &Typed) -> Response {
    if !is_ours(&visit, typed) {
        return foreign(&View::new(visit, None));
    }
    page(visit, StatusCode::OK, Form::kept(typed), typed.get(PLACE), typed.below(KEPT).kept())
}

/// That a form came from a page of an earlier session of the same person, whose words are kept; or that it came from elsewhere.
pub fn of_other_session(view: &View, session: &SessionId, typed: &Typed, is_sure: bool) -> Response {
    let texts = &view.texts().entrance;
    let is_theirs = view.person.as_ref().is_some_and(|person| typed.is_by(&person.login));
    let words = [texts.other_session_title, texts.other_session, texts.other_session_kept];
    let sent = (is_sure && is_theirs).then(|| Sent::again(&view.visit, session, typed));
    sent.and_then(|sent| sent.page(view, StatusCode::FORBIDDEN, words)).unwrap_or_else(|| foreign(view))
}

/// That a form came from elsewhere.
pub fn foreign(view: &View) -> Response {
    let texts = &view.texts().entrance;
    message(view, StatusCode::FORBIDDEN, texts.foreign_title, texts.foreign)
}

/// That what came is no form.
pub fn no_form(view: &View) -> Response {
    let texts = &view.texts().entrance;
    message(view, StatusCode::UNSUPPORTED_MEDIA_TYPE, texts.foreign_title, texts.no_form)
}

/// A page that asks for itself: the browser then sends the cookies that it keeps back from links of other sites.
pub fn hop(visit: Visit) -> Response {
    let view = View::new(visit, None);
    view.show(StatusCode::OK, &Hop { view: &view })
}

/// What stands in the way of a page.
pub fn message(view: &View, status: StatusCode, title: &str, text: &str) -> Response {
    view.show(status, &Message { view, title, text })
}
