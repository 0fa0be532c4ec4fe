//! JSON as the contract writes it, compact.

use std::borrow::Cow;
use std::io::{self, Write};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::memory::{LargeBody, UNCOUNTED};

/// The envelope: `{"message":"…"}`.
#[derive(Serialize, ToSchema)]
#[schema(as = Mensagem, description = "A resposta comum [doc]; a forma é [ours].")]
pub struct Message<'a> {
    pub message: Cow<'a, str>,
}

pub fn message(status: StatusCode, message: &str) -> Response {
    of(status, &Message { message: message.into() })
}

pub fn of(status: StatusCode, value: &impl Serialize) -> Response {
    let body = bytes(value);
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    if body.len() > UNCOUNTED {
        response.extensions_mut().insert(LargeBody(body));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub fn bytes(value: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(128);
    write(&mut bytes, value);
    bytes.into()
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

pub fn document(text: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], text.into()).into_response()
}
