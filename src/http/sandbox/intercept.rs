//! What happens to a request in a sandbox before it is looked at.

use std::sync::Arc;
use std::time::Duration;

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
use crate::http::answer::spoken::{self, told};
use crate::http::limits::BODY_MAX;
use crate::http::request::asked;
use crate::http::request::origin::is_same_origin;
use crate::http::state::AppState;
use crate::http::transport::Fault;

/// How long the journal waits for the body of a request that fails.
const BODY_DEADLINE: Duration = Duration::from_secs(2);

/// Does what the request's headers ask for, or what is programmed, and enters the request in the journal.
pub async fn intercept(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    if is_own(request.uri().path()) {
        // The routes take no token: the page that a tester looks at beside could program the demo.
        let is_foreign = !request.method().is_safe() && !is_same_origin(request.headers());
        return if is_foreign {
            ApiError::ForeignPage.into_response()
        } else {
            answer(&sandbox, request, next, false).await.0
        };
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
    if let Some((codigo, error)) = demand.error {
        sleep(demand.delay).await;
        tracing::info!(code = codigo, "a failure was forced");
        let response = refuse(request, error, &sandbox.app).await;
        return (response, Some(Simulated { modo: "cabecalho", codigo }));
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
    let error = match failure.outcome {
        // It could be forced when it was programmed.
        Outcome::Error(word) => failures::failure(&sandbox.app, word).unwrap_or(ApiError::Unavailable),
        Outcome::Fault(_) => ApiError::Unavailable,
    };
    let mut response =
        if failure.comes_after() { next(request).await } else { refuse(request, error.clone(), &sandbox.app).await };
    match failure.outcome {
        Outcome::Error(_) if failure.comes_after() => told(error, spoken::asked_for(&response)),
        Outcome::Error(_) => response,
        Outcome::Fault(fault) => {
            response.extensions_mut().insert(fault);
            response
        }
    }
}

/// `error`, and what the request named, where a dialect tells that. Reads the body, for the journal too, unless the client
/// first wants to be told to send it.
async fn refuse(request: Request, error: ApiError, app: &AppState) -> Response {
    if request.headers().contains_key(EXPECT) {
        return error.into_response();
    }
    let (head, body) = request.into_parts();
    let body = timeout(BODY_DEADLINE, Limited::new(body, BODY_MAX).collect()).await;
    let Ok(Ok(body)) = body else { return error.into_response() };
    let asked = asked::before_refusal(&error, Request::from_parts(head, body.to_bytes().into()), app).await;
    told(error, asked)
}
