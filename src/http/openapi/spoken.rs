//! The document of a server that answers in a dialect: the same operations, with that one's answers.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr, Response, ResponseBuilder};

use super::{errors, operations};
use crate::http::answer::problem;
use crate::http::answer::spoken::{Speaker, Spoken, Success};

/// `document`, with the answers that `speaker` words.
pub fn in_dialect(mut document: OpenApi, speaker: &Speaker) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        operations(item).for_each(|operation| word(operation, speaker));
    }
    let tokens = speaker.dialect.token_headers().iter().map(|header| match &header.scheme {
        Some(scheme) => format!("`{}: {scheme} …`", header.name),
        None => format!("`{}: …`", header.name),
    });
    let tokens = tokens.collect::<Vec<_>>().join(", ");
    let said = format!(
        "**Este servidor responde num dialeto**: erros, o sucesso do login e o da alteração são como aqui aparecem, e não \
         como o contrato os tem. O token vem em {tokens}.\n\n"
    );
    let description = document.info.description.get_or_insert_default();
    description.insert_str(0, &said);
    document
}

fn word(operation: &mut Operation, speaker: &Speaker) {
    let success = match operation.operation_id.as_deref() {
        Some("login") => Some(Success::example()),
        Some("alterarStatus") => Some(Success::Made),
        _ => None,
    };
    let mut by_code = BTreeMap::<u16, Vec<(String, Spoken)>>::new();
    if let Some(success) = success {
        let spoken = speaker.success(&success);
        by_code.entry(spoken.code).or_default().push(("Feito".to_owned(), spoken));
        operation.responses.responses.remove("200");
    }
    for error in errors::of(operation.operation_id.as_deref(), speaker.dialect.rules) {
        if let Some(spoken) = speaker.error(error) {
            by_code.entry(spoken.code).or_default().push((error.row().name.to_owned(), spoken));
        }
    }
    leave_problems(operation);
    for (code, answers) in by_code {
        let key = code.to_string();
        let entry = operation.responses.responses.entry(key).or_insert_with(|| ResponseBuilder::new().build().into());
        if let RefOr::T(response) = entry {
            add(response, &answers);
        }
    }
}

/// Leaves of each error only what the contract keeps under a dialect.
fn leave_problems(operation: &mut Operation) {
    for (code, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.content.contains_key(problem::MEDIA_TYPE)
            && code != "412"
        {
            response.content.retain(|media_type, _| media_type == problem::MEDIA_TYPE);
            response.description = String::new();
        }
    }
}

fn add(response: &mut Response, answers: &[(String, Spoken)]) {
    let mut by_type = BTreeMap::<&str, Vec<(String, Example)>>::new();
    for (name, spoken) in answers {
        let value = serde_json::from_str(&spoken.body).unwrap_or_else(|_| Value::from(spoken.body.as_str()));
        let example = ExampleBuilder::new().summary(name).value(Some(value)).build();
        by_type.entry(&spoken.content_type).or_default().push((name.clone(), example));
        response.description.push_str(&format!("- `{name}`\n"));
    }
    for (content_type, examples) in by_type {
        let content = ContentBuilder::new().examples_from_iter(examples).build();
        response.content.insert(content_type.to_owned(), content.into());
    }
}
