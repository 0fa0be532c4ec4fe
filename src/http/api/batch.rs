//! `POST /api/atendimentos/status/lote` (ours): many changes in one request, each made or refused by itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::IF_MATCH;
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use tokio::sync::SemaphorePermit;
use tokio::task::coop::consume_budget;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::audit::ChangeAudit;
use super::change::{change_request, read_protocolo};
use crate::domain::access::AlterarStatus;
use crate::domain::atendimento::{ChangeRequest, IdempotencyKey, Status};
use crate::http::answer::MADE;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::limits::{BATCH_BODY_MAX, BATCH_ITEMS_MAX};
use crate::http::memory::Reservation;
use crate::http::openapi::LOTE;
use crate::http::openapi::parameters::IdempotencyHeader;
use crate::http::openapi::requests::Lote as LoteBody;
use crate::http::request::body::JsonBody;
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::idempotency;
use crate::http::request::misspelt::Misspelt;
use crate::http::request::query;
use crate::http::shapes::integer;
use crate::http::state::{AppState, SharedState};
use crate::service::changes::Done;

/// Most changes of one request in the queue at once: a third of a batch, so that requests of one
/// change are never far behind.
const AT_ONCE: usize = 32;
/// The most bytes that a change has in the answer: a protocolo may be 64 characters of six bytes each.
const RESULTADO_MAX: usize = 700;

#[derive(Serialize, ToSchema)]
#[schema(as = Resultados, description = "Uma entrada por alteração, na mesma ordem [ours].")]
struct Answer {
    resultados: Vec<Resultado>,
}

/// What became of a change: what a request of its own would have been answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "A resposta que uma requisição só com esta alteração receberia.")]
struct Resultado {
    /// Como enviado, sem espaços nas pontas; `null` se ilegível.
    #[schema(required)]
    protocolo: Option<String>,
    #[schema(schema_with = code)]
    codigo: u16,
    message: Cow<'static, str>,
    /// O status atual, com 412.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Status)]
    status_atual: Option<&'static str>,
    /// Of a change that was made.
    #[serde(skip)]
    misspelt: Misspelt,
}

fn code() -> Object {
    integer().description(Some("O código de status.")).build()
}

struct Lote<'a> {
    caller: Caller<AlterarStatus>,
    key: Option<Arc<str>>,
    itens: Vec<JsonBody>,
    _room: SemaphorePermit<'a>,
    /// For the answer: once the changes are made, it must not fail for want of memory.
    answer: Reservation,
}

struct Item {
    index: usize,
    request: ChangeRequest,
    misspelt: Misspelt,
    audit: ChangeAudit,
}

/// Answers many changes, once each is durable or refused. Each leaves its line in the audit log.
#[utoipa::path(
    post, path = "/api/atendimentos/status/lote", tag = LOTE, operation_id = "alterarMuitos",
    summary = "Altera muitos atendimentos [ours]",
    description = "Cada alteração é feita ou recusada separadamente, inclusive as ilegíveis; a resposta traz o resultado \
        de cada uma. Exige a permissão *Alterar status de atendimento via API*. O corpo pode ter até \
        4096000 bytes.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = LoteBody, example = json!({"itens": [
        {"protocolo": "20221104000001", "status": "Finalizado"}, {"protocolo": "20221104000002", "status": "Cancelado"}
    ]})),
    responses(
        (status = 200, description = "O resultado de cada alteração", body = Answer, headers(
            ("Ignored-Members" = String, description = "Campos que vieram com outra grafia, como `Comentario`, e foram ignorados [ours]")
        ), example = json!({"resultados": [
            {"protocolo": "20221104000001", "codigo": 200, "message": MADE},
            {"protocolo": "20221104000002", "codigo": 400, "message": "motivoStatus – esse campo é obrigatório"}
        ]}))
    ),
)]
pub async fn change_many(
    State(app): State<SharedState>,
    client: ClientAddress,
    caller: Result<Caller<AlterarStatus>, ApiError>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut audit = ChangeAudit::begin(client);
    match read(&app, caller, request, &mut audit).await {
        Ok(lote) => Ok(make_all(&app, lote, audit).await),
        Err(error) => {
            let refused = Err(error);
            audit.end(&refused);
            refused
        }
    }
}

/// Judges the request as a whole, in the contract's order.
async fn read<'a>(
    app: &'a AppState,
    caller: Result<Caller<AlterarStatus>, ApiError>,
    request: Request,
    audit: &mut ChangeAudit,
) -> Result<Lote<'a>, ApiError> {
    let caller = caller?;
    audit.caller(&caller);
    // Whoever asks for a dry run, or names a revision, must not be surprised by changes.
    if query::flag(request.uri(), "simular")? {
        return Err(ApiError::Invalid("simular"));
    }
    let key = idempotency::key(request.headers())?;
    if request.headers().contains_key(IF_MATCH) {
        return Err(ApiError::Invalid("If-Match"));
    }
    let body = JsonBody::read(request, app, BATCH_BODY_MAX).await?;
    // A slow body takes no place from others.
    let room = app.lotes.try_acquire().map_err(|_| ApiError::Unavailable)?;
    let itens = body.items("itens", BATCH_ITEMS_MAX)?;
    let answer = app.answers.reserve(itens.len() * RESULTADO_MAX)?;
    Ok(Lote { caller, key, itens, _room: room, answer })
}

