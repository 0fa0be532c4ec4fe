//! All routes on one page, and the document that they make.

use std::mem;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::http::answer::catalogue::ApiError;
use crate::http::api::{batch, change, history, login, reads};
use crate::http::frame::Frame;
use crate::http::openapi::{self, routed};
use crate::http::pages::{docs, health, home};
use crate::http::sandbox;
use crate::http::state::SharedState;
use crate::store::Example;

/// Hands all routes to `take`, each with what the document says of it. Path and method stand at the handler.
///
/// One by one, so that a server never holds all of that: it has the document as a text.
fn each_route(mut take: impl FnMut(UtoipaMethodRouter<SharedState>)) {
    take(routes!(login::login));
    take(routes!(reads::status, change::change));
    take(routes!(batch::change_many));
    take(routes!(history::historico));
    take(routes!(reads::targets));
    take(routes!(reads::motivos));
    take(routes!(home::home));
    take(routes!(docs::document));
    take(routes!(docs::page));
    take(routes!(health::live));
    take(routes!(health::ready));
}

pub fn service(app: SharedState) -> Frame {
    let around = frame(&app);
    around(router(app))
}

/// The same in a sandbox, which starts over from `example`.
pub fn sandbox_service(app: SharedState, example: Example) -> Frame {
    let around = frame(&app);
    around(sandbox::around(router(app.clone()), app, example, sandbox_openapi_text))
}

fn frame(app: &SharedState) -> impl FnOnce(Router) -> Frame + use<> {
    let (deadline, answers, is_leaving) = (app.deadline, app.answers.clone(), Arc::clone(&app.is_leaving));
    move |routes| Frame::new(routes, deadline, answers, is_leaving)
}

/// The document of all routes, as [`openapi::TEXT`] has to be.
pub fn openapi_text() -> String {
    openapi::written(&document())
}

pub fn sandbox_openapi_text() -> String {
    sandbox::document_text(document())
}

fn document() -> OpenApi {
    let mut described = Vec::new();
    each_route(|(shapes, paths, _)| described.push((shapes, paths)));
    openapi::document(described)
}

fn router(app: SharedState) -> Router {
    let mut router = Router::new().route("/docs/", get(docs::page_in_folder)).route("/docs/{file}", get(docs::file));
    each_route(|route| router = routed(mem::take(&mut router), route));
    router
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app)
}
