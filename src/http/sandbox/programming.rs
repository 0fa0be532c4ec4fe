//! `/sandbox/falhas`: programs faults.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::document::SANDBOX;
use super::failures::{self, DELAY_MAX, words};
use super::faults::{Failure, Modo, Outcome, Program};
use super::rota::Rota;
use super::state::Sandbox;
use crate::domain::rules::Rules;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json::{self, Message};
use crate::http::limits::BODY_MAX;
use crate::http::openapi::errors::{TOO_MANY_FAULTS, UNKNOWN_IN_FAULT};
use crate::http::request::body::JsonBody;
use crate::http::shapes::{integer, text};
use crate::http::state::AppState;
use crate::http::transport::Fault;
use crate::json::Value;

const CLEARED: &str = "Falhas apagadas";
const MEMBERS: [&str; 8] = ["rota", "modo", "codigo", "vezes", "depois", "atraso", "intervalo", "bytes"];
/// How many requests may fail, and pass before.
const COUNT_MAX: u64 = 1000;
/// Between the bytes of a slow body, in milliseconds.
const PAUSE: u64 = 100;
const PAUSE_MAX: u64 = 10_000;
/// The longest beginning of a body that may be sent.
const CUT_MAX: u64 = 1024 * 1024;

/// The faults that leave the server's work undone, or its answer lost.
const LOST: [Fault; 2] = [Fault::Reset, Fault::Silence];

/// The request's shape.
pub struct Falha;

impl PartialSchema for Falha {
    fn schema() -> RefOr<Schema> {
        let count =
            |min, max, description| integer().minimum(Some(min)).maximum(Some(max)).description(Some(description));
        ObjectBuilder::new()
            .description(Some("Uma falha a simular [ours]."))
            .property(
                "rota",
                text().description(Some(
                    "`login`, `status`, `lote`, um caminho, ou método e caminho. \
                Ausente: todas as rotas em `/api/`.",
                )),
            )
            .property(
                "modo",
                text().enum_values(Some(Modo::ALL.map(Modo::name))).description(Some(
                    "`resposta`: o erro, e \
                nada é feito. `perdida`: o pedido é executado, e a resposta se perde. `conexao`: a conexão falha. \
                Ausente: `resposta`.",
                )),
            )
            .property(
                "codigo",
                text().description(Some(format!(
                    "Em `resposta` e `perdida`, um destes códigos, ou um \
                código HTTP que só um deles tem: {}. Em `perdida` também `reset` e `silencio`; ausente: \
                `unavailable`. Em `conexao`: `reset`, `silencio`, `corpo-cortado` ou `gotas`.",
                    words(Rules::default()).join(", ")
                ))),
            )
            .property("vezes", count(1, COUNT_MAX, "Quantas requisições falham. Ausente: 1."))
            .property("depois", count(0, COUNT_MAX, "Quantas passam antes. Ausente: 0."))
            .property(
                "atraso",
                count(
                    0,
                    DELAY_MAX.as_millis() as u64,
                    "Atraso em milissegundos, que não contam no prazo da requisição. Ausente: 0.",
                ),
            )
            .property(
                "intervalo",
                count(1, PAUSE_MAX, "Em `gotas`, os milissegundos antes de cada byte. Ausente: 100."),
            )
            .property("bytes", count(0, CUT_MAX, "Em `corpo-cortado`, quantos bytes chegam. Ausente: a metade."))
            .into()
    }
}

impl ToSchema for Falha {}

#[derive(Serialize, ToSchema)]
#[schema(as = Falhas, description = "As falhas por vir, na ordem em que foram programadas [ours].")]
struct Listed {
    falhas: Vec<Pending>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FalhaProgramada, description = "Uma falha por vir.")]
struct Pending {
    id: u64,
    #[schema(required)]
    rota: Option<String>,
    #[schema(schema_with = modo)]
    modo: &'static str,
    codigo: &'static str,
    /// Quantas requisições ainda falham.
    vezes: u32,
    /// Quantas ainda passam antes.
    depois: u32,
    atraso: u64,
}

pub fn modo() -> ObjectBuilder {
    text().schema_type(SchemaType::new(Type::String)).enum_values(Some(Modo::ALL.map(Modo::name)))
}

impl From<Program> for Pending {
    fn from(Program { id, rota, failure, skip, left }: Program) -> Self {
        Self {
            id,
            rota: rota.map(|rota| rota.to_string()),
            modo: failure.modo.name(),
            codigo: failure.outcome.codigo(),
            vezes: left,
            depois: skip,
            atraso: failure.delay.as_millis() as u64,
        }
    }
}

