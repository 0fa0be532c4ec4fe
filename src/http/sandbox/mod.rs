//! What `demo` adds (ours): a reset, and failures and delays on demand. `serve` is built without it.

mod document;
mod failures;
mod reset;

use std::sync::OnceLock;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa::openapi::OpenApi;

use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::routed;
use crate::http::state::SharedState;
use crate::store::Example;

/// The usual `document` and what a sandbox adds to it, as a text.
pub fn document_text(document: OpenApi) -> String {
    document::generate(document, reset::described())
}

/// The paths that it adds.
pub fn paths() -> impl Iterator<Item = String> {
    reset::described().paths.into_keys()
}

/// `routes` in a sandbox, which starts over from `example`; `document` makes the text that describes them. It belongs inside the frame of
/// all requests, so that a forced failure has its id, its deadline and its form too.
pub fn around(routes: Router, app: SharedState, example: Example, document: fn() -> String) -> Router {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = move || TEXT.get_or_init(document).as_str();
    let routes = routed(routes, reset::route(app.clone(), example))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed);
    // Around the router as a whole: a layer on its routes would have `Allow` added to its answers.
    Router::new()
        .route("/openapi.json", get(async move || json::document(text())).fallback_service(routes.clone()))
        .fallback_service(routes)
        .layer(from_fn_with_state(app, failures::intercept))
}
