//! Atendimentos: registered one by one, listed and searched.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::{Administering, created};
use crate::clock::{of_four_digits, rfc3339_millis};
use crate::domain::access::{ConsultarAtendimentos, CriarAtendimento, Permissao};
use crate::domain::atendimento::Status;
use crate::domain::protocolo::is_usual;
use crate::domain::record::PresentState;
use crate::domain::text::{LOGIN_MAX, NOME_MAX, NameKey, PROTOCOLO_MAX, fits, hides, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::api::change::read_protocolo;
use crate::http::api::reads::Atendimento;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{
    Ate, Cursor, Desde, IdempotencyHeader, Limite, MotivoInQuery, ProtocoloPrefix, StatusInQuery, UsuarioInQuery,
};
use crate::http::openapi::requests::NovoAtendimento;
use crate::http::request::{page, query};
use crate::http::state::SharedState;
use crate::json::Value;
use crate::store::{AtendimentosPage, Between};

#[derive(Serialize, ToSchema)]
#[schema(description = "Uma página dos atendimentos, do maior protocolo ao menor [ours].")]
struct Atendimentos {
    atendimentos: Vec<Atendimento>,
    /// O `cursor` da página seguinte; `null` na última. Uma página pode ter menos entradas, até nenhuma, e ainda assim
    /// haver outra: procura-se só num trecho por vez.
    #[schema(required)]
    proximo: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "O atendimento criado [ours].")]
struct AtendimentoCriado {
    protocolo: String,
    #[schema(value_type = Status)]
    status: &'static str,
    /// O motivo da última alteração.
    #[schema(required)]
    motivo_status: Option<String>,
    /// Quando foi registrado, ou alterado pela última vez.
    #[schema(format = DateTime)]
    atualizado_em: String,
    /// O que convém saber, como que o protocolo não se parece com os do Citrus; só onde há algo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    avisos: Vec<&'static str>,
}

impl From<PresentState> for AtendimentoCriado {
    fn from(PresentState { protocolo, status, motivo, atualizado_em, .. }: PresentState) -> Self {
        let (avisos, atualizado_em) = (avisos(&protocolo), rfc3339_millis(atualizado_em));
        Self { protocolo, status: status.nome(), motivo_status: motivo, atualizado_em, avisos }
    }
}

/// What is said of a protocolo beside taking it, as the command line says it.
fn avisos(protocolo: &str) -> Vec<&'static str> {
    if is_usual(protocolo) {
        Vec::new()
    } else {
        vec!["O protocolo não se parece com os do Citrus, como 20221104000001"]
    }
}

/// `POST /api/atendimentos`
#[utoipa::path(
    post, path = "/api/atendimentos", tag = ADMINISTRACAO, operation_id = "criarAtendimento",
    summary = "Cria um atendimento [ours]",
    description = "Sem `protocolo`, o servidor o numera: o dia em Brasília e um número de seis dígitos, como `20221104000001`. \
        Exige a permissão *Criar atendimento via API*.",
    security(("token" = [])),
    params(IdempotencyHeader),
    request_body(content = NovoAtendimento, examples(
        ("1-numerado" = (summary = "O servidor numera", value = json!({}))),
        ("2-dado" = (summary = "Com protocolo e status", value = json!({"protocolo": "20221104000099", "status": "Em atendimento"}))),
    )),
    responses((status = 201, description = "O atendimento criado", body = AtendimentoCriado,
        headers(("Idempotency-Replayed" = String, description = "`true` numa resposta repetida")), example = json!({
        "protocolo": "20221104000099", "status": "Aberto", "motivoStatus": null, "atualizadoEm": "2026-11-23T10:00:00.000Z"
    }))),
)]
pub async fn create(
    State(app): State<SharedState>,
    who: Administering<CriarAtendimento>,
    request: Request,
) -> Result<Response, ApiError> {
    let (body, provisioning) = who.creation(request).await?;
    let [protocolo, status] = body.members(["protocolo", "status"])?;
    let protocolo = if protocolo == Value::Absent { None } else { Some(read_protocolo(protocolo)?) };
    let status = status_of(status)?.unwrap_or(Status::Aberto);
    let outcome = match protocolo {
        Some(protocolo) => {
            provisioning.create_atendimento(&protocolo, status).await.map(|()| protocolo.trim().to_owned())
        }
        None => provisioning.draw_atendimento(status, app.clock.now()).await,
    };
    let (protocolo, is_replay) = who.made::<String>(outcome)?;
    let atendimento = who.judged(provisioning.present_state(&protocolo).await)?;
    Ok(created(&AtendimentoCriado::from(atendimento), is_replay))
}

