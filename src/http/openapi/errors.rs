//! What each part of a request can be refused for, and how the document shows it. Texts, status codes and headers
//! are those of [`ApiError`].

use std::collections::BTreeMap;
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response as Answer};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::Value;
use time::macros::datetime;
use utoipa::IntoResponses;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

use super::schemas;
use crate::auth::token::Rejection;
use crate::domain::acesso::Required;
use crate::domain::atendimento::{Atendimento, Denial, Status};
use crate::http::answer::catalogue::{ApiError, Who};
use crate::http::answer::problem;
use crate::http::request::body::JsonBody;
use crate::http::request::caller::Caller;
use crate::json::JsonError;
use crate::service::throttle::{Limit, Throttled};

/// A part of a request that can be refused.
pub trait Refused {
    /// One error of each kind, in the order in which they are looked for.
    fn errors() -> Vec<ApiError>;
}

impl Refused for () {
    fn errors() -> Vec<ApiError> {
        Vec::new()
    }
}

impl<A: Refused, B: Refused> Refused for (A, B) {
    fn errors() -> Vec<ApiError> {
        [A::errors(), B::errors()].concat()
    }
}

impl<A: Refused, B: Refused, C: Refused> Refused for (A, B, C) {
    fn errors() -> Vec<ApiError> {
        [A::errors(), B::errors(), C::errors()].concat()
    }
}

impl<P: Required> Refused for Caller<P> {
    fn errors() -> Vec<ApiError> {
        let (at, now) = (datetime!(2026-11-23 10:00 UTC), datetime!(2026-11-23 10:00:05 UTC));
        vec![
            ApiError::TokenMissing,
            ApiError::Token(Rejection::Periods(0)),
            ApiError::Token(Rejection::Unsigned),
            ApiError::Token(Rejection::Untrusted),
            ApiError::Token(Rejection::Expired { at, now }),
            ApiError::TokenRevoked(Who::NOBODY),
            ApiError::AccessDenied(Who::NOBODY),
        ]
    }
}

impl Refused for JsonBody {
    fn errors() -> Vec<ApiError> {
        vec![
            ApiError::ContentCoding,
            ApiError::Charset,
            ApiError::BodySlow,
            ApiError::BodyTooLarge,
            ApiError::BodyCut,
            ApiError::Body(JsonError::Charset("UTF-16LE")),
            ApiError::Body(JsonError::Utf8(7)),
            ApiError::Body(JsonError::Syntax { line: 1, column: 7 }),
            ApiError::Body(JsonError::Incomplete { line: 1, column: 7 }),
            ApiError::Body(JsonError::NotAnObject),
        ]
    }
}

