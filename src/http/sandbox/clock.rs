//! `/sandbox/relogio`: moves the server's clock, so that tokens expire.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::document::SANDBOX;
use super::state::Sandbox;
use crate::clock::{Clock, rfc3339_millis};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::limits::BODY_MAX;
use crate::http::openapi::errors::UNKNOWN_IN_CLOCK;
use crate::http::request::body::JsonBody;
use crate::http::shapes::{integer, text};
use crate::json::Value;

/// The years that it can be set to.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2999;

/// The request's shape.
pub struct Ajuste;

impl PartialSchema for Ajuste {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new()
            .description(Some("Um dos dois [ours]."))
            .property("avancar", integer().description(Some("Segundos a mais; negativos atrasam o relógio.")))
            .property("agora", text().format(Some(format)).description(Some("A hora a marcar, em RFC 3339.")))
            .into()
    }
}

impl ToSchema for Ajuste {}

#[derive(Serialize, ToSchema)]
#[schema(as = Relogio, description = "O relógio do servidor [ours].")]
struct Shown {
    #[schema(format = DateTime)]
    agora: String,
    /// Quantos milissegundos está adiantado.
    adiantado: i64,
}

/// Sets the clock, which goes on from there.
#[utoipa::path(
    post, path = "/sandbox/relogio", tag = SANDBOX, operation_id = "moverRelogio",
    summary = "Adianta ou acerta o relógio do servidor [ours]",
    description = "Os tokens expiram por ele. O banco de dados tem outro relógio, que não muda: o do histórico, das chaves \
        de idempotência e dos limites de login.",
    request_body(content = Ajuste, example = json!({"avancar": 3601})),
    responses((status = 200, description = "O relógio", body = Shown)),
)]
pub async fn set(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Response, ApiError> {
    let body = JsonBody::read(request, &sandbox.app, BODY_MAX).await?;
    let clock = &sandbox.clock;
    let now = clock.now();
    let (name, then) = match body.only_members(["avancar", "agora"], UNKNOWN_IN_CLOCK)? {
        [Value::Number(seconds), Value::Absent] => {
            let then = seconds.parse().ok().and_then(|seconds| now.checked_add(Duration::seconds(seconds)));
            ("avancar", then)
        }
        [Value::Absent, Value::Text(text)] => {
            let then = OffsetDateTime::parse(&text, &Rfc3339).ok();
            ("agora", then.and_then(|then| then.checked_to_offset(UtcOffset::UTC)))
        }
        [Value::Absent, Value::Absent] => return Err(ApiError::Required("avancar")),
        [Value::Absent | Value::Number(_), _] => return Err(ApiError::Invalid("agora")),
        _ => return Err(ApiError::Invalid("avancar")),
    };
    let then = then.filter(|then| YEARS.contains(&then.year())).ok_or(ApiError::Invalid(name))?;
    clock.set_ahead(clock.ahead() + (then - now));
    tracing::info!(now = rfc3339_millis(then), "the clock was moved");
    Ok(shown(&sandbox))
}

#[utoipa::path(
    get, path = "/sandbox/relogio", tag = SANDBOX, operation_id = "lerRelogio",
    summary = "O relógio do servidor [ours]",
    responses((status = 200, description = "O relógio", body = Shown)),
)]
pub async fn get(State(sandbox): State<Arc<Sandbox>>) -> Response {
    shown(&sandbox)
}

#[utoipa::path(
    delete, path = "/sandbox/relogio", tag = SANDBOX, operation_id = "acertarRelogio",
    summary = "Volta à hora certa [ours]",
    responses((status = 200, description = "O relógio", body = Shown)),
)]
pub async fn reset(State(sandbox): State<Arc<Sandbox>>) -> Response {
    sandbox.clock.set_ahead(Duration::ZERO);
    shown(&sandbox)
}

fn shown(sandbox: &Sandbox) -> Response {
    let adiantado = i64::try_from(sandbox.clock.ahead().whole_milliseconds()).unwrap_or_default();
    json::of(StatusCode::OK, &Shown { agora: rfc3339_millis(sandbox.clock.now()), adiantado })
}