/// `GET /api/admin/atendimentos`
#[utoipa::path(
    get, path = "/api/admin/atendimentos", tag = ADMINISTRACAO, operation_id = "listarAtendimentos",
    summary = "Lista e procura atendimentos [ours]",
    description = "Por protocolo, do maior ao menor: onde começam com o dia, do mais novo ao mais antigo. Exige a permissão *Consultar lista de atendimentos*; com `usuario`, também *Consultar histórico de atendimento via API*.",
    security(("token" = [])),
    params(ProtocoloPrefix, StatusInQuery, MotivoInQuery, UsuarioInQuery, Desde, Ate, Cursor, Limite),
    responses((status = 200, description = "Uma página", body = Atendimentos, example = json!({
        "atendimentos": [{
            "protocolo": "20221104000001", "status": "Cancelado", "motivoStatus": "Duplicado",
            "atualizadoEm": "2026-11-23T10:00:00.000Z"
        }],
        "proximo": null
    }))),
)]
pub async fn list(
    State(app): State<SharedState>,
    who: Administering<ConsultarAtendimentos>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let protocolo = query::parameter(&uri, "protocolo")?.map(|text| text.trim().to_owned());
    let is_beginning = |text: &String| !text.is_empty() && fits(text, PROTOCOLO_MAX) && !text.contains(hides);
    if protocolo.as_ref().is_some_and(|protocolo| !is_beginning(protocolo)) {
        return Err(ApiError::Invalid("protocolo"));
    }
    let status = query::parameter(&uri, "status")?;
    let asked = AtendimentosPage {
        prefix: protocolo.unwrap_or_default(),
        status: status.map(|nome| Status::from_nome(&nome).ok_or(ApiError::Invalid("status"))).transpose()?,
        between: between(&uri)?,
        motivo_id: motivo(&app, &uri).await?,
        usuario_id: usuario(&who, &uri).await?,
        before: page::text_cursor(&uri)?,
        limit: page::limit(&uri)?,
    };
    let (found, next) = app.administration.page_of_atendimentos(&asked).await?;
    let atendimentos = found.into_iter().map(Atendimento::from).collect();
    Ok(json::of(
        StatusCode::OK,
        &Atendimentos { atendimentos, proximo: next.map(|protocolo| page::after_text(&protocolo)) },
    ))
}

/// The parameter `motivoStatus`: the row id of the motivo of that name.
async fn motivo(app: &SharedState, uri: &Uri) -> Result<Option<i64>, ApiError> {
    const NAME: &str = "motivoStatus";
    let Some(nome) = query::parameter(uri, NAME)? else { return Ok(None) };
    let key = NameKey::non_blank(&nome).filter(|_| fits(nome.trim(), NOME_MAX)).ok_or(ApiError::Invalid(NAME))?;
    let found = app.administration.motivo_named(&key).await?;
    found.map(|motivo| Some(motivo.id)).ok_or(ApiError::Invalid(NAME))
}

/// The parameter `usuario`: the row id of the user of that login, whom the caller sees. Who changed what is in histories.
async fn usuario(who: &Administering<ConsultarAtendimentos>, uri: &Uri) -> Result<Option<i64>, ApiError> {
    const NAME: &str = "usuario";
    let Some(login) = query::parameter(uri, NAME)? else { return Ok(None) };
    let key = NameKey::non_blank(&login).filter(|_| fits(login.trim(), LOGIN_MAX)).ok_or(ApiError::Invalid(NAME))?;
    let needs = Permissao::ConsultarHistorico;
    let found = who.judged_by(needs, who.provisioning().seen_login(&key, needs).await)?;
    found.map(Some).ok_or(ApiError::Invalid(NAME))
}

/// The parameters `desde` and `ate`: from the one on, before the other.
pub fn between(uri: &Uri) -> Result<Between, ApiError> {
    let time = |name| {
        let text = query::parameter(uri, name)?;
        let moment = |text: String| OffsetDateTime::parse(&text, &Rfc3339).ok().and_then(of_four_digits);
        text.map(|text| moment(text).ok_or(ApiError::Invalid(name))).transpose()
    };
    Ok(Between { from: time("desde")?, before: time("ate")? })
}

fn status_of(value: Value<'_>) -> Result<Option<Status>, ApiError> {
    match value.scalar() {
        Value::Absent => Ok(None),
        Value::Text(nome) if is_blank(&nome) => Ok(None),
        Value::Text(nome) if fits(&nome, NOME_MAX) => {
            Status::from_nome(&nome).map(Some).ok_or(ApiError::Invalid("status"))
        }
        _ => Err(ApiError::Invalid("status")),
    }
}
