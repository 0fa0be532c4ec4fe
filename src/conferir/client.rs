//! HTTP as the kit speaks it: one connection for each request, no proxy, no redirect, nothing without end.

use std::error::Error;
use std::fmt::Display;
use std::future::poll_fn;
use std::io::{self, Read};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, Request, Uri};
use encoding_rs::Encoding;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::{self, CertificateError};
use tower_service::Service;
use url::Url;

use crate::dialect::decoded;

/// How long an answer may take: longer than a server of ours takes for any.
const DEADLINE: Duration = Duration::from_secs(40);
/// Most bytes of an answer that are read.
const BODY_MAX: usize = 1024 * 1024;
/// Most bytes of the head of an answer.
const HEAD_MAX: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub struct Received {
    pub code: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// In which the body came.
    pub charset: &'static Encoding,
}

impl Received {
    /// The header `name`, as far as it is text. Several lines of it are one with commas, which means the same.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(name).iter();
        lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
            .reduce(|one, other| format!("{one}, {other}"))
    }
}

/// Whether an answer of status code `code` is that of a server, or of a gateway before it, which could do the same a moment later.
pub(super) fn is_of_the_moment(code: u16) -> bool {
    matches!(code, 429 | 502..=504)
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no answer within {} s", DEADLINE.as_secs())]
    TimedOut,
    #[error("no answer: {0}")]
    Failed(String),
    #[error("the answer can't be read: {0}")]
    Body(String),
    /// As many bytes, if the server says how many.
    #[error(
        "the answer is too long: it has {}, and at most {BODY_MAX} are read",
        .0.map_or_else(|| "more bytes".to_owned(), |size| format!("{size} bytes"))
    )]
    TooLong(Option<u64>),
    #[error("the system's certificates can't be read: {0}")]
    Certificates(io::Error),
}

pub struct Client {
    base: String,
    connections: Connections,
}

/// A client, and what connects it.
enum Connections {
    Plain(Pooled<HttpConnector, Full<Bytes>>, HttpConnector),
    Tls(Pooled<HttpsConnector<HttpConnector>, Full<Bytes>>, HttpsConnector<HttpConnector>),
}

/// A request; its texts are ready to be sent.
pub struct Outgoing {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(HeaderName, String)>,
    pub body: Vec<u8>,
}

impl Client {
    /// For the server at `base`, which is `http://` or `https://`. Certificates are verified with the system's.
    pub fn new(base: &Url) -> Result<Self, ClientError> {
        let mut builder = Pooled::builder(TokioExecutor::new());
        // A connection that the server is about to close is not used again.
        builder.pool_max_idle_per_host(0);
        let connections = if base.scheme() == "https" {
            let https = HttpsConnectorBuilder::new().with_native_roots().map_err(ClientError::Certificates)?;
            let https = https.https_only().enable_http1().build();
            Connections::Tls(builder.build(https.clone()), https)
        } else {
            let http = HttpConnector::new();
            Connections::Plain(builder.build(http.clone()), http)
        };
        Ok(Self { base: base.as_str().trim_end_matches('/').to_owned(), connections })
    }

    /// The address of `path`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends `request` and reads the answer.
    pub async fn send(&self, request: Outgoing) -> Result<Received, ClientError> {
        let request = self.request(request)?;
        timeout(DEADLINE, self.exchange(request)).await.map_err(|_| ClientError::TimedOut)?
    }

