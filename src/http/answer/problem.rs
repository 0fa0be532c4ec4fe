//! Errors for programs [ours]: RFC 9457, told to who asks for `application/problem+json`.

use std::borrow::Cow;

use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use serde::Serialize;

use super::catalogue::ApiError;
use super::json;
use crate::auth::token::Rejection;
use crate::domain::atendimento::{Denial, Status};
use crate::json::JsonError;

/// Names a problem in `Accept` and `Content-Type`.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// In what language a problem is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Portuguese,
    English,
}

/// The language in which `headers` ask for problems, if they do.
pub fn wanted(headers: &HeaderMap) -> Option<Language> {
    let wanted = list(headers, ACCEPT).any(|range| range.eq_ignore_ascii_case(MEDIA_TYPE));
    wanted.then(|| list(headers, ACCEPT_LANGUAGE).find_map(language).unwrap_or(Language::Portuguese))
}

/// `response`, told as a problem where it is an error of ours. Its status and its headers stay.
pub fn told(mut response: Response, language: Language) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
    let (mut parts, _) = response.into_parts();
    let (told, body) = json::of(parts.status, &Problem::of(&error, language)).into_parts();
    parts.headers.extend(told.headers);
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    let tag = language.choose(["pt-BR", "en"]);
    parts.headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(tag));
    parts.headers.insert(VARY, HeaderValue::from_static("accept, accept-language"));
    Response::from_parts(parts, body)
}

/// `error` as a problem in Portuguese, for the document.
pub fn example(error: &ApiError) -> serde_json::Value {
    serde_json::to_value(Problem::of(error, Language::Portuguese)).expect("a problem has text keys")
}

/// The entries of all `name` headers, without their parameters.
fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(|entry| entry.split(';').next().unwrap_or_default().trim())
}

/// The language of `tag`, if it is one of ours.
fn language(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    let is = |language: &str| primary.eq_ignore_ascii_case(language);
    if is("en") { Some(Language::English) } else { is("pt").then_some(Language::Portuguese) }
}

impl Language {
    fn choose<T>(self, [portuguese, english]: [T; 2]) -> T {
        match self {
            Self::Portuguese => portuguese,
            Self::English => english,
        }
    }
}

#[derive(Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Vec<&'static str>>,
    message: Cow<'static, str>,
    #[serde(rename = "statusAtual", skip_serializing_if = "Option::is_none")]
    status_atual: Option<&'static str>,
}

impl Problem {
    fn of(error: &ApiError, language: Language) -> Self {
        // What is hidden from people is hidden from programs.
        let error = if matches!(error, ApiError::UsuarioOculto) { &ApiError::SenhaInvalida } else { error };
        let code = error.code();
        Self {
            r#type: format!("/problemas/{code}"),
            title: language.choose(titles(code)),
            status: error.status().as_u16(),
            detail: language.choose(details(error)),
            code,
            field: field(error),
            allowed: allowed(error),
            message: error.message(),
            status_atual: error.present_status().map(Status::nome),
        }
    }
}

/// The field, parameter or header at fault.
fn field(error: &ApiError) -> Option<&'static str> {
    match error {
        ApiError::Required(field)
        | ApiError::Invalid(field)
        | ApiError::Body(JsonError::Duplicate(field) | JsonError::Text(field)) => Some(field),
        ApiError::InexactProtocolo => Some("protocolo"),
        ApiError::Charset => Some("Content-Type"),
        ApiError::ContentCoding => Some("Content-Encoding"),
        ApiError::LoginRequired | ApiError::UsuarioNaoEncontrado => Some("login"),
        ApiError::SenhaRequired | ApiError::SenhaInvalida => Some("senha"),
        ApiError::InProgress | ApiError::Denied(Denial::ChaveReutilizada) => Some("Idempotency-Key"),
        ApiError::Denied(Denial::AtendimentoNaoEncontrado) => Some("protocolo"),
        ApiError::Denied(Denial::StatusNaoEncontrado) => Some("status"),
        ApiError::Denied(Denial::StatusDiferente(_)) => Some("statusAtual"),
        ApiError::Denied(Denial::RevisaoDiferente(_)) => Some("If-Match"),
        ApiError::Denied(Denial::MotivoObrigatorio | Denial::MotivoNaoEncontrado) => Some("motivoStatus"),
        _ => None,
    }
}

