//! One connection, from its first byte to its last: what hyper leaves out, namely answers of the contract's
//! form to what is not HTTP, a deadline for writing, and an end that lets the client read its answer.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame as BodyFrame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};
use tower_http::add_extension::AddExtension;

use super::error::ApiError;
use super::request::{Frame, complete, new_id};

/// How long the head of a request may take to arrive, and a connection may stay idle.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a client may leave what was written to it untouched.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Room for one head.
const BUFFER: usize = 16 * 1024;
/// How long, and how much, is still read from a client that was answered before it had sent everything.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 4 * 1024 * 1024;

/// All routes, with the address of who calls them.
pub type Routes = AddExtension<Frame, ConnectInfo<SocketAddr>>;

/// Serves `stream` until either side closes it. Once `stopping` changes, the request in flight is the last.
pub async fn serve(stream: TcpStream, routes: Routes, mut stopping: watch::Receiver<()>) {
    // Answers are one small write each: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let routes = TowerToHyperService::new(routes);
    let unread = Arc::new(AtomicBool::new(false));
    let answer = |request: Request<Incoming>| routes.call(request.map(|body| Watched::new(body, &unread)));
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Wire::new(stream)), service_fn(answer));
    let ended = tokio::select! {
        biased;
        ended = &mut http => ended,
        _ = stopping.changed() => {
            Pin::new(&mut http).graceful_shutdown();
            (&mut http).await
        }
    };
    let mut wire = http.into_parts().io.into_inner();
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
        if wire.refused {
            let error = if error.is_parse_too_large() { ApiError::HeadTooLarge } else { ApiError::Malformed };
            _ = wire.write_all(&last_answer(error.into_response()).await).await;
        }
    }
    _ = wire.stream.shutdown().await;
    // To close now would reset the connection under a client that still sends, and its answer would be lost.
    if wire.refused || unread.load(Ordering::Relaxed) {
        let mut rest = wire.stream.take(LINGER_BYTES);
        _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    }
}

/// `response` as it goes over the wire, with what else every answer carries.
async fn last_answer(mut response: Response) -> Vec<u8> {
    complete(&mut response, new_id());
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    bytes.extend(format!("content-length: {}\r\ndate: {date}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

/// A request's body that notes whether it was read to its end.
struct Watched {
    body: Incoming,
    unread: Arc<AtomicBool>,
}

impl Watched {
    fn new(body: Incoming, unread: &Arc<AtomicBool>) -> Self {
        unread.store(!body.is_end_stream(), Ordering::Relaxed);
        Self { body, unread: Arc::clone(unread) }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() {
            self.unread.store(false, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The stream, without hyper's own answers and with a deadline for writing.
struct Wire {
    stream: TcpStream,
    /// hyper has refused what came in, and its answer was held back.
    refused: bool,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    fn new(stream: TcpStream) -> Self {
        Self { stream, refused: false, stalled: None }
    }

    /// `written`, or an error once the client has taken nothing for too long.
    fn in_time(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_DEADLINE)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Whether `head` begins an answer of hyper's own. It writes none but refusals, and they lack the id
/// that all answers of ours carry.
fn is_hypers_own(head: &[u8]) -> bool {
    const ID: &[u8] = b"\r\nx-request-id: ";
    (head.starts_with(b"HTTP/1.1 4") || head.starts_with(b"HTTP/1.0 4")) && !head.windows(ID.len()).any(|w| w == ID)
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.as_mut().poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if parts.first().is_some_and(|head| is_hypers_own(head)) {
            self.refused = true;
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Left to [`serve`], which ends with care.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
