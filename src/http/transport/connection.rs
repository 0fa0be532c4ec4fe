//! One connection, from its first byte to its last: what hyper leaves out, namely the bodies that nobody read, a
//! deadline for writing, and an end that lets the client read its answer.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame as BodyFrame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};
use tower_http::add_extension::AddExtension;
use tower_service::Service;

use super::fault::Fault;
use super::keep_alive::{HEAD_DEADLINE, HeadTimer};

/// How long a client may leave what was written to it untouched.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Room for one head.
const BUFFER: usize = 16 * 1024;
/// How much of a body that nobody read is waited for, so that the connection can be kept, and how long.
const UNREAD_MAX: u64 = 64 * 1024;
const UNREAD_DEADLINE: Duration = Duration::from_secs(2);
/// How long, and how much, is still read from a client that was answered before it had sent everything.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 4 * 1024 * 1024;
/// How long an idle connection stays open after the stop, for a request that is on its way already.
const ON_ITS_WAY: Duration = Duration::from_millis(200);

/// The service that answers the requests, with the address of their caller.
type WithPeer<S> = AddExtension<S, ConnectInfo<SocketAddr>>;

/// Serves `stream` until either side closes it. Once `stopping` changes, the request in flight or on its way is the last.
pub async fn serve<S>(
    stream: TcpStream,
    routes: WithPeer<S>,
    timer: HeadTimer,
    title_case_headers: bool,
    mut stopping: watch::Receiver<()>,
) where
    S: Service<Request<TrackedBody>, Response = Response, Error = Infallible> + Clone,
{
    // Answers are one small write each: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let unread = Arc::new(Unread::default());
    let stop = stopping.clone();
    let service = service_fn(|request| {
        timer.note_head();
        answer(routes.clone(), request, Arc::clone(&unread), &stop)
    });
    let mut http = http1::Builder::new()
        .timer(timer.clone())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(BUFFER)
        .title_case_headers(title_case_headers)
        // A client that has said everything may close its half, and still waits for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(TimedStream::new(stream, timer.clone())), service);
    let ended = tokio::select! {
        biased;
        ended = &mut http => ended,
        _ = stopping.changed() => {
            if let Ok(ended) = timeout(ON_ITS_WAY, &mut http).await {
                ended
            } else {
                Pin::new(&mut http).graceful_shutdown();
                (&mut http).await
            }
        }
    };
    if let Err(error) = &ended {
        tracing::debug!(%error, "a connection ended early");
    }
    let stream = http.into_parts().io.into_inner().stream;
    if let Some(fault @ (Fault::Reset | Fault::Silence)) = ended.as_ref().err().and_then(Fault::behind) {
        return Box::pin(fault.end(stream, stop)).await;
    }
    // hyper has refused what is not HTTP, and may have read only a part of it.
    let still_sends = unread.was_left() || ended.is_err_and(|error| error.is_parse());
    close(stream, still_sends).await;
}

/// Closes `stream`. To do so at once would reset it under a client that `still_sends`, and its answer would be lost.
async fn close(mut stream: TcpStream, still_sends: bool) {
    _ = stream.shutdown().await;
    if still_sends {
        let mut rest = stream.take(LINGER_BYTES);
        _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    }
}

/// Answers `request`. Where the server stops, or the next request would begin behind a body that does not come, the
/// answer says that it is the connection's last. A [`Fault`] is an error where it lets nothing through.
async fn answer<S>(
    mut routes: WithPeer<S>,
    request: Request<Incoming>,
    unread: Arc<Unread>,
    stop: &watch::Receiver<()>,
) -> Result<Response, Fault>
where
    S: Service<Request<TrackedBody>, Response = Response, Error = Infallible>,
{
    let expects = request.headers().contains_key(EXPECT);
    let Ok(mut response) = routes.call(request.map(|body| TrackedBody::new(body, &unread))).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = Box::pin(fault.spoil(response, stop.clone())).await?;
    }
    if let Some(body) = unread.take() {
        // Without "100 Continue" there may be no body at all, and then the next request looks like one.
        if expects || ends_connection(response.headers()) || !arrived(body).await {
            unread.leave();
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    if stop.has_changed().unwrap_or(true) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

fn ends_connection(headers: &HeaderMap) -> bool {
    headers.get(CONNECTION).is_some_and(|value| value == "close")
}

/// Whether the rest of `body` is short, and came in time.
async fn arrived(mut body: Incoming) -> bool {
    if body.size_hint().exact().is_none_or(|rest| rest > UNREAD_MAX) {
        return false;
    }
    let rest = async {
        while let Some(frame) = body.frame().await {
            frame?;
        }
        Ok::<_, hyper::Error>(())
    };
    matches!(timeout(UNREAD_DEADLINE, rest).await, Ok(Ok(())))
}

/// What the routes left of the present request's body.
#[derive(Default)]
struct Unread(Mutex<Left>);

#[derive(Default)]
enum Left {
    #[default]
    Nothing,
    Body(Incoming),
    /// It is not waited for.
    Abandoned,
}

impl Unread {
    fn set(&self, left: Left) -> Left {
        mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), left)
    }

    fn take(&self) -> Option<Incoming> {
        match self.set(Left::Nothing) {
            Left::Body(body) => Some(body),
            Left::Nothing | Left::Abandoned => None,
        }
    }

    fn leave(&self) {
        self.set(Left::Abandoned);
    }

    fn was_left(&self) -> bool {
        !matches!(self.set(Left::Nothing), Left::Nothing)
    }
}

/// A request's body that comes back to [`Unread`] unless it was read to its end.
pub struct TrackedBody {
    body: Option<Incoming>,
    unread: Arc<Unread>,
}

impl TrackedBody {
    fn new(body: Incoming, unread: &Arc<Unread>) -> Self {
        Self { body: Some(body).filter(|body| !body.is_end_stream()), unread: Arc::clone(unread) }
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.unread.set(Left::Body(body));
        }
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        if frame.is_none() || body.is_end_stream() {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

struct TimedStream {
    stream: TcpStream,
    timer: HeadTimer,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl TimedStream {
    fn new(stream: TcpStream, timer: HeadTimer) -> Self {
        Self { stream, timer, stalled: None }
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

impl AsyncRead for TimedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.timer.note_bytes();
        }
        read
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
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
