//! What happens to a request in a sandbox before it is looked at.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use tokio::time::{sleep, timeout};

use super::failures::{self, Demand};
use super::faults::{Failure, Outcome};
use super::journal::Simulated;
use super::rota::is_own;
use super::state::Sandbox;
use crate::clock::{Clock, rfc3339_millis};
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::BODY_MAX;
use crate::http::transport::Fault;

/// How long the journal waits for the body of a request that fails.
const BODY_DEADLINE: Duration = Duration::from_secs(2);

/// Does what the request's headers ask for, or what is programmed, and enters the request in the journal.
pub async fn intercept(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    if is_own(request.uri().path()) {
        return answer(&sandbox, request, next, false).await.0;
    }
    let headers = sandbox.app.dialect.iter().flat_map(|dialect| dialect.token_headers());
    let carry_token: Vec<HeaderName> = headers.map(|header| header.name.clone()).collect();
    let entry = sandbox.journal.enter(&request, rfc3339_millis(sandbox.clock.now()), &carry_token);
    let request = request.map(|body| entry.watch(body));
    let (response, falha) = answer(&sandbox, request, next, true).await;
    let is_lost = matches!(response.extensions().get(), Some(Fault::Reset | Fault::Silence));
    entry.note_answer((!is_lost).then(|| response.status().as_u16()), falha);
    response
}

/// The answer, and the fault that was simulated in it. Its deadline goes on while the header has it wait, but not while a
/// programmed fault does.
async fn answer(sandbox: &Sandbox, request: Request, next: Next, may_fail: bool) -> (Response, Option<Simulated>) {
    let demand = match Demand::of(&sandbox.app, request.headers()) {
        Ok(demand) => demand,
        Err(error) => return (error.into_response(), None),
    };
    let Some(left) = sandbox.app.deadline.checked_sub(demand.delay).filter(|left| !left.is_zero()) else {
        sleep(sandbox.app.deadline).await;
        return (ApiError::Unavailable.into_response(), None);
    };
    let next = async |request| {
        let answer = timeout(left, next.run(request)).await;
        answer.unwrap_or_else(|_| ApiError::Unavailable.into_response())
    };
    if let Some(error) = demand.error {
        sleep(demand.delay).await;
        tracing::info!(code = error.code(), "a failure was forced");
        let falha = Simulated { modo: "cabecalho", codigo: error.code() };
        note_body(request).await;
        return (error.into_response(), Some(falha));
    }
    let (method, path) = (request.method().as_str(), request.uri().path());
    let failure = may_fail.then(|| sandbox.faults.take(method, path)).flatten();
    sleep(demand.delay + failure.map_or(Duration::ZERO, |failure| failure.delay)).await;
    let Some(failure) = failure else { return (next(request).await, None) };
    let falha = Simulated { modo: failure.modo.name(), codigo: failure.outcome.codigo() };
    tracing::info!(mode = falha.modo, code = falha.codigo, "a programmed failure");
    (fail(sandbox, failure, request, next).await, Some(falha))
}

async fn fail(
    sandbox: &Sandbox,
    failure: Failure,
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let mut response = if failure.comes_after() {
        next(request).await
    } else {
        note_body(request).await;
        ApiError::Unavailable.into_response()
    };
    match failure.outcome {
        // It could be forced when it was programmed.
        Outcome::Error(code) => failures::failure(&sandbox.app, code).unwrap_or(ApiError::Unavailable).into_response(),
        Outcome::Fault(fault) => {
            response.extensions_mut().insert(fault);
            response
        }
    }
}

/// Reads the body of `request` for the journal, unless the client first wants to be told to send it.
async fn note_body(request: Request) {
    if !request.headers().contains_key(EXPECT) {
        let body: Limited<Body> = Limited::new(request.into_body(), BODY_MAX);
        _ = timeout(BODY_DEADLINE, body.collect()).await;
    }
}
