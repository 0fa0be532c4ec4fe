//! One connection of a client and its own connection to the upstream: bytes go both ways as they come.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::exchange::{Capture, Exchange, Request};
use super::head::{Head, Side};
use super::message::{Messages, Piece};

/// How long a client may go on sending after the upstream has said its last word.
const LINGER: Duration = Duration::from_secs(10);
const BUFFER: usize = 16 * 1024;
/// Most requests of a connection that wait for their answers and are watched; more pass unseen.
const WATCHED_MAX: usize = 64;
/// With more requests that wait for their answers, a connection is passed on and no longer followed.
const ASKED_MAX: usize = 4096;

/// Who is told of each exchange. It must not wait.
pub trait Observer: Send + Sync {
    /// Whether exchanges are wanted now.
    fn is_on(&self) -> bool;

    fn saw(&self, exchange: Exchange);

    /// An exchange passed that could not be watched.
    fn missed(&self);
}

/// The requests of a connection that wait for their answers. What isn't wanted is there too, to keep the order.
#[derive(Default)]
struct Waiting {
    asked: Mutex<VecDeque<Asked>>,
    /// Whether the client is in the middle of a request.
    is_asking: AtomicBool,
    /// Whether the ends of messages are unknown: both sides speak another protocol, or none that we know.
    is_opaque: AtomicBool,
    /// From here on both sides speak another protocol.
    tunnel: Notify,
}

struct Asked {
    begun: Instant,
    is_head: bool,
    /// None for one that nobody wants to hear of.
    request: Option<Arc<Mutex<Request>>>,
}

/// What the upstream gets otherwise than the client sent it.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// In the place of the host by which the client reached us.
    pub host: Option<String>,
    /// In front of each path.
    pub base: String,
}

/// One side broke, and the other one has to learn of that.
pub struct Broken {
    pub error: io::Error,
    /// Whether that was in the middle of an exchange.
    pub is_in_exchange: bool,
}

/// Passes bytes between `client` and `upstream` until the upstream has ended.
pub async fn relay<C, U>(client: C, upstream: U, rewrite: &Rewrite, observer: &dyn Observer) -> Result<(), Broken>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let (client_reads, client_writes) = tokio::io::split(client);
    let (upstream_reads, upstream_writes) = tokio::io::split(upstream);
    let waiting = Waiting::default();
    let mut requests = Box::pin(pass_requests(client_reads, upstream_writes, rewrite, observer, &waiting));
    let mut answers = Box::pin(pass_answers(upstream_reads, client_writes, observer, &waiting));
    let broken = |error| Broken { error, is_in_exchange: !waiting.is_at_rest() };
    let mut requests_ended = false;
    loop {
        tokio::select! {
            ended = &mut answers => {
                ended.map_err(broken)?;
                break;
            }
            // Where the client sends no more, the answer may still be on its way.
            ended = &mut requests, if !requests_ended => {
                ended.map_err(broken)?;
                requests_ended = true;
            }
        }
    }
    // The client may still be sending what an early answer did not wait for. Nobody would answer what it begins now.
    if !requests_ended && !waiting.is_idle() {
        _ = timeout(LINGER, requests).await;
    }
    Ok(())
}

async fn pass_requests<R, W>(
    mut from: R,
    mut to: W,
    rewrite: &Rewrite,
    observer: &dyn Observer,
    waiting: &Waiting,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut messages = Messages::of(Side::Request);
    let mut current: Option<Arc<Mutex<Request>>> = None;
    let mut is_deaf = false;
    let mut buffer = vec![0; BUFFER];
    let mut out = Vec::with_capacity(BUFFER);
    let mut is_tunnel = false;
    loop {
        let length = tokio::select! {
            // First, so that what comes after it is no message.
            biased;
            () = waiting.tunnel.notified(), if !is_tunnel => None,
            length = from.read(&mut buffer) => Some(length?),
        };
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Head(bytes, head) => {
                rewrite.write(&mut out, bytes);
                waiting.is_asking.store(true, Ordering::Relaxed);
                current = waiting.begin(rewrite.seen(head), observer);
            }
            Piece::Body { wire, content } => {
                out.extend_from_slice(wire);
                if let Some(request) = &current {
                    lock(request).body.add(content);
                }
            }
            Piece::Opaque(bytes) => {
                out.extend_from_slice(bytes);
                waiting.forget(observer);
            }
            Piece::End => waiting.is_asking.store(false, Ordering::Relaxed),
        };
        is_tunnel |= length.is_none();
        if is_tunnel || length == Some(0) {
            messages.close(&mut take);
        }
        messages.feed(&buffer[..length.unwrap_or_default()], || false, &mut take);
        // What the upstream takes no more is read all the same: closed before that, the client would lose its answer.
        is_deaf = is_deaf || to.write_all(&out).await.is_err() || to.flush().await.is_err();
        out.clear();
        if length == Some(0) {
            _ = to.shutdown().await;
            return Ok(());
        }
    }
}