/// Declares what a route's own parts are refused for.
macro_rules! refused {
    ($($(#[$doc:meta])+ $name:ident: $($error:expr),+;)+) => {$(
        $(#[$doc])+
        pub struct $name;

        impl Refused for $name {
            fn errors() -> Vec<ApiError> {
                use ApiError::*;
                vec![$($error),+]
            }
        }
    )+};
}

refused! {
    /// The login and the senha.
    OfLogin:
        Body(JsonError::Duplicate("login")), Body(JsonError::Text("login")),
        LoginRequired, Invalid("login"), SenhaRequired, Invalid("senha"), Throttled(throttled()),
        UsuarioNaoEncontrado, SenhaInvalida, TokenFailed;

    /// How a change is asked for.
    OfOptions: Invalid("simular"), Invalid("Idempotency-Key");

    /// A change of status.
    OfChange:
        Body(JsonError::Duplicate("status")), Body(JsonError::Text("status")), Required("protocolo"), InexactProtocolo,
        Invalid("protocolo"), Required("status"), Invalid("status"), Invalid("motivoStatus"), Invalid("comentario"),
        Invalid("visivelCliente"), Required("visivelCliente"), Invalid("statusAtual"), InProgress,
        Denied(Denial::ChaveReutilizada), Denied(Denial::AtendimentoNaoEncontrado), Denied(Denial::StatusNaoEncontrado),
        Denied(Denial::StatusDiferente(Status::Finalizado)), Denied(Denial::RevisaoDiferente(present())),
        Denied(Denial::MotivoObrigatorio), Denied(Denial::MotivoNaoEncontrado);

    /// Many changes, as a whole.
    OfLote:
        Body(JsonError::Duplicate("itens")), Required("itens"), Invalid("itens");

    /// What many changes do not take.
    OfLoteOptions: Invalid("simular"), Invalid("Idempotency-Key"), Invalid("If-Match");

    /// A protocolo that is read.
    OfProtocolo: Required("protocolo"), Invalid("protocolo"), Denied(Denial::AtendimentoNaoEncontrado);

    /// The parameters of a history.
    OfPage: Invalid("cursor"), Invalid("limite"), Invalid("visivelCliente");
}

fn throttled() -> Throttled {
    let limit = Limit { quota: 10, window: 600 };
    Throttled { policies: vec![("pair", limit)], exhausted: vec![("pair", 60)] }
}

fn present() -> Atendimento {
    Atendimento { id: 0, status: Status::Finalizado, revisao: 18 }
}

/// What of an error is the vendor page's.
fn mark(error: &ApiError) -> &'static str {
    match error {
        ApiError::Denied(
            Denial::AtendimentoNaoEncontrado | Denial::StatusNaoEncontrado | Denial::MotivoObrigatorio,
        ) => "[doc]",
        ApiError::LoginRequired
        | ApiError::SenhaRequired
        | ApiError::UsuarioNaoEncontrado
        | ApiError::SenhaInvalida
        | ApiError::TokenFailed
        | ApiError::TokenMissing
        | ApiError::Token(Rejection::Untrusted | Rejection::Expired { .. })
        | ApiError::AccessDenied(_) => "[doc: texto]",
        _ => "[ours]",
    }
}

/// The errors of `T`, and those of every route, for the document.
pub struct Errors<T>(PhantomData<T>);

impl<T: Refused> IntoResponses for Errors<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status = BTreeMap::<StatusCode, Vec<ApiError>>::new();
        for error in T::errors().into_iter().chain([ApiError::Malformed, ApiError::Internal, ApiError::Unavailable]) {
            by_status.entry(error.status()).or_default().push(error);
        }
        by_status.into_iter().map(|(status, errors)| (status.as_str().to_owned(), response(&errors).into())).collect()
    }
}

/// The answer of one status code, which all of `errors` have.
fn response(errors: &[ApiError]) -> Response {
    let lines = errors.iter().map(|error| format!("- `{}` {}\n", error.message(), mark(error)));
    let response = ResponseBuilder::new()
        .description(lines.collect::<String>())
        .content("application/json", content(envelope_of(errors), errors, envelope))
        .content(problem::MEDIA_TYPE, content("Problema", errors, problem::example));
    let answers: Vec<Answer> = errors.iter().map(|error| error.clone().into_response()).collect();
    answers
        .iter()
        .flat_map(headers)
        .fold(response, |response, (name, text)| {
            let header = HeaderBuilder::new().schema(Some(schemas::text())).description(Some(text));
            response.header(name, header.build())
        })
        .build()
}

/// The examples of `errors` in one form.
fn content(schema: &str, errors: &[ApiError], told: impl Fn(&ApiError) -> Value) -> Content {
    let examples = errors.iter().enumerate().map(|(index, error)| {
        let example = ExampleBuilder::new().summary(error.message()).value(Some(told(error)));
        (format!("{:02}-{}", index + 1, error.code()), example.build())
    });
    ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).examples_from_iter(examples).build()
}

fn envelope_of(errors: &[ApiError]) -> &'static str {
    if errors[0].present_status().is_some() { "Divergencia" } else { "Mensagem" }
}

fn envelope(error: &ApiError) -> Value {
    let body = error.clone().into_response().into_body().collect().now_or_never();
    let body = body.expect("it is there already").expect("nothing can stop it").to_bytes();
    serde_json::from_slice(&body).expect("errors are JSON")
}

/// The headers that come with an error, and what they say.
fn headers(answer: &Answer) -> impl Iterator<Item = (&str, &'static str)> {
    answer.headers().keys().filter(|name| *name != CONTENT_TYPE).map(|name| {
        let text = match name {
            name if name == CONNECTION => "A conexão termina.",
            name if name == ETAG => "A revisão atual.",
            name if name == RETRY_AFTER => "Quantos segundos esperar.",
            name if name == WWW_AUTHENTICATE => "O esquema, `Bearer`.",
            _ => "Os limites em vigor e os esgotados, segundo draft-ietf-httpapi-ratelimit-headers.",
        };
        (name.as_str(), text)
    })
}
