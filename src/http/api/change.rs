//! `POST /api/atendimentos/status`

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::audit::ChangeAudit;
use crate::dialect::Asked;
use crate::domain::access::AlterarStatus;
use crate::domain::atendimento::{ChangeRequest, Comentario, IdempotencyKey, Status};
use crate::domain::protocolo::exact_integer;
use crate::domain::rules::Rules;
use crate::domain::text::{COMENTARIO_MAX, NOME_MAX, NameKey, PROTOCOLO_MAX, fits, is_blank};
use crate::http::answer::MADE;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::answer::spoken::{self, Success};
use crate::http::limits::BODY_MAX;
use crate::http::openapi::CITRUS;
use crate::http::openapi::parameters::{IdempotencyHeader, IfMatch, Simular};
use crate::http::openapi::requests::Alteracao;
use crate::http::request::asked;
use crate::http::request::body::JsonBody;
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::idempotency;
use crate::http::request::misspelt::Misspelt;
use crate::http::request::preconditions;
use crate::http::request::query;
use crate::http::state::{AppState, SharedState};
use crate::json::Value;
use crate::service::changes::{Done, Simulation};

const SIMULATED: &str = "Simulação: atendimento seria atualizado";

const MEMBERS: [&str; 6] = ["protocolo", "status", "motivoStatus", "comentario", "visivelCliente", "statusAtual"];

#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Alterado, description = "O resultado. Com `simular=true`, também o que a alteração faria [ours].")]
struct Changed {
    message: &'static str,
    /// O status atual, numa simulação.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Status)]
    de: Option<&'static str>,
    /// O status que teria, numa simulação.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Status)]
    para: Option<&'static str>,
    /// O motivo que seria registrado, numa simulação.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    motivo_status: Option<Option<String>>,
}

/// Answers a status change, once it is durable, and leaves its line in the audit log.
#[utoipa::path(
    post, path = "/api/atendimentos/status", tag = CITRUS, operation_id = "alterarStatus",
    summary = "Altera o status de um atendimento [doc]",
    description = "O caminho é [doc], o método é [ours]. Exige a permissão *Alterar status de atendimento via API* \
        [doc]. Status, histórico e comentário \
        são gravados juntos, antes da resposta [ours].",
    security(("token" = [])),
    params(Simular, IdempotencyHeader, IfMatch),
    request_body(content = Alteracao, examples(
        ("1-alterar" = (summary = "Alterar [doc]", value = json!({
            "protocolo": "20221104000001", "status": "Finalizado", "motivoStatus": "Atendimento já finalizado"
        }))),
        ("2-comentar" = (summary = "Alterar e comentar [doc]", value = json!({
            "protocolo": "20221104000001", "status": "Finalizado", "motivoStatus": " ",
            "comentario": "Comentário de atendimento", "visivelCliente": "true"
        }))),
        ("3-cancelar" = (summary = "Cancelar, com motivo [ours]", value = json!({
            "protocolo": "20221104000001", "status": "Cancelado", "motivoStatus": "Duplicado"
        }))),
    )),
    responses(
        (status = 200, description = "Feito [doc], ou simulado [ours]", body = Changed,
            headers(
                ("Idempotency-Replayed" = String, description = "`true` numa resposta repetida [ours]"),
                ("Ignored-Members" = String, description = "Campos que vieram com outra grafia, como `Comentario`, e foram ignorados [ours]")
            ), examples(
            ("1-feito" = (summary = "Feito [doc]", value = json!({"message": MADE}))),
            ("2-simulado" = (summary = "Com `simular=true` [ours]", value = json!({
                "message": SIMULATED, "de": "Aberto", "para": "Cancelado", "motivoStatus": "Duplicado"
            }))),
        ))
    ),
)]
pub async fn change(
    State(app): State<SharedState>,
    client: ClientAddress,
    caller: Result<Caller<AlterarStatus>, ApiError>,
    request: Request,
) -> Response {
    let (mut audit, mut asked) = (ChangeAudit::begin(client), None);
    let answer = attempt(&app, caller, request, &mut audit, &mut asked).await;
    audit.end(&answer);
    answer.unwrap_or_else(|error| spoken::told(error, asked))
}

/// What a change says before its body.
struct Head {
    caller: Caller<AlterarStatus>,
    simular: bool,
    key: Option<Arc<str>>,
}

impl Head {
    fn of(
        caller: Result<Caller<AlterarStatus>, ApiError>,
        request: &Request,
        audit: &mut ChangeAudit,
    ) -> Result<Self, ApiError> {
        let caller = caller?;
        audit.caller(&caller);
        let simular = query::flag(request.uri(), "simular")?;
        Ok(Self { caller, simular, key: idempotency::key(request.headers())? })
    }
}

async fn attempt(
    app: &AppState,
    caller: Result<Caller<AlterarStatus>, ApiError>,
    request: Request,
    audit: &mut ChangeAudit,
    asked: &mut Option<Asked>,
) -> Result<Response, ApiError> {
    let revisions = preconditions::if_match(request.headers());
    let Head { caller, simular, key } = match Head::of(caller, &request, audit) {
        Ok(head) => head,
        Err(error) => {
            *asked = asked::before_refusal(&error, request, app).await;
            return Err(error);
        }
    };
    *asked = app.dialect.as_ref().map(|_| Asked::default().by(&caller.login));
    let body = JsonBody::read(request, app, BODY_MAX).await?;
    *asked = app.dialect.as_ref().map(|_| asked::in_body(&body).by(&caller.login));
    // The body may have taken long.
    caller.confirm(app).await?;
    let idempotency = key.map(|key| IdempotencyKey { key, fingerprint: body.fingerprint() });
    let mut misspelt = Misspelt::default();
    let request = change_request(&body, caller.usuario_id, audit, &mut misspelt)?;
    let request = ChangeRequest { idempotency, revisions, rules: app.rules(), ..request };
    let success = asked.as_ref().and_then(|asked| success(&request, asked));
    let response = if simular {
        audit.simulated();
        let outcome = Box::pin(app.changes.simulate(&request)).await;
        audit.done(&outcome);
        simulated(success, outcome?)
    } else {
        let outcome = app.changes.submit(request).await;
        audit.done(&outcome);
        match outcome? {
            Done::Made { de, .. } => made(success.map(|success| success.from_status(de))),
            Done::Replayed => idempotency::replayed(made(success)),
        }
    };
    audit.ignored(&misspelt);
    Ok(misspelt.name_in(response))
}

