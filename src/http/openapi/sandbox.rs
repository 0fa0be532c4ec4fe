//! The document of a sandbox [ours]: the usual one, and what a sandbox adds to it.

use std::sync::LazyLock;

use axum::response::Response;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, Paths};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Ref, ResponseBuilder};

use super::parameters::parameter;
use super::schemas::{integer, text};
use super::{add, document, operations, served, written};
use crate::http::problem;
use crate::http::sandbox::{self, DELAY, DELAY_MAX, FAILURE};

/// The tag of what only a sandbox has.
pub const SANDBOX: &str = "Sandbox";

/// `GET /openapi.json` in a sandbox [ours]
pub async fn serve() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| generate(sandbox::described()));
    served(&TEXT)
}

/// The usual document, with the routes `described` and with the headers that force failures and delays.
fn generate(described: Paths) -> String {
    let mut document = document();
    add(&mut document, described);
    document.paths.paths.values_mut().flat_map(operations).for_each(offer_failures);
    let tag = TagBuilder::new().name(SANDBOX).description(Some(
        "Só no `demo`: os dados de exemplo de volta, e em todas as rotas falhas e atrasos sob encomenda [ours]",
    ));
    document.tags.get_or_insert_default().push(tag.build());
    written(&document)
}

fn offer_failures(operation: &mut Operation) {
    operation.parameters.get_or_insert_default().extend(headers().map(Into::into));
    let forced = ["application/json", problem::MEDIA_TYPE].into_iter().zip(["Mensagem", "Problema"]);
    let response = ResponseBuilder::new().description(format!("A falha que `{FAILURE}` pede"));
    let response = forced.fold(response, |response, (media_type, schema)| {
        response.content(media_type, ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build())
    });
    operation.responses.responses.insert("default".to_owned(), response.build().into());
}

fn headers() -> [Parameter; 2] {
    let failure = parameter(
        ParameterIn::Header,
        FAILURE,
        text().enum_values(Some(sandbox::codes())),
        Value::Null,
        "Responde com este erro, e não faz nada.",
    );
    let delay = parameter(
        ParameterIn::Header,
        DELAY,
        integer().minimum(Some(0)).maximum(Some(DELAY_MAX.as_millis() as u64)),
        Value::Null,
        "Atraso em milissegundos.",
    );
    [failure.build(), delay.build()]
}
