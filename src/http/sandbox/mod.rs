//! What `demo` adds (ours): a reset, failures and delays on demand, a clock to move, and a journal of the requests.
//! `serve` is built without it.

mod clock;
mod document;
mod failures;
mod faults;
mod intercept;
mod journal;
mod masking;
mod programming;
mod requests;
mod reset;
mod rota;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use self::failures::DELAY_MAX;
use self::state::Sandbox;
use crate::clock::MovableClock;
use crate::http::answer::catalogue::ApiError;
use crate::http::openapi::routed;
use crate::http::state::SharedState;
use crate::store::Example;

/// What the paths of all that it adds begin with.
pub const PATHS: &str = "/sandbox/";

/// The routes that it adds.
fn own_routes() -> [UtoipaMethodRouter<Arc<Sandbox>>; 4] {
    [
        routes!(reset::reset),
        routes!(programming::program, programming::list, programming::clear),
        routes!(clock::set, clock::get, clock::reset),
        routes!(requests::list, requests::clear),
    ]
}

/// The usual `document`, which may be one in a dialect, and what a sandbox adds to it, as a text.
pub fn document_text(document: OpenApi, is_in_dialect: bool) -> String {
    document::generate(document, own_routes().map(|(shapes, paths, _)| (shapes, paths)), is_in_dialect)
}

/// The paths that it adds.
pub fn paths() -> impl Iterator<Item = String> {
    own_routes().into_iter().flat_map(|(_, paths, _)| paths.paths.into_keys())
}

/// `routes` in a sandbox, which starts over from `example` and sets `clock`. It belongs inside the frame of all requests,
/// so that a forced failure has its id, its deadline and its form too.
pub fn around(routes: Router, app: SharedState, example: Example, clock: Arc<MovableClock>) -> Router {
    let (faults, journal) = Default::default();
    let sandbox = Arc::new(Sandbox { app, example, clock, faults, journal });
    let routes = own_routes()
        .into_iter()
        .fold(routes, |routes, own| routed(routes, own.with_state(Arc::clone(&sandbox))))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed);
    // Around the router as a whole: a layer on its routes would have `Allow` added to its answers.
    Router::new().fallback_service(routes).layer(from_fn_with_state(sandbox, intercept::intercept))
}