/// The values that the field at fault can have, where they are few.
fn allowed(error: &ApiError) -> Option<Vec<&'static str>> {
    match error {
        ApiError::Denied(Denial::StatusNaoEncontrado)
        | ApiError::Required("status")
        | ApiError::Invalid("status" | "statusAtual") => Some(Status::ALL.map(Status::nome).to_vec()),
        ApiError::Required("visivelCliente") | ApiError::Invalid("visivelCliente") => Some(vec!["true", "false"]),
        _ => None,
    }
}

/// What all errors of `code` have in common, in Portuguese and English.
fn titles(code: &str) -> [&'static str; 2] {
    match code {
        "malformed_http" => ["HTTP malformado", "Malformed HTTP"],
        "invalid_body" => ["Corpo da requisição inválido", "Invalid request body"],
        "invalid_field" => ["Campo inválido", "Invalid field"],
        "no_route" => ["Rota ou método inexistente", "No such route or method"],
        "throttled" => ["Muitas tentativas", "Too many attempts"],
        "unknown_user" => ["Usuário não encontrado", "Unknown user"],
        "wrong_password" => ["Senha inválida", "Wrong password"],
        "no_token" => ["Token ausente", "Missing token"],
        "expired_token" => ["Token expirado", "Expired token"],
        "untrusted_token" => ["Token inválido", "Untrusted token"],
        "revoked_token" => ["Token revogado", "Revoked token"],
        "access_denied" => ["Acesso negado", "Access denied"],
        "unknown_atendimento" => ["Atendimento não encontrado", "Unknown atendimento"],
        "unknown_status" => ["Status não encontrado", "Unknown status"],
        "motivo_required" => ["Motivo obrigatório", "Motivo required"],
        "unknown_motivo" => ["Motivo não encontrado", "Unknown motivo"],
        "other_status" => ["Status diferente do esperado", "Not the expected status"],
        "other_revision" => ["Alterado desde a leitura", "Changed since it was read"],
        "reused_key" => ["Chave de idempotência já usada", "Idempotency key used before"],
        "in_progress" => ["Requisição em andamento", "Request in progress"],
        "unavailable" => ["Serviço indisponível", "Service unavailable"],
        _ => ["Falha do servidor", "Server failure"],
    }
}