async fn pass_answers<R, W>(mut from: R, mut to: W, observer: &dyn Observer, waiting: &Waiting) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut messages = Messages::of(Side::Response);
    let mut current: Option<(Head, Capture)> = None;
    let mut buffer = vec![0; BUFFER];
    loop {
        // TLS that ends without saying so ends all the same.
        let length = match from.read(&mut buffer).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            length => length?,
        };
        let take = |piece: Piece<'_>| match piece {
            Piece::Head(_, head) if head.is_interim() => current = None,
            Piece::Head(_, head) if head.status == 101 => waiting.tunnel.notify_one(),
            Piece::Head(_, head) => current = Some((head, Capture::default())),
            Piece::Body { content, .. } => {
                if let Some((_, body)) = &mut current {
                    body.add(content);
                }
            }
            Piece::End => {
                if let Some((head, body)) = current.take() {
                    waiting.answered(head, body, observer);
                }
            }
            Piece::Opaque(_) => {
                current = None;
                waiting.forget(observer);
            }
        };
        if length == 0 {
            messages.close(take);
            return to.shutdown().await;
        }
        // Before the client can react to it.
        messages.feed(&buffer[..length], || waiting.next_is_head(), take);
        to.write_all(&buffer[..length]).await?;
    }
}

impl Rewrite {
    /// Writes the bytes of a `head`.
    fn write(&self, out: &mut Vec<u8>, head: &[u8]) {
        let mut is_first = true;
        for line in head.split_inclusive(|byte| *byte == b'\n') {
            // Empty lines before a request are none of it.
            let is_request_line = is_first && !line.trim_ascii().is_empty();
            is_first &= !is_request_line;
            let is_after_method = |window: &[u8]| window[0] == b' ' && window[1] != b' ';
            let space = line.windows(2).position(is_after_method).map_or(0, |space| space + 1);
            match &self.host {
                _ if is_request_line => {
                    out.extend_from_slice(&line[..space]);
                    out.extend_from_slice(if line[space..].starts_with(b"/") { self.base.as_bytes() } else { b"" });
                    out.extend_from_slice(&line[space..]);
                }
                Some(host) if names_host(line) => {
                    out.extend_from_slice(&line[..=line.iter().position(|byte| *byte == b':').unwrap_or_default()]);
                    out.push(b' ');
                    out.extend_from_slice(host.as_bytes());
                    out.extend_from_slice(if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
                }
                _ => out.extend_from_slice(line),
            }
        }
    }

    /// `head` as the upstream gets it.
    fn seen(&self, mut head: Head) -> Head {
        if head.target.starts_with('/') {
            head.target.insert_str(0, &self.base);
        }
        head
    }
}

impl Waiting {
    /// Notes a request; a place for its body, if somebody wants it.
    fn begin(&self, head: Head, observer: &dyn Observer) -> Option<Arc<Mutex<Request>>> {
        let is_wanted = observer.is_on();
        if lock(&self.asked).len() == ASKED_MAX {
            self.forget(observer);
        }
        let mut waiting = lock(&self.asked);
        let is_opaque = self.is_opaque.load(Ordering::Relaxed);
        let has_room = waiting.len() < WATCHED_MAX && !is_opaque;
        if is_wanted && !has_room {
            observer.missed();
        }
        if is_opaque {
            return None;
        }
        let is_head = head.method == "HEAD";
        let request = (is_wanted && has_room)
            .then(|| Arc::new(Mutex::new(Request { at: OffsetDateTime::now_utc(), head, body: Capture::default() })));
        waiting.push_back(Asked { begun: Instant::now(), is_head, request: request.clone() });
        request
    }

    fn next_is_head(&self) -> bool {
        lock(&self.asked).front().is_some_and(|asked| asked.is_head)
    }

    fn answered(&self, answer: Head, body: Capture, observer: &dyn Observer) {
        let Some(Asked { begun, request, .. }) = lock(&self.asked).pop_front() else { return };
        if let Some(request) = request {
            let request = lock(&request).clone();
            observer.saw(Exchange { request, answer, body, took: begun.elapsed() });
        }
    }

    /// From here on it is unknown which answer belongs to which request.
    fn forget(&self, observer: &dyn Observer) {
        self.is_opaque.store(true, Ordering::Relaxed);
        let asked = std::mem::take(&mut *lock(&self.asked));
        asked.iter().filter(|asked| asked.request.is_some()).for_each(|_| observer.missed());
    }

    /// Whether every request has its whole answer.
    fn is_at_rest(&self) -> bool {
        !self.is_opaque.load(Ordering::Relaxed) && lock(&self.asked).is_empty()
    }

    /// The same, and the client is not in the middle of another one.
    fn is_idle(&self) -> bool {
        self.is_at_rest() && !self.is_asking.load(Ordering::Relaxed)
    }
}

/// Whether `line` of a head is its header `Host`.
fn names_host(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.len() < line.len() && !name.starts_with(b" ") && name.trim_ascii_end().eq_ignore_ascii_case(b"host")
}

/// A panic elsewhere must not end a connection.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
