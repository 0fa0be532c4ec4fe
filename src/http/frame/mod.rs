//! What happens to every request: an id, a span, a deadline, an answer even after a panic, errors in the form that
//! the client asks for, and no cache on the way.

mod route_names;
mod trace;
mod watch;

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, HOST};
use axum::http::{HeaderMap, HeaderValue, Uri, Version};
use axum::response::{IntoResponse, Response};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanic;
use tower_service::Service;
use tracing::Instrument;
use uuid::Uuid;

pub use self::route_names::RouteNames;
pub use self::watch::Watch;
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::problem;
use crate::http::answer::render::{ErrorPage, render, shown};
use crate::http::answer::spoken::{CITRUS_PATHS, Challenge, Speaker};
use crate::http::answer::{ALWAYS, REQUEST_ID};
use crate::http::memory::Memory;
use crate::http::request::path;

const REQUEST_ID_MAX: usize = 128;
/// The target of the requests' spans and events. Operators name it in `LOG_LEVEL`, so it stays where the code moves.
const TARGET: &str = "citrus_status::http::request";

/// Runs each request under its id and deadline. The deadline drops the handler, not what the change
/// queue has taken in: that may still be made, so a client that is told 503 asks again.
///
/// A service around all routes and not a layer, which the router would box for each of them.
#[derive(Clone)]
pub struct Frame {
    routes: CatchPanic<Router, PanicHandler>,
    watch: Arc<Watch>,
    deadline: Duration,
    answers: Memory,
    is_leaving: Arc<AtomicBool>,
    dialect: Option<DialectInForce>,
    /// What the paths begin with that no Citrus has: there, a dialect says nothing.
    own_paths: Option<&'static str>,
    error_pages: Option<ErrorPages>,
}

/// What shows people the errors of a request to this address with these headers; `None` where a program asks.
pub type ErrorPages = fn(&Uri, &HeaderMap) -> Option<ErrorPage>;

/// The dialect in which errors and successes are answered, and the time that they tell.
#[derive(Clone)]
pub struct DialectInForce {
    pub dialect: Arc<Dialect>,
    pub clock: Arc<dyn Clock>,
}

impl DialectInForce {
    fn speaker<B>(&self, request: &Request<B>) -> Speaker {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        Speaker { dialect: Arc::clone(&self.dialect), method, path, now: self.clock.now(), id: Uuid::new_v4() }
    }
}

type PanicHandler = fn(Box<dyn Any + Send>) -> Response;

impl Frame {
    /// Around `routes`, which `watch` knows by name; large answers wait for their readers in `answers`.
    /// While the server `is_leaving`, each answer is its connection's last, so that a proxy has none to it when it stops.
    pub fn new(routes: Router, watch: Watch, deadline: Duration, answers: Memory, is_leaving: Arc<AtomicBool>) -> Self {
        let routes = CatchPanic::custom(routes, panicked as PanicHandler);
        Self {
            routes,
            watch: Arc::new(watch),
            deadline,
            answers,
            is_leaving,
            dialect: None,
            own_paths: None,
            error_pages: None,
        }
    }

    /// The same, answering in `dialect` if there is one.
    #[must_use]
    pub fn in_dialect(self, dialect: Option<DialectInForce>) -> Self {
        Self { dialect, ..self }
    }

    /// The same, speaking no dialect on paths that begin with `own`.
    #[must_use]
    pub fn with_own_paths(self, own: &'static str) -> Self {
        Self { own_paths: Some(own), ..self }
    }

    /// The same, with a later deadline: the routes may wait for `delay` besides, and keep the deadline themselves.
    #[must_use]
    pub fn with_time_for(self, delay: Duration) -> Self {
        Self { deadline: self.deadline + delay, ..self }
    }

    /// Whether the dialect words the answers of `path`. Who `asks_for_problems` gets them from the routes that no Citrus
    /// has; a Citrus knows nothing of them.
    fn speaks(&self, path: &str, asks_for_problems: bool) -> bool {
        let is_own = self.own_paths.is_some_and(|own| path.starts_with(own));
        let is_ours_alone = self.watch.routes.has(path) && !CITRUS_PATHS.contains(&path);
        !(is_own || asks_for_problems && is_ours_alone)
    }

    /// The same, with pages of errors where `pages` has them.
    #[must_use]
    pub fn with_error_pages(self, pages: ErrorPages) -> Self {
        Self { error_pages: Some(pages), ..self }
    }
}

