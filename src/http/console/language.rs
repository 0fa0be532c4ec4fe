//! The switch between the languages.

use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::cookies::LANGUAGE;
use super::entrance;
use super::form::Typed;
use super::login::{ENTRANCE, SIGN_IN_MAX, arrived};
use super::refusal::Answer;
use super::session::{Anybody, Posted};
use super::view::View;
use super::visit::{CONSOLE, PLACE, ShownAt, Visit, is_form, place};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::problem::Language;
use crate::http::request::body::read_bytes;
use crate::http::request::origin::is_same_origin;
use crate::http::request::query;
use crate::http::state::SharedState;

/// How long it is remembered, in seconds: a year.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// Where each is chosen. They are no parameter of one path, which the page that is shown there would take for its own.
pub const PATHS: [(&str, Language); 2] =
    [("/console/idioma/pt", Language::Portuguese), ("/console/idioma/en", Language::English)];

/// The cookie that remembers it, unless another site has sent the request.
fn cookie(visit: &Visit, language: Language, headers: &HeaderMap) -> Option<HeaderValue> {
    is_same_origin(headers).then(|| visit.cookies.set(LANGUAGE, language.choose(["pt", "en"]), Some(KEPT)))
}

/// The visit of a request for one of [`PATHS`] as that of the page that it is about, in the language that it chooses, with
/// the cookie that remembers it; other visits as they are. So an error on the way is told there.
pub fn meant(uri: &Uri, headers: &HeaderMap, visit: Visit) -> (Visit, Option<HeaderValue>) {
    let Some((_, language)) = PATHS.iter().find(|(path, _)| *path == uri.path()) else { return (visit, None) };
    let to = query::parameter(uri, PLACE).ok().flatten().unwrap_or_default();
    let cookie = cookie(&visit, *language, headers);
    let place = place(&to).unwrap_or_default().to_owned();
    (Visit { place, ..visit.speaking(*language) }, cookie)
}

/// `GET` of one of [`PATHS`]: leads back; what a search form brings besides is searched for.
pub fn choose(language: Language, request: Request) -> Result<Response, ApiError> {
    let uri = request.uri();
    let mut to = query::parameter(uri, PLACE)?.unwrap_or_default();
    let searched = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != PLACE);
    let searched = form_urlencoded::Serializer::new(String::new()).extend_pairs(searched).finish();
    if !searched.is_empty() {
        to = format!("{to}?{searched}");
    }
    let visit = Visit::of_request(&request);
    let cookie = cookie(&visit, language, request.headers());
    let view = View::new(visit, None);
    let view = cookie.into_iter().fold(view, View::setting);
    Ok(view.lead_to(place(&to).unwrap_or_default()))
}

/// `POST` to one of [`PATHS`]: the page that is filled in, one of `pages`, in the other language. Nothing is done.
pub async fn choose_while_typing(
    State(app): State<SharedState>,
    language: Language,
    pages: Router,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let to = query::parameter(&parts.uri, PLACE)?.unwrap_or_default();
    let to = place(&to).unwrap_or_default();
    // From here on as if that page had been sent, so that whoever has to sign in is led back to it.
    parts.uri = format!("{CONSOLE}/{to}").parse().map_err(|_| ApiError::NotFound)?;
    let cookie = cookie(&visit, language, &parts.headers);
    parts.extensions.insert(ShownAt { root: visit.root, language });
    let shown = translated(&app, pages, to, Request::from_parts(parts, body)).await;
    let mut answer = shown.unwrap_or_else(IntoResponse::into_response);
    // Who is told that the form is none of ours has chosen nothing.
    let cookie = cookie.filter(|_| answer.status() != StatusCode::FORBIDDEN);
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

async fn translated(app: &SharedState, pages: Router, to: &str, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    if parts.uri.path() == ENTRANCE {
        if !is_same_origin(&parts.headers) || !is_form(&parts.headers) {
            return Ok(entrance::foreign(&View::new(visit, None)));
        }
        let typed = Typed::of(&read_bytes(body, app, SIGN_IN_MAX).await?);
        return Ok(entrance::translated(visit, &typed));
    }
    let Posted { who, typed } = Posted::<Anybody>::from_request(Request::from_parts(parts.clone(), body), app).await?;
    Ok(arrived(visit, parts, pages, to, typed.kept().by(who.view.login())).await?)
}
