//! JSON as the contract writes it, compact. And the few pages.

use std::io::{self, Write};

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Bytes;
use serde::Serialize;

use super::memory::{Large, UNCOUNTED};
use crate::domain::atendimento::Status;

/// The envelope of every answer but a token's: `{"message":"…"}`.
#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

/// Answers `status` with the envelope.
pub fn message(status: StatusCode, message: &str) -> Response {
    json(status, &Message { message })
}

/// Answers `status` with the envelope and the present status of the atendimento.
pub fn mismatch(status: StatusCode, message: &str, atual: Status) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Mismatch<'a> {
        message: &'a str,
        status_atual: &'static str,
    }
    json(status, &Mismatch { message, status_atual: atual.nome() })
}

/// Answers `status` with `value`.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut body = Vec::with_capacity(128);
    write(&mut body, value);
    let body = Bytes::from(body);
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    if body.len() > UNCOUNTED {
        response.extensions_mut().insert(Large(body));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// How many bytes `value` has in an answer.
pub fn length(value: &impl Serialize) -> usize {
    struct Count(usize);

    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    write(&mut count, value);
    count.0
}

fn write(to: &mut impl Write, value: &impl Serialize) {
    serde_json::to_writer(to, value).expect("answers have text keys and a buffer takes every write");
}

/// Answers with a page in HTML, under the content security `policy`.
pub fn page(policy: &'static str, html: impl Into<Body>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, html.into()).into_response()
}