    fn request(&self, request: Outgoing) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut builder = Request::builder().method(request.method).uri(self.url(&request.path));
        for (name, value) in request.headers {
            builder = builder.header(name, value.as_bytes());
        }
        builder.body(Full::from(request.body)).map_err(|error| ClientError::Failed(error.to_string()))
    }

    /// The names of the headers of the answer to `request`, as the server writes them.
    pub(super) async fn header_names(&self, request: Outgoing) -> Result<Vec<String>, ClientError> {
        let (body, request) = (request.body.clone(), self.request(request)?);
        let asked = async {
            match &self.connections {
                Connections::Plain(_, http) => header_names(http.clone(), &request, &body).await,
                Connections::Tls(_, https) => header_names(https.clone(), &request, &body).await,
            }
        };
        timeout(DEADLINE, asked).await.map_err(|_| ClientError::TimedOut)?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Received, ClientError> {
        let answer = match &self.connections {
            Connections::Plain(client, _) => client.request(request).await,
            Connections::Tls(client, _) => client.request(request).await,
        };
        let (head, body) = answer.map_err(|error| ClientError::Failed(causes(&error)))?.into_parts();
        let size = body.size_hint().exact();
        let body =
            Limited::new(body, BODY_MAX).collect().await.map_err(|error| match error.is::<LengthLimitError>() {
                true => ClientError::TooLong(size),
                false => ClientError::Body(error.to_string()),
            })?;
        let body = decompressed(&head.headers, body.to_bytes())?;
        let kind = head.headers.get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()));
        let (body, charset) = decoded(kind.as_deref().unwrap_or_default(), &body)
            .ok_or_else(|| ClientError::Body("it is in a charset that is not read here".to_owned()))?;
        Ok(Received { code: head.status.as_u16(), headers: head.headers, body: body.into_owned(), charset })
    }
}

/// hyper makes the names of headers small, so the head is read as it comes.
async fn header_names<C>(
    mut connector: C,
    request: &Request<Full<Bytes>>,
    body: &[u8],
) -> Result<Vec<String>, ClientError>
where
    C: Service<Uri, Error: Display, Response: hyper::rt::Read + hyper::rt::Write + Unpin>,
{
    let failed = |error: &dyn Display| ClientError::Failed(error.to_string());
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut head = format!("{} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method());
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    poll_fn(|context| connector.poll_ready(context)).await.map_err(|error| failed(&error))?;
    let stream = connector.call(uri.clone()).await.map_err(|error| failed(&error))?;
    let mut stream = TokioIo::new(stream);
    stream.write_all(&[head.as_bytes(), body].concat()).await.map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.map_err(|error| failed(&error))? == 0 || bytes.len() > HEAD_MAX {
            return Err(ClientError::Failed("the head of an answer ends nowhere".to_owned()));
        }
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut answer = httparse::Response::new(&mut headers);
        if answer.parse(&bytes).map_err(|error| failed(&error))?.is_complete() {
            return Ok(answer.headers.iter().map(|header| header.name.to_owned()).collect());
        }
    }
}

/// `body` as it was before it was compressed: some servers do that unasked.
fn decompressed(headers: &HeaderMap, body: Bytes) -> Result<Bytes, ClientError> {
    let coding = headers.get(CONTENT_ENCODING).map(|coding| coding.as_bytes().to_ascii_lowercase());
    if coding.as_deref() != Some(b"gzip") {
        return Ok(body);
    }
    let mut bytes = Vec::new();
    let read = GzDecoder::new(&body[..]).take(BODY_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| ClientError::Body(error.to_string()))?;
    if bytes.len() > BODY_MAX { Err(ClientError::TooLong(None)) } else { Ok(bytes.into()) }
}

/// An error and what lies behind it, with what helps against a certificate that nobody known here signed.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = std::iter::successors(Some(error), |&error| error.source()).collect();
    let text = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let help = "if a CA of your own signed it, name the file of that CA: SSL_CERT_FILE=ca.pem";
    if causes.iter().any(|cause| is_of_an_unknown_issuer(*cause)) { format!("{text}; {help}") } else { text }
}

/// Whether `error` refuses a certificate because its CA is not trusted. An `io::Error` is no cause of what it wraps, which may be
/// another one.
fn is_of_an_unknown_issuer(error: &(dyn Error + 'static)) -> bool {
    if let Some(wrapped) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return is_of_an_unknown_issuer(wrapped);
    }
    let Some(rustls::Error::InvalidCertificate(refusal)) = error.downcast_ref() else { return false };
    // Of a CA that has the name of a trusted one, the signature is wrong.
    matches!(refusal, CertificateError::UnknownIssuer | CertificateError::BadSignature)
}
