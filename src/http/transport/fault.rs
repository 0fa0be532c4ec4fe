//! Faults of a connection on demand, for those who test a client.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, CONTENT_LENGTH};
use axum::response::Response;
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

/// How long a client may wait for an answer that never comes.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// An answer with one of these in its extensions is lost, or arrives broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the connection is to be reset")]
    Reset,
    /// Nothing is sent until the client leaves, or the server stops.
    #[error("no answer is to be sent")]
    Silence,
    /// The body ends after so many bytes, or after its first half.
    #[error("the body is to be cut")]
    Cut(Option<usize>),
    /// The body comes byte by byte, after such a pause each. Once the server stops, the rest comes at once.
    #[error("the body is to come slowly")]
    Dribble(Duration),
}

impl Fault {
    /// The fault for which a connection ended.
    pub fn behind(error: &hyper::Error) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }

    /// `response` as far as this lets it through; an error where nothing of it may be sent.
    pub async fn spoil(self, response: Response, stop: watch::Receiver<()>) -> Result<Response, Self> {
        if matches!(self, Self::Reset | Self::Silence) {
            return Err(self);
        }
        let (mut parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else { return Err(Self::Reset) };
        let bytes = body.to_bytes();
        if bytes.is_empty() {
            if matches!(self, Self::Cut(_)) {
                // There is nothing to cut but the connection.
                parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            return Ok(Response::from_parts(parts, Body::empty()));
        }
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| bytes.len().into());
        let body = match self {
            Self::Dribble(pause) => dribble(bytes, pause, stop),
            Self::Cut(length) => cut(bytes, length),
            Self::Reset | Self::Silence => return Err(self),
        };
        Ok(Response::from_parts(parts, body))
    }

    /// Ends `stream`, of whose last request this has swallowed the answer.
    pub async fn end(self, mut stream: TcpStream, mut stop: watch::Receiver<()>) {
        if self == Self::Reset {
            // The system resets what is closed without time to linger.
            if let Err(error) = stream.set_zero_linger() {
                tracing::warn!(%error, "a connection could not be reset");
            }
            return;
        }
        let mut nowhere = tokio::io::sink();
        tokio::select! {
            _ = timeout(SILENCE_MAX, tokio::io::copy(&mut stream, &mut nowhere)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// The beginning of `bytes`, and then an error.
fn cut(bytes: Bytes, length: Option<usize>) -> Body {
    let length = length.unwrap_or(bytes.len() / 2).min(bytes.len().saturating_sub(1));
    Body::from_stream(stream::unfold(Some(bytes.slice(..length)), async |beginning| {
        if let Some(beginning) = beginning {
            return Some((Ok(beginning), None));
        }
        // Until hyper has sent what it has.
        yield_now().await;
        Some((Err(Fault::Cut(None)), None))
    }))
}

fn dribble(bytes: Bytes, pause: Duration, stop: watch::Receiver<()>) -> Body {
    Body::from_stream(stream::unfold((bytes, stop), move |(mut rest, mut stop)| async move {
        if rest.is_empty() {
            return None;
        }
        let next = tokio::select! {
            () = sleep(pause) => rest.split_to(1),
            _ = stop.changed() => rest.split_off(0),
        };
        Some((Ok::<_, Fault>(next), (rest, stop)))
    }))
}
