//! HTTP: routes, and the way in and out. Rules and storage are elsewhere.

mod answer;
mod audit;
mod body;
mod caller;
mod charset;
mod client;
mod connection;
mod docs;
pub mod error;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod historico;
mod home;
mod idempotency;
mod login;
pub mod lote;
pub mod memory;
mod misspelt;
pub mod openapi;
mod path;
mod patience;
mod problem;
mod query;
mod reads;
pub mod request;
mod revision;
mod sandbox;
pub mod server;
mod status;

use std::mem;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use ipnet::IpNet;
use tokio::sync::Semaphore;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::service::acesso::AccessService;
use crate::service::changes::ChangeQueue;
use crate::service::login::LoginService;
use crate::store::{Example, Store};
use error::ApiError;
use memory::Memory;
use request::Frame;

/// What the handlers work with; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// For the readiness probe, and what clients read.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Verifies tokens.
    pub tokens: Arc<Tokens>,
    /// Knows what users may do.
    pub access: AccessService,
    /// Issues tokens.
    pub login: Arc<LoginService>,
    /// Makes status changes.
    pub changes: ChangeQueue,
    /// Room for requests of many changes.
    pub lotes: Semaphore,
    /// For large bodies on their way in.
    pub bodies: Memory,
    /// For large answers that wait for their readers.
    pub answers: Memory,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take.
    pub deadline: Duration,
    /// Whether the server is about to stop: it still serves, and is not ready.
    pub is_leaving: AtomicBool,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// How long a body may take to arrive: less than the request as a whole, so that it is named as the cause.
    fn body_deadline(&self) -> Duration {
        self.deadline * 2 / 3
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// All routes, and what happens to every request.
pub fn service(app: App) -> Frame {
    let (deadline, answers) = (app.deadline, app.answers.clone());
    Frame::new(router(app), deadline, answers)
}

/// The same in a sandbox, which starts over from `example`.
pub fn sandbox_service(app: App, example: Example) -> Frame {
    let (deadline, answers) = (app.deadline, app.answers.clone());
    Frame::new(sandbox::around(router(app.clone()), app, example), deadline, answers)
}

fn router(app: App) -> Router {
    let mut router = Router::new().route("/docs/", get(docs::page_in_folder)).route("/docs/{file}", get(docs::file));
    each_route(|route| router = routed(mem::take(&mut router), route));
    router
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app)
}

/// `router` with a route that says itself where it is.
fn routed<S>(router: Router<S>, (_, described, methods): UtoipaMethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    described.paths.keys().fold(router, |router, path| router.route(path, methods.clone()))
}

/// Hands all routes to `take`, each with what the document says of it. Path and method stand at the handler.
///
/// One by one, so that a server never holds all of that: it has the document as a text.
fn each_route(mut take: impl FnMut(UtoipaMethodRouter<App>)) {
    take(routes!(login::login));
    take(routes!(reads::status, status::change));
    take(routes!(lote::change_many));
    take(routes!(historico::historico));
    take(routes!(reads::targets));
    take(routes!(reads::motivos));
    take(routes!(home::home));
    take(routes!(openapi::serve));
    take(routes!(docs::page));
    take(routes!(health::live));
    take(routes!(health::ready));
}
