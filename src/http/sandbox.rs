//! What a sandbox has more [ours]: a reset, and failures and delays on demand, so that clients can try how
//! they take them. `serve` is built without it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use time::OffsetDateTime;
use tokio::time::sleep;
use tracing::Instrument;
use utoipa::openapi::path::Paths;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::error::{ApiError, Who};
use super::openapi::errors::Errors;
use super::openapi::sandbox::SANDBOX;
use super::openapi::schemas::Mensagem;
use super::{App, answer, openapi, routed};
use crate::auth::token::Rejection;
use crate::domain::atendimento::Denial;
use crate::service::throttle::Throttled;
use crate::store::Example;

/// What a reset is answered.
const RESTORED: &str = "Dados de exemplo restaurados";
/// Names the failure to answer.
pub(super) const FAILURE: &str = "X-Sandbox-Falha";
/// Names the milliseconds to wait.
pub(super) const DELAY: &str = "X-Sandbox-Atraso";
/// Longest delay.
pub(super) const DELAY_MAX: Duration = Duration::from_secs(60);
/// For how long a token has expired that is said to have.
const EXPIRED_FOR: Duration = Duration::from_secs(5);

struct Sandbox {
    app: App,
    example: Example,
}

/// `routes` in a sandbox, which starts over from `example`. It belongs inside the frame of all requests, so
/// that what is forced has its id, its deadline and its form too.
pub(super) fn around(routes: Router, app: App, example: Example) -> Router {
    let sandbox = Arc::new(Sandbox { app, example });
    let routes = routed(routes, routes!(reset).with_state(Arc::clone(&sandbox)))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed);
    // Around the router as a whole: a layer on its routes would have `Allow` added to its answers.
    Router::new()
        .route("/openapi.json", get(openapi::sandbox::serve).fallback_service(routes.clone()))
        .fallback_service(routes)
        .layer(from_fn_with_state(sandbox, intercept))
}

/// What the document says of the routes that only a sandbox has.
pub(super) fn described() -> Paths {
    let (_, described, _): UtoipaMethodRouter<Arc<Sandbox>> = routes!(reset);
    described
}

/// `POST /sandbox/reset`: the example's data again. Users and tokens stay.
#[utoipa::path(
    post, path = "/sandbox/reset", tag = SANDBOX, operation_id = "restaurar",
    summary = "Restaura os dados de exemplo [ours]",
    description = "Atendimentos e motivos voltam a ser os do exemplo, sem histórico; chaves de idempotência e falhas de \
        login são esquecidas. Usuários e tokens ficam.",
    responses(
        (status = 200, description = "Restaurados", body = Mensagem, example = json!({"message": RESTORED})),
        Errors<()>
    ),
)]
async fn reset(State(sandbox): State<Arc<Sandbox>>) -> Result<Response, ApiError> {
    // A task of its own: a client that hangs up does not stop it half-way.
    let started = async move { sandbox.app.store.start_over(&sandbox.example).await };
    tokio::spawn(started.in_current_span()).await.map_err(|_| ApiError::Internal)??;
    tracing::info!("the example data was restored");
    Ok(answer::message(StatusCode::OK, RESTORED))
}

/// Does what the headers of a sandbox ask for, before the request is looked at.
async fn intercept(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Result<Response, ApiError> {
    let failure = header(request.headers(), FAILURE, |code| sandbox.failure(code))?;
    if let Some(delay) = header(request.headers(), DELAY, delay)? {
        sleep(delay).await;
    }
    match failure {
        Some(error) => {
            tracing::info!(code = error.code(), "a failure was forced");
            Err(error)
        }
        None => Ok(next.run(request).await),
    }
}

impl Sandbox {
    /// The error of `code`, where it can be forced.
    fn failure(&self, code: &str) -> Option<ApiError> {
        let throttled = self.app.login.refusal().map(ApiError::Throttled);
        failures(self.app.clock.now()).into_iter().chain(throttled).find(|error| error.code() == code)
    }
}

/// The errors that can be told without a request that is at fault, but for that of the limits in force.
fn failures(now: OffsetDateTime) -> [ApiError; 16] {
    let at = now - EXPIRED_FOR;
    [
        ApiError::NotFound,
        ApiError::UsuarioNaoEncontrado,
        ApiError::SenhaInvalida,
        ApiError::TokenMissing,
        ApiError::Token(Rejection::Untrusted),
        ApiError::Token(Rejection::Expired { at, now }),
        ApiError::TokenRevoked(Who::NOBODY),
        ApiError::AccessDenied(Who::NOBODY),
        ApiError::Denied(Denial::AtendimentoNaoEncontrado),
        ApiError::Denied(Denial::StatusNaoEncontrado),
        ApiError::Denied(Denial::MotivoObrigatorio),
        ApiError::Denied(Denial::MotivoNaoEncontrado),
        ApiError::Denied(Denial::ChaveReutilizada),
        ApiError::InProgress,
        ApiError::Internal,
        ApiError::Unavailable,
    ]
}

/// The codes of the errors that can be forced, sorted.
pub(super) fn codes() -> Vec<&'static str> {
    let throttled = ApiError::Throttled(Throttled { policies: Vec::new(), exhausted: Vec::new() });
    let errors = failures(OffsetDateTime::UNIX_EPOCH).into_iter().chain([throttled]);
    let mut codes: Vec<&str> = errors.map(|error| error.code()).collect();
    codes.sort_unstable();
    codes
}

fn delay(millis: &str) -> Option<Duration> {
    let digits = millis.bytes().all(|byte| byte.is_ascii_digit());
    let delay = Duration::from_millis(millis.parse().ok()?);
    (digits && delay <= DELAY_MAX).then_some(delay)
}

/// What `read` makes of the header `name`, if it was sent.
fn header<T>(
    headers: &HeaderMap,
    name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(read).map(Some).ok_or(ApiError::Invalid(name)),
        _ => Err(ApiError::Invalid(name)),
    }
}
