//! The document of a server that answers in a dialect: the same operations, with that one's answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Response, ResponseBuilder};

use super::{errors, operations};
use crate::dialect::{Dialect, TokenHeader};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::problem;
use crate::http::answer::spoken::{CITRUS_PATHS, Speaker, Spoken, Success, example};

/// The path of a request that none of the routes takes.
const NO_ROUTE: &str = "/api/nada";

/// The member of the token's scheme that says which word goes before the token. OpenAPI has none for it.
const SCHEME: &str = "x-esquema";

/// The shapes of the successes that a dialect words.
const SUCCESSES: [&str; 2] = ["Token", "Alterado"];
/// What the login says of users, and what it says where the dialect refuses them.
const WITHOUT_PERMISSION: [&str; 2] = [
    "Um usuário sem permissão também consegue fazer login: o token serve a outros endpoints.",
    "Um usuário sem permissão não consegue fazer login.",
];

/// An answer by the name that a dialect's file has for it.
pub struct NamedAnswer {
    pub name: String,
    pub spoken: Spoken,
}

/// Every answer of a server with the operations of `document`, in `dialect`. An answer that many operations give is that
/// of the first one.
pub fn answers(document: &mut OpenApi, dialect: &Arc<Dialect>) -> Vec<NamedAnswer> {
    let mut answers: Vec<NamedAnswer> = Vec::new();
    let mut add = |more: Vec<NamedAnswer>| {
        for answer in more {
            if answers.iter().all(|other| other.name != answer.name) {
                answers.push(answer);
            }
        }
    };
    for (path, item) in &mut document.paths.paths {
        let speaker = Speaker::example(Arc::clone(dialect), path);
        operations(item).for_each(|operation| add(answers_of(operation, &speaker)));
    }
    let elsewhere = Speaker::example(Arc::clone(dialect), NO_ROUTE);
    let others = ApiError::told_apart().filter(|error| error.can_be_given(dialect.rules));
    add(others.filter_map(|error| named(&error, &elsewhere)).collect());
    answers
}

/// What `operation` answers, if a dialect words it: its success, then its errors in the order of the contract.
fn answers_of(operation: &Operation, speaker: &Speaker) -> Vec<NamedAnswer> {
    let success = success_of(operation)
        .map(|(name, success)| NamedAnswer { name: name.to_owned(), spoken: speaker.success(&success) });
    let errors = errors::of(operation.operation_id.as_deref(), speaker.dialect.rules);
    success.into_iter().chain(errors.filter_map(|error| named(error, speaker))).collect()
}

/// The success of `operation` that a dialect words, by its name.
fn success_of(operation: &Operation) -> Option<(&'static str, Success)> {
    match operation.operation_id.as_deref() {
        Some("login") => Some(("login", Success::example())),
        Some("alterarStatus") => Some(("sucesso", Success::example_of_a_change())),
        _ => None,
    }
}

fn named(error: &ApiError, speaker: &Speaker) -> Option<NamedAnswer> {
    Some(NamedAnswer { name: error.key(), spoken: speaker.error(error, Some(&example()))? })
}

/// `document`, with the answers of `dialect`.
pub fn in_dialect(mut document: OpenApi, dialect: &Arc<Dialect>) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let speaker = Speaker::example(Arc::clone(dialect), path);
        operations(item).for_each(|operation| word(operation, &speaker));
    }
    leave_out_shapes(&mut document);
    document.components.get_or_insert_default().add_security_scheme("token", token_scheme(dialect));
    let said = format!(
        "**Este servidor responde num dialeto**: erros, o sucesso do login e o da alteração são como aqui aparecem, e não \
         como o contrato os tem. O token vem em {}.\n\n",
        written(dialect.token_headers()),
    );
    let description = document.info.description.get_or_insert_default();
    description.insert_str(0, &said);
    document
}

/// Takes out the shapes of successes that the dialect words otherwise.
fn leave_out_shapes(document: &mut OpenApi) {
    let text = serde_json::to_string(document).unwrap_or_default();
    let is_used = |name: &str| text.contains(&format!("#/components/schemas/{name}\""));
    document
        .components
        .get_or_insert_default()
        .schemas
        .retain(|name, _| !SUCCESSES.contains(&name.as_str()) || is_used(name));
}

fn written(headers: &[TokenHeader]) -> String {
    let headers = headers.iter().map(|header| format!("`{}`", header.carrying("…")));
    headers.collect::<Vec<_>>().join(", ")
}