/// What a dialect may tell of `request`, which `asked` for it, once it is done.
fn success(request: &ChangeRequest, asked: &Asked) -> Option<Success> {
    let status = Status::from_nome(&request.status)?.nome();
    let (motivo, usuario) = (asked.motivo.clone(), asked.usuario.clone());
    Some(Success::Made { protocolo: request.protocolo.clone(), status, anterior: "", motivo, usuario })
}

fn made(success: Option<Success>) -> Response {
    let response = json::of(StatusCode::OK, &Changed { message: MADE, ..Changed::default() });
    spoken::beside(response, success)
}

fn simulated(success: Option<Success>, simulation: Simulation) -> Response {
    match simulation {
        Simulation::Make { de, para, motivo } => {
            let (de, para) = (Some(de.nome()), Some(para.nome()));
            json::of(StatusCode::OK, &Changed { message: SIMULATED, de, para, motivo_status: Some(motivo) })
        }
        Simulation::Replay => idempotency::replayed(made(success)),
    }
}

/// The change that `body` asks for; fields are judged in the contract's order.
pub fn change_request(
    body: &JsonBody,
    usuario_id: i64,
    audit: &mut ChangeAudit,
    misspelt: &mut Misspelt,
) -> Result<ChangeRequest, ApiError> {
    let [protocolo, status, motivo, comentario, visivel_cliente, expected] = body.members_noting(MEMBERS, misspelt)?;
    let protocolo = read_protocolo(protocolo)?;
    let status = required("status", status, NOME_MAX)?;
    audit.change(&protocolo, &status);
    Ok(ChangeRequest {
        protocolo: protocolo.trim().to_owned(),
        status,
        motivo: read_motivo(motivo, audit)?,
        comentario: read_comentario(comentario, visivel_cliente)?,
        expected: expected_status(expected)?,
        revisions: None,
        idempotency: None,
        usuario_id,
        rules: Rules::default(),
    })
}

/// Where no motivo is required any value is ignored, so one that is no text is as good as none.
fn read_motivo(value: Value<'_>, audit: &mut ChangeAudit) -> Result<Option<NameKey>, ApiError> {
    let Value::Text(text) = value.scalar() else { return Ok(None) };
    audit.motivo(&text);
    if fits(&text, NOME_MAX) { Ok(NameKey::non_blank(&text)) } else { Err(ApiError::Invalid("motivoStatus")) }
}

fn read_comentario(texto: Value<'_>, visivel_cliente: Value<'_>) -> Result<Option<Comentario>, ApiError> {
    let texto = match texto.scalar() {
        Value::Absent => None,
        Value::Text(text) if fits(&text, COMENTARIO_MAX) => Some(text).filter(|text| !is_blank(text)),
        _ => return Err(ApiError::Invalid("comentario")),
    };
    match (texto, boolean("visivelCliente", visivel_cliente)?) {
        (Some(texto), Some(visivel_cliente)) => Ok(Some(Comentario { texto: texto.into(), visivel_cliente })),
        (Some(_), None) => Err(ApiError::Required("visivelCliente")),
        (None, _) => Ok(None),
    }
}

pub fn read_protocolo(value: Value<'_>) -> Result<String, ApiError> {
    match value {
        Value::Number(number) => exact_integer(number).ok_or(ApiError::InexactProtocolo),
        other => required("protocolo", other, PROTOCOLO_MAX),
    }
}

/// The status that the client read before (ours).
fn expected_status(value: Value<'_>) -> Result<Option<Status>, ApiError> {
    match value {
        Value::Absent => Ok(None),
        Value::Text(nome) if is_blank(&nome) => Ok(None),
        Value::Text(nome) => Status::from_nome(&nome).map(Some).ok_or(ApiError::Invalid("statusAtual")),
        _ => Err(ApiError::Invalid("statusAtual")),
    }
}

fn required(field: &'static str, value: Value<'_>, max: usize) -> Result<String, ApiError> {
    match value.scalar() {
        Value::Absent => Err(ApiError::Required(field)),
        Value::Text(text) if is_blank(&text) => Err(ApiError::Required(field)),
        Value::Text(text) if fits(&text, max) => Ok(text),
        _ => Err(ApiError::Invalid(field)),
    }
}

fn boolean(field: &'static str, value: Value<'_>) -> Result<Option<bool>, ApiError> {
    let text = match value {
        Value::Absent => return Ok(None),
        Value::Number(number) => exact_integer(number).ok_or(ApiError::Invalid(field))?,
        Value::Bool(value) => return Ok(Some(value)),
        Value::Text(text) => text,
        Value::List(_) | Value::Object => return Err(ApiError::Invalid(field)),
    };
    match text.trim().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => Err(ApiError::Invalid(field)),
    }
}
