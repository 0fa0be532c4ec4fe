//! Signing in and out. The same login, senha and throttle as the API's, and the same lines in the log.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use secrecy::SecretString;
use tokio::time::timeout;
use tower_service::Service;

use super::cookies::{self, SESSION};
use super::entrance::{self, KEPT};
use super::faults::{Faults, LOGIN, SENHA};
use super::form::{Form, Typed};
use super::kept::Kept;
use super::refusal::{Answer, Refusal};
use super::session::{Anybody, Posted, person};
use super::view::View;
use super::visit::{CONSOLE, PLACE, ShownAt, Visit, is_form, place};
use crate::domain::senha::SenhaFault;
use crate::domain::text::{LOGIN_MAX, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::api::audit::LoginAudit;
use crate::http::limits::FORM_MAX;
use crate::http::request::body::read_bytes;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::origin::is_same_origin;
use crate::http::request::query;
use crate::http::state::{AppState, SharedState};
use crate::service::login::{AccessToken, LoginError};
use crate::service::sessions::SessionId;

/// Where somebody signs in.
pub const ENTRANCE: &str = "/console/entrar";

/// More than a form has, as the sign-in form may have another one in it.
pub const SIGN_IN_MAX: usize = FORM_MAX + 64 * 1024;

/// How long the page waits to know whether there is a user.
const PATIENCE: Duration = Duration::from_millis(200);

/// `GET /console/entrar`
pub async fn page(State(app): State<SharedState>, uri: Uri, request: Request) -> Answer {
    let visit = Visit::of_request(&request);
    let to = query::parameter(&uri, PLACE)?.unwrap_or_default();
    if person(&app, &visit).await?.is_some() {
        return Ok(View::new(visit, None).lead_to(place(&to).unwrap_or_default()));
    }
    let form = if lacks_usuarios(&app).await {
        Form::wrong(&Typed::default(), visit.texts.entrance.no_usuario)
    } else {
        Form::default()
    };
    Ok(entrance::page(visit, StatusCode::OK, form, &to, Typed::default()))
}

/// Whether nobody can sign in, as far as that is known soon. Once there is a user, it is asked no more.
async fn lacks_usuarios(app: &AppState) -> bool {
    if app.has_usuarios.get().is_none()
        && let Ok(Ok(has)) = timeout(PATIENCE, app.administration.has_usuarios()).await
    {
        if !has {
            return true;
        }
        app.has_usuarios.get_or_init(|| ());
    }
    false
}

/// `POST /console/entrar`: whoever typed something into one of the `pages` while the session ended finds it there again.
pub async fn sign_in(State(app): State<SharedState>, pages: Router, request: Request) -> Answer {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let Ok(client) = ClientAddress::from_request_parts(&mut parts, &app).await;
    if !is_same_origin(&parts.headers) {
        return Err(Refusal::instead(entrance::foreign(&View::new(visit, None))));
    }
    if !is_form(&parts.headers) {
        return Err(Refusal::instead(entrance::no_form(&View::new(visit, None))));
    }
    let typed = Typed::of(&read_bytes(body, &app, SIGN_IN_MAX).await?);
    let (to, kept) = (typed.get(PLACE).to_owned(), typed.below(KEPT).kept());
    if !entrance::is_ours(&visit, &typed) {
        // Another tab has signed in meanwhile.
        if let Some(person) = person(&app, &visit).await? {
            let session = visit.cookies.get(SESSION).and_then(SessionId::parse);
            return Ok(led(&app, visit, session, parts, pages, (&to, kept.by(&person.login))).await?);
        }
        let form = Form::wrong(&typed, visit.texts.entrance.no_cookie);
        return Ok(entrance::page(visit, StatusCode::FORBIDDEN, form, &to, kept));
    }
    // In time: the frame of all requests would cut it off with all that was typed.
    let in_time = timeout(app.deadline / 2, attempt(&app, client, &typed)).await;
    let id = match in_time.unwrap_or_else(|_| Err(Faults::of(&ApiError::Unavailable, &[]))) {
        Ok(id) => id,
        Err(faults) => return Ok(refused(visit, &typed, &faults, &to, kept)),
    };
    // Nobody else may know the new session's id, and the old one's is of no use any more.
    if let Some(old) = visit.cookies.get(SESSION).and_then(SessionId::parse)
        && let Err(error) = app.sessions.end(&old).await
    {
        return Ok(refused(visit, &typed, &Faults::of(&error.into(), &[]), &to, kept));
    }
    // Somebody else's words must not go out under this name.
    let kept = kept.by(typed.get("login").trim());
    let cookies = [visit.cookies.set(SESSION, &id.text(), None), visit.cookies.clear(cookies::ENTRANCE)];
    parts.headers.insert(COOKIE, visit.cookies.pair(SESSION, &id.text()));
    let mut response = led(&app, visit, Some(id), parts, pages, (&to, kept)).await?;
    for cookie in cookies {
        response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The way to the page `to`, in the new session, where a short text that was `kept` of its form is found again. A long one
/// is shown at once.
async fn led(
    app: &AppState,
    visit: Visit,
    session: Option<SessionId>,
    parts: Parts,
    pages: Router,
    (to, kept): (&str, Typed),
) -> Result<Response, ApiError> {
    let in_cookie = session
        .filter(|_| !kept.is_empty())
        .and_then(|session| Kept::of(app, &visit.cookies, &session, place(to).unwrap_or_default(), &kept));
    match in_cookie {
        Some(Kept { place, cookie }) => Ok(View::new(visit, None).setting(cookie).lead_to(&place)),
        None => arrived(visit, parts, pages, to, kept).await,
    }
}

/// The way to the page `to`; or that page with what was `kept` of its form. Nothing is done: it is a GET.
pub async fn arrived(
    visit: Visit,
    mut parts: Parts,
    mut pages: Router,
    to: &str,
    kept: Typed,
) -> Result<Response, ApiError> {
    let to = place(to).unwrap_or_default();
    if kept.is_empty() {
        return Ok(View::new(visit, None).lead_to(to));
    }
    parts.method = Method::GET;
    parts.uri = format!("{CONSOLE}/{to}").parse().map_err(|_| ApiError::NotFound)?;
    parts.extensions.insert(ShownAt { root: visit.root, language: visit.language });
    parts.extensions.insert(kept);
    match pages.call(Request::from_parts(parts, Body::empty())).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

fn refused(visit: Visit, typed: &Typed, faults: &Faults, to: &str, kept: Typed) -> Response {
    let form = Form::refused(typed, faults, visit.texts);
    faults.timed(entrance::page(visit, faults.status(), form, to, kept))
}

async fn attempt(app: &AppState, client: ClientAddress, typed: &Typed) -> Result<SessionId, Faults> {
    let mut audit = LoginAudit::begin(client);
    audit.login(typed.get(LOGIN));
    let (outcome, faults) = match credentials(typed) {
        Ok((login, senha)) => (judge(app, client, login, senha, &mut audit).await, None),
        Err(faults) => (Err(faults.first()), Some(faults)),
    };
    audit.end(&outcome);
    outcome.map_err(|error| faults.unwrap_or_else(|| Faults::of(&error, &[LOGIN, SENHA])))
}

async fn judge(
    app: &AppState,
    client: ClientAddress,
    login: &str,
    senha: SecretString,
    audit: &mut LoginAudit,
) -> Result<SessionId, ApiError> {
    let AccessToken { usuario_id, generation, .. } = verified(app, client, login, senha, audit).await?;
    Ok(app.sessions.begin(usuario_id, generation).await?)
}

/// What a login comes to, as the API judges and counts it.
pub async fn verified(
    app: &AppState,
    client: ClientAddress,
    login: &str,
    senha: SecretString,
    audit: &mut LoginAudit,
) -> Result<AccessToken, ApiError> {
    let outcome = app.login.login(login, senha, client.0).await.inspect_err(|error| {
        audit.refused(error);
        // A failure that cannot be counted, such as on a full disk.
        if let LoginError::Store(error) = error {
            app.changes.note_failure(error);
        }
    })?;
    audit.usuario(outcome.usuario_id);
    Ok(outcome)
}

fn credentials(typed: &Typed) -> Result<(&str, SecretString), Faults> {
    let (login, senha) = (typed.get(LOGIN), typed.get(SENHA));
    let mut faults = Faults::default();
    faults.take(
        LOGIN,
        match login {
            login if is_blank(login) => Err(ApiError::LoginRequired),
            login if !fits(login, LOGIN_MAX) => Err(ApiError::Invalid(LOGIN)),
            _ => Ok(()),
        },
    );
    faults.take(
        SENHA,
        match SenhaFault::of(senha) {
            Some(SenhaFault::Empty) => Err(ApiError::SenhaRequired),
            Some(_) => Err(ApiError::Invalid(SENHA)),
            None => Ok(()),
        },
    );
    faults.none()?;
    Ok((login, SecretString::from(senha)))
}

/// `GET /console/sair`: whoever comes here without a form meant to.
pub async fn leaving(request: Request) -> Response {
    View::new(Visit::of_request(&request), None).lead_to("")
}

/// `POST /console/sair`
pub async fn sign_out(Posted { who, .. }: Posted<Anybody>) -> Answer {
    let notice = who.view.texts().entrance.signed_out;
    who.signed_out(notice).await
}
