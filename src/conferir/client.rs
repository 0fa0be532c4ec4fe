//! HTTP as the kit speaks it: one connection for each request, no proxy, no redirect, nothing without end.

use std::io::Read;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderName, Request};
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use url::Url;

/// How long an answer may take: longer than a server of ours takes for any.
const DEADLINE: Duration = Duration::from_secs(40);
const BODY_MAX: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub struct Received {
    pub code: u16,
    pub headers: HeaderMap,
    /// Its body; what is not UTF-8 is replaced.
    pub body: String,
}

impl Received {
    /// The header `name`, as far as it is text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no answer within {} s", DEADLINE.as_secs())]
    TimedOut,
    #[error("no answer: {0}")]
    Failed(String),
    #[error("the answer can't be read: {0}")]
    Body(String),
    #[error("the system's certificates can't be read: {0}")]
    Certificates(std::io::Error),
}

pub struct Client {
    base: String,
    connections: Connections,
}

enum Connections {
    Plain(Pooled<HttpConnector, Full<Bytes>>),
    Tls(Pooled<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// A request; its texts are ready to be sent.
pub struct Outgoing {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(HeaderName, String)>,
    pub body: String,
}

impl Client {
    /// For the server at `base`, which is `http://` or `https://`. Certificates are verified with the system's.
    pub fn new(base: &Url) -> Result<Self, ClientError> {
        let mut builder = Pooled::builder(TokioExecutor::new());
        // A connection that the server is about to close is not used again.
        builder.pool_max_idle_per_host(0);
        let connections = if base.scheme() == "https" {
            let https = HttpsConnectorBuilder::new().with_native_roots().map_err(ClientError::Certificates)?;
            Connections::Tls(builder.build(https.https_only().enable_http1().build()))
        } else {
            Connections::Plain(builder.build_http())
        };
        Ok(Self { base: base.as_str().trim_end_matches('/').to_owned(), connections })
    }

    /// The address of `path`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends `request` and reads the answer.
    pub async fn send(&self, request: Outgoing) -> Result<Received, ClientError> {
        let mut builder = Request::builder().method(request.method).uri(self.url(&request.path));
        for (name, value) in request.headers {
            builder = builder.header(name, value.as_bytes());
        }
        let request = builder.body(Full::from(request.body)).map_err(|error| ClientError::Failed(error.to_string()))?;
        timeout(DEADLINE, self.exchange(request)).await.map_err(|_| ClientError::TimedOut)?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Received, ClientError> {
        let answer = match &self.connections {
            Connections::Plain(client) => client.request(request).await,
            Connections::Tls(client) => client.request(request).await,
        };
        let (head, body) = answer.map_err(|error| ClientError::Failed(causes(&error)))?.into_parts();
        let body =
            Limited::new(body, BODY_MAX).collect().await.map_err(|error| ClientError::Body(error.to_string()))?;
        let body = decompressed(&head.headers, body.to_bytes())?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Received { code: head.status.as_u16(), headers: head.headers, body })
    }
}

/// `body` as it was before it was compressed: some servers do that unasked.
fn decompressed(headers: &HeaderMap, body: Bytes) -> Result<Bytes, ClientError> {
    let coding = headers.get(CONTENT_ENCODING).map(|coding| coding.as_bytes().to_ascii_lowercase());
    if coding.as_deref() != Some(b"gzip") {
        return Ok(body);
    }
    let mut bytes = Vec::new();
    let read = GzDecoder::new(&body[..]).take(BODY_MAX as u64).read_to_end(&mut bytes);
    read.map_err(|error| ClientError::Body(error.to_string()))?;
    Ok(bytes.into())
}

/// An error and what lies behind it.
fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