/// How a request carries the token: as the header has it that is looked at first.
fn token_scheme(dialect: &Dialect) -> SecurityScheme {
    let description = format!("O token de `POST /api/usuario/login`, em {}.", written(dialect.token_headers()));
    match &dialect.token_headers()[0] {
        TokenHeader { name, scheme: Some(scheme) }
            if name == AUTHORIZATION && scheme.eq_ignore_ascii_case("bearer") =>
        {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description));
            SecurityScheme::Http(scheme.build())
        }
        TokenHeader { name, scheme } => {
            let mut key = ApiKeyValue::with_description(name.to_string(), description);
            key.extensions = scheme.as_ref().map(|scheme| Extensions::from_iter([(SCHEME, scheme.as_str())]));
            SecurityScheme::ApiKey(ApiKey::Header(key))
        }
    }
}

fn word(operation: &mut Operation, speaker: &Speaker) {
    let mut by_code = BTreeMap::<u16, Vec<NamedAnswer>>::new();
    for answer in answers_of(operation, speaker) {
        by_code.entry(answer.spoken.code).or_default().push(answer);
    }
    if success_of(operation).is_some() {
        leave_dry_run(operation);
    }
    let has_problems = !CITRUS_PATHS.contains(&speaker.path.as_str());
    leave_problems(operation, has_problems);
    say_challenge(operation, &speaker.dialect, has_problems);
    if let Some(description) = operation.description.as_mut().filter(|_| !speaker.dialect.logs_in_without_permission) {
        *description = description.replace(WITHOUT_PERMISSION[0], WITHOUT_PERMISSION[1]);
    }
    for (code, answers) in by_code {
        let key = code.to_string();
        let entry = operation.responses.responses.entry(key).or_insert_with(|| ResponseBuilder::new().build().into());
        if let RefOr::T(response) = entry {
            add(response, &answers);
        }
    }
    operation.responses.responses.retain(|_, response| {
        !matches!(response, RefOr::T(response) if response.content.is_empty() && response.description.is_empty())
    });
}

/// Leaves of the success only that of a dry run, which is ours alone, if there is one.
fn leave_dry_run(operation: &mut Operation) {
    let Some(RefOr::T(mut success)) = operation.responses.responses.remove("200") else { return };
    success.content.retain(|_, content| {
        let RefOr::T(content) = content else { return false };
        content.examples.retain(|name, _| name.contains("simulado"));
        content.schema = None;
        !content.examples.is_empty()
    });
    if !success.content.is_empty() {
        success.description = "- Com `simular=true` [ours]\n".to_owned();
        operation.responses.responses.insert("200".to_owned(), RefOr::T(success));
    }
}

/// Says which challenge goes with 401: a problem, where there are any, has the contract's.
fn say_challenge(operation: &mut Operation, dialect: &Dialect, has_problems: bool) {
    let of_problems = if has_problems { "num problema, `Bearer`; " } else { "" };
    let own = dialect
        .challenge()
        .map_or_else(|| "nenhum".to_owned(), |own| format!("`{}`", String::from_utf8_lossy(own.as_bytes())));
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(header)) = response.headers.get_mut(WWW_AUTHENTICATE.as_str())
        {
            header.description = Some(format!("O esquema: {of_problems}no dialeto, {own}."));
        }
    }
}

/// Leaves of each error only what the contract keeps under a dialect: 412, and problems where `operation` has them.
fn leave_problems(operation: &mut Operation, has_problems: bool) {
    for (code, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.content.contains_key(problem::MEDIA_TYPE)
            && code != "412"
        {
            response.content.retain(|media_type, _| has_problems && media_type == problem::MEDIA_TYPE);
            response.description = String::new();
        }
    }
}

fn add(response: &mut Response, answers: &[NamedAnswer]) {
    let mut by_type = BTreeMap::<&str, Vec<(String, Example)>>::new();
    for NamedAnswer { name, spoken } in answers {
        let value = serde_json::from_str(&spoken.body).unwrap_or_else(|_| Value::from(spoken.body.as_str()));
        let example = ExampleBuilder::new().summary(name).value(Some(value)).build();
        by_type.entry(&spoken.content_type).or_default().push((name.clone(), example));
        response.description.push_str(&format!("- `{name}`\n"));
    }
    // Where there is no type, there is nothing to show.
    by_type.remove("");
    for (content_type, examples) in by_type {
        let mut content = ContentBuilder::new().examples_from_iter(examples).build();
        // Beside the dry run.
        if let Some(RefOr::T(other)) = response.content.get(content_type)
            && other.schema.is_none()
        {
            content.examples.extend(other.examples.clone());
        }
        response.content.insert(content_type.to_owned(), content.into());
    }
}
