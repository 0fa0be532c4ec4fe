//! Errors as pages: in the frame of all pages, for somebody whose session is known.

use std::mem;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::again::Sent;
use super::asker::{Asker, Lack};
use super::entrance;
use super::faults::sentence;
use super::language;
use super::phrases::filled;
use super::repeats;
use super::session::person;
use super::texts::{Texts, names};
use super::view::{Person, View};
use super::visit::{CONSOLE, Visit};
use crate::domain::access::Permissao;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::render::ErrorPage;
use crate::http::state::SharedState;

/// How long an error waits to know whom it is for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whom an error is for, and what they lack, where that is what is wrong.
#[derive(Clone)]
struct For {
    person: Person,
    lacks: Option<Lack>,
}

/// Around all pages: an error leaves with whom it is for.
pub async fn say_whom_for(State(app): State<SharedState>, mut request: Request, next: Next) -> Response {
    let asker = Asker::default();
    let (visit, chosen) = language::meant(request.uri(), request.headers(), Visit::of_request(&request));
    request.extensions_mut().insert(asker.clone());
    // Before the frame of all requests cuts it off, which knows nothing of what was typed.
    let answer = timeout(app.deadline * 5 / 6, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| ApiError::Unavailable.into_response());
    if let Some(ApiError::TokenRevoked(_)) = response.extensions().get() {
        // Between the look at the session and what was asked for.
        let login = asker.person().map(|person| person.login).unwrap_or_default();
        let mut ended = match timeout(PATIENCE, repeats::is_done(&app, &login, asker.key())).await {
            Ok(Ok(true)) => entrance::done_before(visit),
            _ => entrance::ended(visit, &asker.sent().map(Sent::into_typed).unwrap_or_default()),
        };
        ended.headers_mut().extend(chosen.map(|cookie| (SET_COOKIE, cookie)));
        return ended;
    }
    if let Some(error) = response.extensions().get() {
        let found = match asker.person() {
            Some(person) => Some(person),
            // Nothing could be looked up.
            None if matches!(error, ApiError::Unavailable) => None,
            None => timeout(PATIENCE, person(&app, &visit)).await.ok().and_then(Result::ok).flatten(),
        };
        if let Some(sent) = asker.sent() {
            response.extensions_mut().insert(sent);
        }
        if let Some(person) = found {
            response.extensions_mut().insert(For { person, lacks: asker.lacks() });
        }
    }
    response
}

/// What shows the errors of a request for a page; `None` for other requests.
pub fn pages(uri: &Uri, headers: &HeaderMap) -> Option<ErrorPage> {
    let rest = uri.path().strip_prefix(CONSOLE)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let (visit, chosen) = language::meant(uri, headers, Visit::at(uri, headers));
    Some(Box::new(move |answer, error| {
        let mut page = page(visit, answer, error);
        // Where it was cut off, the error has none.
        if !page.headers().contains_key(SET_COOKIE) {
            page.headers_mut().extend(chosen.map(|cookie| (SET_COOKIE, cookie)));
        }
        page
    }))
}

/// What is missing, and whom to ask: the same wherever somebody lacks a permission.
fn asking(text: &str, permissao: Permissao, texts: &Texts) -> String {
    format!("{} {}", filled(text, &[&names::named(permissao, texts.language)]), texts.faults.ask)
}

/// `answer`, whose headers stay, as a page about `error`.
fn page(visit: Visit, mut answer: Response, error: &ApiError) -> Response {
    let texts = visit.texts;
    let title = match error.status() {
        StatusCode::FORBIDDEN => texts.errors.forbidden,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => texts.errors.not_found,
        StatusCode::CONFLICT => texts.errors.conflict,
        StatusCode::SERVICE_UNAVAILABLE => texts.errors.unavailable,
        status if status.is_server_error() => texts.errors.failed,
        _ => texts.errors.not_understood,
    };
    let whom = answer.extensions_mut().remove::<For>();
    let text = match (error, whom.as_ref().and_then(|whom| whom.lacks)) {
        (ApiError::AccessDenied(_), Some(Lack::RootAdministrator)) => texts.faults.lacks_root.to_owned(),
        (ApiError::AccessDenied(_), Some(Lack::Release(permissao))) => {
            asking(texts.faults.lacks_release, permissao, texts)
        }
        (ApiError::AccessDenied(_), Some(Lack::Grant { permissao, is_released })) => {
            let text = if is_released { texts.faults.lacks } else { texts.faults.lacks_both };
            asking(text, permissao, texts)
        }
        (ApiError::AccessDenied(_), None) => format!("{} {}", texts.faults.not_allowed, texts.faults.ask),
        _ => sentence(error, "", "", texts),
    };
    let view = View::new(visit, whom.map(|whom| whom.person));
    let kept = match error.status() {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Some(texts.errors.typed_kept_refused),
        status => status.is_server_error().then_some(texts.errors.typed_kept),
    };
    let sent = answer.extensions_mut().remove::<Sent>().zip(kept);
    let again = sent.and_then(|(sent, kept)| sent.page(&view, answer.status(), [title, &text, kept]));
    let mut page = again.unwrap_or_else(|| entrance::message(&view, answer.status(), title, &text));
    for (name, value) in answer.headers() {
        if name != CONTENT_TYPE && !page.headers().contains_key(name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page.headers_mut().remove(CONTENT_LENGTH);
    *page.extensions_mut() = mem::take(answer.extensions_mut());
    page
}