impl<B> Service<Request<B>> for Frame
where
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let id = request_id(request.headers());
        let trace = trace::trace_id(request.headers()).map(str::to_owned);
        let span = tracing::info_span!(
            target: TARGET,
            "request",
            id = id.to_str().unwrap_or_default(),
            trace_id = trace.as_deref(),
            method = %request.method(),
            path = request.uri().path(),
        );
        let language = problem::wanted(request.headers());
        let one_host = names_one_host(&request);
        let error_page = self.error_pages.and_then(|pages| pages(request.uri(), request.headers()));
        let dialect = self.dialect.as_ref().filter(|_| error_page.is_none());
        let speaker = dialect.map(|dialect| dialect.speaker(&request));
        if let Some(uri) = path::cleaned(request.uri()) {
            *request.uri_mut() = uri;
        }
        let speaker = speaker.filter(|_| self.speaks(request.uri().path(), language.is_some()));
        let watched = self.watch.begin(&request, &id, trace.as_deref());
        let answer = timeout(self.deadline, self.routes.call(request));
        let answers = self.answers.clone();
        let is_leaving = Arc::clone(&self.is_leaving);
        let framed = async move {
            let response = if one_host { answered(answer.await) } else { ApiError::Malformed.into_response() };
            let response = answers.hold(response).unwrap_or_else(|full| ApiError::from(full).into_response());
            let client_left = response.extensions().get().is_some_and(ApiError::client_left);
            let (response, spoken) = match &speaker {
                Some(speaker) => speaker.speak(response),
                None => (response, None),
            };
            let mut response = match error_page {
                Some(page) => shown(response, page),
                None => render(response, language),
            };
            tracing::debug!(target: TARGET, status = response.status().as_u16(), "answered");
            complete(&mut response, id);
            if let Some((speaker, Challenge(challenge))) = speaker.zip(spoken) {
                speaker.dialect.add_headers(response.headers_mut(), challenge.as_ref());
            }
            if is_leaving.load(Ordering::Relaxed) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            (response, client_left)
        };
        let framed = framed.instrument(span);
        Box::pin(async move {
            let (response, client_left) = framed.await;
            // Outside the span: a line of the access log stands for itself.
            if !client_left {
                watched.answered(response.status().as_u16());
            }
            Ok(response)
        })
    }
}

fn answered<B>(answer: Result<Result<Response<B>, Infallible>, Elapsed>) -> Response
where
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    match answer {
        Ok(Ok(response)) => response.map(Body::new),
        Ok(Err(never)) => match never {},
        Err(_) => {
            tracing::error!(target: TARGET, "the request took too long");
            ApiError::Unavailable.into_response()
        }
    }
}

/// RFC 9112, 3.2: in HTTP/1.1 every request has one `Host`. With none or several, a proxy in front may have
/// taken it for another server's.
fn names_one_host<B>(request: &Request<B>) -> bool {
    request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

fn complete(response: &mut Response, id: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    for (name, value) in ALWAYS {
        // The files of a page may be kept, and say so.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The answer after a panic; what it said stays in the log of the panic itself.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!(target: TARGET, "a handler panicked");
    ApiError::Internal.into_response()
}

/// The caller's id where it is sane, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        (1..=REQUEST_ID_MAX).contains(&id.len())
            && id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte))
    };
    headers.get(&REQUEST_ID).filter(sane).cloned().unwrap_or_else(new_id)
}

/// `<process>-<number>`: unique without a random number for each request.
fn new_id() -> HeaderValue {
    static PROCESS: LazyLock<String> = LazyLock::new(|| format!("{:016x}-", Uuid::new_v4().as_u64_pair().0));
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let id = format!("{}{:x}", *PROCESS, NUMBER.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).expect("hexadecimal digits and a hyphen")
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::metrics::{Metrics, Now};

    fn framed(routes: Router, metrics: &Arc<Metrics>) -> Frame {
        framed_until(routes, metrics, Arc::default())
    }

    fn framed_until(routes: Router, metrics: &Arc<Metrics>, is_leaving: Arc<AtomicBool>) -> Frame {
        let watch = Watch {
            metrics: Arc::clone(metrics),
            routes: RouteNames::new(["/"]),
            access_log: true,
            trusted_proxies: Vec::new(),
        };
        Frame::new(routes, watch, Duration::from_secs(1), Memory::new(1024), is_leaving)
    }

    fn request() -> Request<Body> {
        Request::builder().header(HOST, "x").body(Body::empty()).unwrap()
    }

    /// Checks that one request was counted, with this status.
    #[track_caller]
    fn counted(metrics: &Metrics, status: u16) {
        let page = metrics.page(&Now { waiting: 0, queue_capacity: 0, pools: Vec::new(), lines_dropped: [0; 2] });
        let line = format!("citrus_status_http_requests_total{{method=\"GET\",route=\"/\",status=\"{status}\"}} 1");
        assert!(page.lines().any(|other| other == line), "{page}");
    }

    #[tokio::test]
    async fn a_panic_is_answered_without_what_it_said() {
        let routes = Router::new().route("/", get(|| async { panic!("segredo") as &'static str }));
        let metrics = Arc::default();
        let response = framed(routes, &metrics).oneshot(request()).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"message":"Erro interno"}"#);
        counted(&metrics, 500);
    }

    #[tokio::test]
    async fn a_client_that_leaves_before_its_answer_is_counted() {
        let routes = Router::new().route("/", get(std::future::pending::<&'static str>));
        let metrics = Arc::default();
        timeout(Duration::ZERO, framed(routes, &metrics).oneshot(request())).await.unwrap_err();
        counted(&metrics, 499);
    }

    #[tokio::test]
    async fn while_the_server_leaves_each_answer_is_its_connections_last() {
        let is_leaving = Arc::new(AtomicBool::new(false));
        let routes = Router::new().route("/", get(|| async {}));
        let frame = framed_until(routes, &Arc::default(), Arc::clone(&is_leaving));
        for (leaving, connection) in [(false, None), (true, Some("close"))] {
            is_leaving.store(leaving, Ordering::Relaxed);
            let response = frame.clone().oneshot(request()).await.unwrap();
            assert_eq!(response.headers().get(CONNECTION).map(|value| value.to_str().unwrap()), connection);
        }
    }
}
