//! HTTP: routes, and the way in and out. Rules and storage are elsewhere.

mod answer;
mod audit;
mod body;
mod caller;
mod client;
mod connection;
pub mod error;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod historico;
mod home;
mod idempotency;
mod login;
pub mod lote;
mod problem;
mod query;
mod reads;
pub mod request;
mod revision;
pub mod server;
mod status;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use ipnet::IpNet;
use tokio::sync::Semaphore;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::service::acesso::AccessService;
use crate::service::changes::ChangeQueue;
use crate::service::login::LoginService;
use crate::store::Store;
use error::ApiError;
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
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take.
    pub deadline: Duration,
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
    let deadline = app.deadline;
    Frame::new(router(app), deadline)
}

fn router(app: App) -> Router {
    Router::new()
        .route("/api/usuario/login", post(login::login))
        .route("/api/atendimentos/status", get(reads::status).post(status::change))
        .route("/api/atendimentos/status/lote", post(lote::change_many))
        .route("/api/atendimentos/{protocolo}/historico", get(historico::historico))
        .route("/api/atendimentos/{protocolo}/transicoes", get(reads::targets))
        .route("/api/motivos", get(reads::motivos))
        .route("/", get(home::home))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app)
}
