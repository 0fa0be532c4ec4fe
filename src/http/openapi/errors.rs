//! The errors of each operation, and how the document shows them. Texts, status codes and headers are those of
//! [`ApiError`].

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response as Answer};
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, Ref, Response, ResponseBuilder};

use crate::auth::token::Rejection;
use crate::dialect::Known;
use crate::domain::atendimento::Denial;
use crate::domain::atendimento::Status::Finalizado;
use crate::domain::rules::Rules;
use crate::http::answer::catalogue::ApiError::{self, *};
use crate::http::answer::catalogue::{AuditedUser, Cut, Limit};
use crate::http::answer::problem::{self, Language};
use crate::http::answer::render;
use crate::http::shapes::text;
use crate::json::JsonError;
use crate::service::provisioning::Kind;

/// An operation by its id, and its errors.
type Errors = (&'static str, &'static [&'static [ApiError]]);

/// The errors of each operation, in the order in which they are looked for. Those of `ALWAYS` follow in
/// every operation.
pub const OPERATIONS: [Errors; 12] = [
    ("login", &[BODY, LOGIN]),
    ("lerStatus", &[TOKEN, PROTOCOLO]),
    ("alterarStatus", &[TOKEN, CHANGE_OPTIONS, BODY, CHANGE]),
    ("alterarMuitos", &[TOKEN, BATCH_OPTIONS, BODY, BATCH]),
    ("lerHistorico", &[TOKEN, PROTOCOLO, PAGE]),
    ("lerTransicoes", &[TOKEN, PROTOCOLO]),
    ("lerMotivos", &[TOKEN]),
    ("inicio", &[]),
    ("openapi", &[]),
    ("documentacao", &[]),
    ("vivo", &[]),
    ("pronto", &[]),
];

/// The same of administration.
pub const ADMINISTRATION: [Errors; 24] = [
    ("listarNiveis", &[TOKEN]),
    ("criarNivel", &[TOKEN, KEY, BODY, NAME, NIVEL, CREATION, ROOT]),
    ("listarPermissoes", &[TOKEN]),
    ("liberarPermissao", &[TOKEN, NIVEL_ID, GOVERNING]),
    ("recolherPermissao", &[TOKEN, NIVEL_ID, GOVERNING]),
    ("listarPerfis", &[TOKEN]),
    ("criarPerfil", &[TOKEN, KEY, BODY, NAME, PERFIL, CREATION, ROOT]),
    ("concederPermissao", &[TOKEN, PERFIL_ID, GRANT]),
    ("revogarPermissao", &[TOKEN, PERFIL_ID, REVOCATION]),
    ("listarUsuarios", &[TOKEN, LIST]),
    ("listarPerfisAtribuiveis", &[TOKEN]),
    ("criarUsuario", &[TOKEN, KEY, BODY, USUARIO, SENHA, CREATION, HANDING_ON]),
    ("trocarSenha", &[TOKEN, BODY, USUARIO_ID, SENHA, OWN_SENHA, HANDING_ON]),
    ("mudarPerfil", &[TOKEN, BODY, USUARIO_ID, MOVE, HANDING_ON, LAST]),
    ("ativarUsuario", &[TOKEN, USUARIO_ID, HANDING_ON]),
    ("desativarUsuario", &[TOKEN, USUARIO_ID, HANDING_ON, LAST]),
    ("revogarTokens", &[TOKEN, USUARIO_ID, HANDING_ON]),
    ("listarMotivos", &[TOKEN]),
    ("criarMotivo", &[TOKEN, KEY, BODY, NAME, MOTIVO, CREATION]),
    ("ativarMotivo", &[TOKEN, MOTIVO_ID]),
    ("desativarMotivo", &[TOKEN, MOTIVO_ID]),
    ("criarAtendimento", &[TOKEN, KEY, BODY, ATENDIMENTO, CREATION]),
    ("listarAtendimentos", &[TOKEN, SEARCH, LIST]),
    ("lerAuditoria", &[TOKEN, AUDIT, LIST]),
];

/// The same of the operations that a sandbox adds.
pub const SANDBOX: [Errors; 9] = [
    ("restaurar", &[PAGE_ORIGIN]),
    ("programarFalha", &[PAGE_ORIGIN, BODY, FAULT]),
    ("lerFalhas", &[]),
    ("apagarFalhas", &[PAGE_ORIGIN]),
    ("moverRelogio", &[PAGE_ORIGIN, BODY, CLOCK]),
    ("lerRelogio", &[]),
    ("acertarRelogio", &[PAGE_ORIGIN]),
    ("lerRequisicoes", &[JOURNAL]),
    ("apagarRequisicoes", &[PAGE_ORIGIN]),
];

const ALWAYS: &[ApiError] = &[Malformed, Internal, Unavailable];

const TOKEN: &[ApiError] = &[
    TokenMissing,
    Token(Rejection::Periods(0)),
    Token(Rejection::Unsigned),
    Token(Rejection::Untrusted),
    ApiError::EXPIRED,
    TokenRevoked(AuditedUser::NOBODY),
    AccessDenied(AuditedUser::NOBODY),
];

const BODY: &[ApiError] = &[
    ContentCoding,
    Charset,
    BodySlow,
    BodyTooLarge,
    BodyCut(Cut::Malformed),
    Body(JsonError::Charset("UTF-16LE")),
    Body(JsonError::Utf8(7)),
    Body(JsonError::Syntax { line: 1, column: 7 }),
    Body(JsonError::Incomplete { line: 1, column: 7 }),
    Body(JsonError::NotAnObject),
];

const LOGIN: &[ApiError] = &[
    Body(JsonError::Duplicate("login")),
    Body(JsonError::Text("login")),
    LoginRequired,
    Invalid("login"),
    SenhaRequired,
    Invalid("senha"),
    ApiError::THROTTLED,
    UsuarioNotFound,
    SenhaWrong,
    TokenFailed,
];

const CHANGE_OPTIONS: &[ApiError] = &[Invalid("simular"), Invalid("Idempotency-Key")];

const CHANGE: &[ApiError] = &[
    Body(JsonError::Duplicate("status")),
    Body(JsonError::Text("status")),
    Required("protocolo"),
    InexactProtocolo,
    Invalid("protocolo"),
    Required("status"),
    Invalid("status"),
    Invalid("motivoStatus"),
    Invalid("comentario"),
    Invalid("visivelCliente"),
    Required("visivelCliente"),
    Invalid("statusAtual"),
    InProgress,
    Denied(Denial::KeyReused),
    Denied(Denial::AtendimentoNotFound),
    Denied(Denial::StatusNotFound),
    Denied(Denial::StatusDiffers(Finalizado)),
    ApiError::REVISED,
    Denied(Denial::SameStatus),
    Denied(Denial::MotivoUnneeded),
    Denied(Denial::MotivoRequired),
    Denied(Denial::MotivoNotFound),
];

const BATCH_OPTIONS: &[ApiError] = &[Invalid("simular"), Invalid("Idempotency-Key"), Invalid("If-Match")];

const BATCH: &[ApiError] = &[Body(JsonError::Duplicate("itens")), Required("itens"), Invalid("itens")];

const PROTOCOLO: &[ApiError] = &[Required("protocolo"), Invalid("protocolo"), Denied(Denial::AtendimentoNotFound)];

const PAGE: &[ApiError] = &[Invalid("cursor"), Invalid("limite"), Invalid("visivelCliente")];

const KEY: &[ApiError] = &[Invalid("Idempotency-Key")];
const CREATION: &[ApiError] = &[Denied(Denial::KeyReused), InProgress];
const LIST: &[ApiError] = &[Invalid("cursor"), Invalid("limite")];

const NAME: &[ApiError] =
    &[Body(JsonError::Duplicate("nome")), Body(JsonError::Text("nome")), Required("nome"), Invalid("nome")];
const NIVEL: &[ApiError] = &[Invalid("superior"), Missing(Kind::Nivel), Exists(Kind::Nivel)];
const ROOT: &[ApiError] = &[Beyond(Limit::RootOnly)];
const NIVEL_ID: &[ApiError] = &[Missing(Kind::Nivel), UnknownPermissao];
const GOVERNING: &[ApiError] = &[Beyond(Limit::OwnNivel), Beyond(Limit::Permissao)];
const PERFIL: &[ApiError] =
    &[Invalid("nivel"), Invalid("root"), Required("nivel"), Missing(Kind::Nivel), Exists(Kind::Perfil)];
const PERFIL_ID: &[ApiError] = &[Missing(Kind::Perfil), UnknownPermissao];
const GRANT: &[ApiError] = &[Beyond(Limit::Oneself), Beyond(Limit::Permissao), NotReleased];
const REVOCATION: &[ApiError] = &[Beyond(Limit::Permissao), LastRootAdministrator];
const USUARIO: &[ApiError] = &[
    Body(JsonError::Duplicate("login")),
    Body(JsonError::Text("login")),
    Required("login"),
    Invalid("login"),
    Required("perfil"),
    Invalid("perfil"),
    Missing(Kind::Perfil),
    Exists(Kind::Usuario),
];
const SENHA: &[ApiError] =
    &[Body(JsonError::Duplicate("senha")), Body(JsonError::Text("senha")), SenhaRequired, Invalid("senha"), SenhaUnfit];
const OWN_SENHA: &[ApiError] = &[SenhaSame];
const USUARIO_ID: &[ApiError] = &[Missing(Kind::Usuario), Anonymised];
const HANDING_ON: &[ApiError] = &[Beyond(Limit::Permissao)];
const MOVE: &[ApiError] = &[
    Body(JsonError::Duplicate("perfil")),
    Body(JsonError::Text("perfil")),
    Required("perfil"),
    Invalid("perfil"),
    Missing(Kind::Perfil),
    Beyond(Limit::Oneself),
];
const LAST: &[ApiError] = &[LastRootAdministrator];
const MOTIVO: &[ApiError] = &[Exists(Kind::Motivo)];
const MOTIVO_ID: &[ApiError] = &[Missing(Kind::Motivo)];
const ATENDIMENTO: &[ApiError] = &[
    Body(JsonError::Duplicate("protocolo")),
    Body(JsonError::Text("protocolo")),
    Required("protocolo"),
    InexactProtocolo,
    Invalid("protocolo"),
    Invalid("status"),
    Exists(Kind::Atendimento),
    DayIsFull,
];
const SEARCH: &[ApiError] = &[
    Invalid("protocolo"),
    Invalid("status"),
    Invalid("motivoStatus"),
    Invalid("usuario"),
    Invalid("desde"),
    Invalid("ate"),
];
const AUDIT: &[ApiError] = &[Invalid("desde"), Invalid("ate"), Invalid("acao")];

const PAGE_ORIGIN: &[ApiError] = &[ForeignPage];
const FAULT: &[ApiError] = &[
    Body(JsonError::Duplicate("codigo")),
    Body(JsonError::Text("codigo")),
    Invalid(UNKNOWN_IN_FAULT),
    Invalid("rota"),
    Invalid("modo"),
    Required("codigo"),
    UnknownFault(("codigo", String::new())),
    Invalid("vezes"),
    Invalid("depois"),
    Invalid("atraso"),
    Invalid("intervalo"),
    Invalid("bytes"),
    Invalid(TOO_MANY_FAULTS),
];

const CLOCK: &[ApiError] = &[
    Body(JsonError::Duplicate("agora")),
    Body(JsonError::Text("agora")),
    Invalid(UNKNOWN_IN_CLOCK),
    Required("avancar"),
    Invalid("avancar"),
    Invalid("agora"),
];

const JOURNAL: &[ApiError] = &[Invalid("rota"), Invalid("desde"), Invalid("limite")];

/// The members that requests to a sandbox do not have, and more faults than it takes.
pub const UNKNOWN_IN_FAULT: &str = "membro fora de rota, modo, codigo, vezes, depois, atraso, intervalo e bytes";
pub const UNKNOWN_IN_CLOCK: &str = "membro fora de avancar e agora";
pub const TOO_MANY_FAULTS: &str = "mais de 100 falhas programadas";

/// The errors of the operation `id` that a server gives: those that are only a dialect's rules' in such a one.
pub fn of(id: Option<&str>, rules: Rules) -> impl Iterator<Item = &'static ApiError> {
    let own = OPERATIONS
        .iter()
        .chain(&ADMINISTRATION)
        .chain(&SANDBOX)
        .find(|(operation, _)| id == Some(operation))
        .map_or(&[][..], |(_, lists)| *lists);
    own.iter().copied().chain([ALWAYS]).flatten().filter(move |error| error.can_be_given(rules))
}

/// The errors that a dialect may speak of, by name, as no Citrus has our administration: each row, and each field that an operation names.
pub fn known() -> Known {
    let of_fields = OPERATIONS.iter().flat_map(|(_, lists)| lists.concat()).filter(|error| error.subject().is_some());
    let of_fields = of_fields.map(|error| (error.key(), error));
    let rows = ApiError::told_apart().map(|error| (error.row().name.to_owned(), error));
    let spoken = rows.chain(of_fields).filter(|(_, error)| !error.is_ours_alone());
    spoken.map(|(name, error)| (name, error.row().text.matches("{}").count())).collect()
}

pub fn describe(operation: &mut Operation) {
    let mut by_status = BTreeMap::<StatusCode, Vec<&ApiError>>::new();
    for error in of(operation.operation_id.as_deref(), Rules::default()) {
        by_status.entry(error.status()).or_default().push(error);
    }
    let responses = by_status.iter().map(|(status, errors)| (status.as_str().to_owned(), response(errors).into()));
    operation.responses.responses.extend(responses);
}

/// The answer of one status code, which all of `errors` have.
fn response(errors: &[&ApiError]) -> Response {
    let lines = errors.iter().map(|error| format!("- `{}` {}\n", error.message(), error.row().mark));
    let response = ResponseBuilder::new()
        .description(lines.collect::<String>())
        .content("application/json", content(envelope_of(errors), errors, render::envelope))
        .content(problem::MEDIA_TYPE, content("Problema", errors, |error| problem::of(error, Language::Portuguese)));
    let answers: Vec<Answer> = errors.iter().map(|error| (*error).clone().into_response()).collect();
    answers
        .iter()
        .flat_map(headers)
        .fold(response, |response, (name, description)| {
            let header = HeaderBuilder::new().schema(Some(text())).description(Some(description));
            response.header(name, header.build())
        })
        .build()
}

/// The examples of `errors` in the form that `body` makes of them.
fn content<T: Serialize>(schema: &str, errors: &[&ApiError], body: impl Fn(&ApiError) -> T) -> Content {
    let examples = errors.iter().enumerate().map(|(index, error)| {
        let value = serde_json::to_value(body(error)).expect("errors have text keys");
        let example = ExampleBuilder::new().summary(error.message()).value(Some(value));
        (format!("{:02}-{}", index + 1, error.code()), example.build())
    });
    ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).examples_from_iter(examples).build()
}

fn envelope_of(errors: &[&ApiError]) -> &'static str {
    if errors[0].present_status().is_some() { "Divergencia" } else { "Mensagem" }
}

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