/// What happened, in Portuguese and English.
fn details(error: &ApiError) -> [Cow<'static, str>; 2] {
    let [portuguese, english] = match error {
        ApiError::Malformed => {
            ["A requisição não traz Host, ou traz vários.", "The request has no Host, or several of them."]
        }
        ApiError::Body(error) => return [format!("O corpo não pode ser lido: {error}.").into(), in_english(error)],
        ApiError::BodyCut => ["O corpo chegou incompleto.", "The body did not arrive whole."],
        ApiError::BodySlow => ["O corpo não chegou a tempo.", "The body did not arrive in time."],
        ApiError::BodyTooLarge => ["O corpo é muito grande.", "The body is too large."],
        ApiError::Charset => ["O charset do corpo não é conhecido.", "The charset of the body is unknown."],
        ApiError::ContentCoding => {
            ["O corpo não pode vir comprimido.", "The body cannot be taken in this Content-Encoding."]
        }
        ApiError::NotFound => ["Não há recurso neste caminho.", "There is nothing at this path."],
        ApiError::MethodNotAllowed => {
            ["O caminho não aceita este método; veja Allow.", "The path does not take this method; see Allow."]
        }
        ApiError::Required(_) | ApiError::LoginRequired | ApiError::SenhaRequired => {
            ["O campo é obrigatório e não foi enviado.", "The field is required and was not sent."]
        }
        ApiError::Invalid(_) => ["O campo não pode ter este valor.", "The field cannot have this value."],
        ApiError::InexactProtocolo => [
            "O número não é um inteiro exato; envie o protocolo como texto.",
            "The number is no exact integer; send the protocolo as a text.",
        ],
        ApiError::Throttled(_) => {
            ["Houve falhas demais; veja Retry-After.", "There were too many failures; see Retry-After."]
        }
        ApiError::UsuarioNaoEncontrado => {
            ["Não há usuário ativo com este login.", "There is no active user of this login."]
        }
        ApiError::UsuarioOculto | ApiError::SenhaInvalida => ["A senha não confere.", "The password is wrong."],
        ApiError::TokenFailed => ["Não foi possível gerar um token.", "A token could not be made."],
        ApiError::TokenMissing => {
            ["A requisição não traz um token em Authorization.", "The request has no token in Authorization."]
        }
        ApiError::Token(Rejection::Expired { .. }) => {
            ["A validade do token terminou; faça login de novo.", "The token's life is over; log in again."]
        }
        ApiError::Token(Rejection::Periods(_)) => ["O token não é um JWT.", "The token is not a JWT."],
        ApiError::Token(Rejection::Unsigned) => ["O token não tem assinatura.", "The token is not signed."],
        ApiError::Token(Rejection::Untrusted) => {
            ["O token não foi emitido por este servidor.", "The token was not issued by this server."]
        }
        ApiError::TokenRevoked(_) => {
            ["O token foi revogado; faça login de novo.", "The token was revoked; log in again."]
        }
        ApiError::AccessDenied(_) => {
            ["O usuário não tem a permissão necessária.", "The user lacks the permission that this takes."]
        }
        ApiError::Denied(denial) => refusal(denial),
        ApiError::InProgress => [
            "Uma requisição com a mesma chave ainda não foi respondida.",
            "A request of the same key has not been answered yet.",
        ],
        ApiError::Internal => {
            ["O servidor falhou; o log dele tem os detalhes.", "The server failed; its log has the details."]
        }
        ApiError::Unavailable => {
            ["O servidor não pode atender agora; tente de novo.", "The server cannot do it now; try again."]
        }
    };
    [portuguese.into(), english.into()]
}

/// Why the rules refuse a change, in Portuguese and English.
fn refusal(denial: &Denial) -> [&'static str; 2] {
    match denial {
        Denial::AtendimentoNaoEncontrado => {
            ["Não há atendimento com este protocolo.", "There is no atendimento of this protocolo."]
        }
        Denial::StatusNaoEncontrado => ["Não há status com este nome.", "There is no status of this name."],
        Denial::StatusDiferente(_) => ["O atendimento está em outro status.", "The atendimento is in another status."],
        Denial::RevisaoDiferente(_) => {
            ["O atendimento foi alterado depois de lido.", "The atendimento was changed after it was read."]
        }
        Denial::MotivoObrigatorio => ["Esta alteração exige um motivo.", "This change requires a motivo."],
        Denial::MotivoNaoEncontrado => {
            ["Não há motivo ativo com este nome.", "There is no active motivo of this name."]
        }
        Denial::ChaveReutilizada => ["A chave já veio com outro corpo.", "The key came with another body before."],
    }
}

fn in_english(error: &JsonError) -> Cow<'static, str> {
    match error {
        JsonError::Utf8(byte) => format!(
            "The body is not UTF-8 from byte {byte} on; send it in UTF-8 or declare its charset in Content-Type."
        ),
        JsonError::Charset(charset) => format!("The body is not in the charset that it declares, {charset}."),
        JsonError::Syntax { line, column } => format!("The body is malformed JSON at line {line}, column {column}."),
        JsonError::Incomplete { line, column } => {
            format!("The body is incomplete JSON; it ends at line {line}, column {column}.")
        }
        JsonError::NotAnObject => "The body is not a JSON object.".to_owned(),
        JsonError::Duplicate(field) => format!("The body has the field {field} twice."),
        JsonError::Text(field) => format!("The body has a malformed text in the field {field}."),
    }
    .into()
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