/// Adds a fault behind those that are programmed.
#[utoipa::path(
    post, path = "/sandbox/falhas", tag = SANDBOX, operation_id = "programarFalha",
    summary = "Programa uma falha para as próximas requisições [ours]",
    description = "Para clientes que não enviam os cabeçalhos do sandbox. As falhas de uma rota vêm uma após a outra. As \
        rotas do próprio sandbox nunca falham assim.",
    request_body(content = Falha, example = json!({"rota": "status", "modo": "perdida", "codigo": "reset"})),
    responses((status = 200, description = "As falhas por vir", body = Listed)),
)]
pub async fn program(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Response, ApiError> {
    let body = JsonBody::read(request, &sandbox.app, BODY_MAX).await?;
    if !sandbox.faults.add(read(&sandbox.app, &body)?) {
        return Err(ApiError::Invalid(TOO_MANY_FAULTS));
    }
    Ok(listed(&sandbox))
}

#[utoipa::path(
    get, path = "/sandbox/falhas", tag = SANDBOX, operation_id = "lerFalhas",
    summary = "As falhas por vir [ours]",
    responses((status = 200, description = "As falhas por vir", body = Listed)),
)]
pub async fn list(State(sandbox): State<Arc<Sandbox>>) -> Response {
    listed(&sandbox)
}

#[utoipa::path(
    delete, path = "/sandbox/falhas", tag = SANDBOX, operation_id = "apagarFalhas",
    summary = "Esquece as falhas por vir [ours]",
    responses((status = 200, description = "Esquecidas", body = Message, example = json!({"message": CLEARED}))),
)]
pub async fn clear(State(sandbox): State<Arc<Sandbox>>) -> Response {
    sandbox.faults.clear();
    json::message(StatusCode::OK, CLEARED)
}

fn listed(sandbox: &Sandbox) -> Response {
    let falhas = sandbox.faults.list().into_iter().map(Pending::from).collect();
    json::of(StatusCode::OK, &Listed { falhas })
}

fn read(app: &AppState, body: &JsonBody) -> Result<Program, ApiError> {
    let [rota, modo, codigo, vezes, depois, atraso, intervalo, bytes] = body.only_members(MEMBERS, UNKNOWN_IN_FAULT)?;
    let rota = match rota {
        Value::Absent => None,
        Value::Text(text) => Some(Rota::parse(&text).ok_or(ApiError::Invalid("rota"))?),
        _ => return Err(ApiError::Invalid("rota")),
    };
    let modo = match modo {
        Value::Absent => Some(Modo::Resposta),
        Value::Text(text) => Modo::ALL.into_iter().find(|modo| modo.name() == text),
        _ => None,
    };
    let modo = modo.ok_or(ApiError::Invalid("modo"))?;
    let outcome = outcome(app, modo, codigo)?;
    let left = number(vezes, "vezes", 1, COUNT_MAX)?.unwrap_or(1) as u32;
    let skip = number(depois, "depois", 0, COUNT_MAX)?.unwrap_or(0) as u32;
    let delay = number(atraso, "atraso", 0, DELAY_MAX.as_millis() as u64)?.unwrap_or(0);
    let intervalo = number(intervalo, "intervalo", 1, PAUSE_MAX)?;
    let bytes = number(bytes, "bytes", 0, CUT_MAX)?;
    let outcome = match outcome {
        Outcome::Fault(Fault::Dribble(_)) => {
            Outcome::Fault(Fault::Dribble(Duration::from_millis(intervalo.unwrap_or(PAUSE))))
        }
        _ if intervalo.is_some() => return Err(ApiError::Invalid("intervalo")),
        other => other,
    };
    let outcome = match outcome {
        Outcome::Fault(Fault::Cut(_)) => Outcome::Fault(Fault::Cut(bytes.map(|bytes| bytes as usize))),
        _ if bytes.is_some() => return Err(ApiError::Invalid("bytes")),
        other => other,
    };
    Ok(Program { id: 0, rota, failure: Failure { modo, outcome, delay: Duration::from_millis(delay) }, skip, left })
}

/// What `codigo` stands for in `modo`.
fn outcome(app: &AppState, modo: Modo, codigo: Value<'_>) -> Result<Outcome, ApiError> {
    let codigo = match (codigo, modo) {
        (Value::Absent, Modo::Perdida) => "unavailable".to_owned(),
        (Value::Absent, _) => return Err(ApiError::Required("codigo")),
        (Value::Text(word), _) => word,
        (Value::Number(number), _) => number.to_owned(),
        _ => String::new(),
    };
    let faults: &[Fault] = match modo {
        Modo::Resposta => &[],
        Modo::Perdida => &LOST,
        Modo::Conexao => &[Fault::Reset, Fault::Silence, Fault::Cut(None), Fault::Dribble(Duration::ZERO)],
    };
    let words: Vec<&'static str> = faults.iter().map(|fault| Outcome::Fault(*fault).codigo()).collect();
    if let Some(at) = words.iter().position(|word| *word == codigo) {
        return Ok(Outcome::Fault(faults[at]));
    }
    let code = match modo {
        Modo::Conexao => Err(format!("use um destes: {}", words.join(", "))),
        _ => failures::named(app, &codigo, &words),
    };
    code.map(Outcome::Error).map_err(|why| ApiError::UnknownFault(("codigo", why)))
}

fn number(value: Value<'_>, name: &'static str, min: u64, max: u64) -> Result<Option<u64>, ApiError> {
    match value {
        Value::Absent => Ok(None),
        Value::Number(number) => {
            let number = number.parse().ok().filter(|number| (min..=max).contains(number));
            number.map(Some).ok_or(ApiError::Invalid(name))
        }
        _ => Err(ApiError::Invalid(name)),
    }
}