/// Makes the changes of `lote`, and answers what became of each, in their order.
async fn make_all(app: &AppState, lote: Lote<'_>, first: ChangeAudit) -> Response {
    let Lote { caller, key, itens, _room, answer } = lote;
    let mut audits: Vec<ChangeAudit> = itens.iter().skip(1).map(|_| first.another()).collect();
    audits.insert(0, first);
    let mut resultados = Vec::with_capacity(itens.len());
    // The changes of one atendimento, in their order.
    let mut runs: HashMap<String, Vec<Item>> = HashMap::new();
    for ((index, body), mut audit) in itens.into_iter().enumerate().zip(audits) {
        // Reading many must not hold up the other requests of this thread.
        consume_budget().await;
        let mut misspelt = Misspelt::default();
        match change_request(&body, caller.usuario_id, &mut audit, &mut misspelt) {
            Ok(request) => {
                let key = key.as_deref().map(|key| idempotency::item_key(key, index));
                let idempotency = key.map(|key| IdempotencyKey { key, fingerprint: body.fingerprint() });
                let request = ChangeRequest { idempotency, rules: app.rules(), ..request };
                runs.entry(request.protocolo.clone()).or_default().push(Item { index, request, misspelt, audit });
            }
            Err(error) => {
                let refused = Err(error);
                audit.end(&refused);
                resultados.push((index, resultado(readable_protocolo(&body), refused)));
            }
        }
    }
    let made = stream::iter(runs.into_values()).map(|run| make_in_order(app, &caller, run)).buffer_unordered(AT_ONCE);
    resultados.extend(made.concat().await);
    resultados.sort_unstable_by_key(|(index, _)| *index);
    let resultados: Vec<_> = resultados.into_iter().map(|(_, resultado)| resultado).collect();
    let mut misspelt = Misspelt::default();
    resultados.iter().for_each(|resultado| misspelt.extend(&resultado.misspelt));
    misspelt.name_in(answer.hold_answer(json::of(StatusCode::OK, &Answer { resultados })))
}

/// Makes the changes of one atendimento one after the other. Where it is unknown whether one was made,
/// the later ones are not tried: a repetition shall make all of them in their order.
async fn make_in_order(app: &AppState, caller: &Caller<AlterarStatus>, run: Vec<Item>) -> Vec<(usize, Resultado)> {
    let mut resultados = Vec::with_capacity(run.len());
    let mut stopped = None;
    for Item { index, request, misspelt, mut audit } in run {
        let protocolo = request.protocolo.clone();
        let outcome = match stopped.clone() {
            Some(error) => Err(error),
            None => make(app, caller, request, &mut audit).await,
        };
        if let Err(error @ (ApiError::InProgress | ApiError::Unavailable)) = &outcome {
            stopped = Some(error.clone());
        }
        // What is refused is not silent anyway.
        let misspelt = if outcome.is_ok() { misspelt } else { Misspelt::default() };
        audit.ignored(&misspelt);
        audit.end(&outcome);
        resultados.push((index, Resultado { misspelt, ..resultado(Some(protocolo), outcome) }));
    }
    resultados
}

/// Makes a change, if its caller still may: those before it may have taken long.
async fn make(
    app: &AppState,
    caller: &Caller<AlterarStatus>,
    request: ChangeRequest,
    audit: &mut ChangeAudit,
) -> Result<Done, ApiError> {
    caller.confirm(app).await?;
    let outcome = app.changes.submit(request).await;
    audit.done(&outcome);
    Ok(outcome?)
}

fn resultado(protocolo: Option<String>, outcome: Result<Done, ApiError>) -> Resultado {
    match outcome {
        Ok(Done::Made { .. } | Done::Replayed) => Resultado {
            protocolo,
            codigo: StatusCode::OK.as_u16(),
            message: MADE.into(),
            status_atual: None,
            misspelt: Misspelt::default(),
        },
        Err(error) => Resultado {
            protocolo,
            codigo: error.status().as_u16(),
            message: error.message(),
            status_atual: error.present_status().map(Status::nome),
            misspelt: Misspelt::default(),
        },
    }
}

/// The protocolo of a change that is refused for another field.
fn readable_protocolo(body: &JsonBody) -> Option<String> {
    let [protocolo] = body.members(["protocolo"]).ok()?;
    Some(read_protocolo(protocolo).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atendimento::{Atendimento, Denial};

    #[test]
    fn no_change_takes_more_of_the_answer_than_is_reserved() {
        let longest = "\u{1}".repeat(64);
        let atual = Atendimento { id: 1, status: Status::EmAtendimento, revisao: i64::MAX };
        for error in [
            ApiError::Denied(Denial::RevisionDiffers(atual)),
            ApiError::Denied(Denial::KeyReused),
            ApiError::InProgress,
            ApiError::Invalid("visivelCliente"),
            ApiError::Body(crate::json::JsonError::Incomplete { line: usize::MAX, column: usize::MAX }),
        ] {
            let length = json::length(&[resultado(Some(longest.clone()), Err(error))]);
            assert!(length <= RESULTADO_MAX, "{length}");
        }
    }
}
