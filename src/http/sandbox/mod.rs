//! What `demo` adds (ours): a reset, and failures and delays on demand. `serve` is built without it.

mod document;
mod failures;
mod reset;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;

use crate::http::answer::catalogue::ApiError;
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

/// `routes` in a sandbox, which starts over from `example`. It belongs inside the frame of all requests, so that a forced
/// failure has its id, its deadline and its form too.
pub fn around(routes: Router, app: SharedState, example: Example) -> Router {
    let routes = routed(routes, reset::route(app.clone(), example))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed);
    // Around the router as a whole: a layer on its routes would have `Allow` added to its answers.
    Router::new().fallback_service(routes).layer(from_fn_with_state(app, failures::intercept))
}
