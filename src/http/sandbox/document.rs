//! The document of a sandbox (ours): the usual one, and what a sandbox adds to it.

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, Paths};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, Ref, ResponseBuilder};

use super::failures::{DELAY, DELAY_MAX, FAILURE, codes};
use crate::http::answer::problem;
use crate::http::openapi::parameters::parameter;
use crate::http::openapi::{Shapes, add, operations, written};
use crate::http::shapes::{integer, text};

pub const SANDBOX: &str = "Sandbox";

/// The usual `document`, with the routes `described`, the answers as `worded` has them, and the headers that force failures and
/// delays.
pub fn generate(
    mut document: OpenApi,
    described: impl IntoIterator<Item = (Shapes, Paths)>,
    worded: impl FnOnce(OpenApi) -> OpenApi,
) -> String {
    for (shapes, paths) in described {
        document.components.get_or_insert_default().schemas.extend(shapes);
        add(&mut document, paths);
    }
    let mut document = worded(document);
    document.paths.paths.values_mut().flat_map(operations).for_each(offer_failures);
    let tag = TagBuilder::new().name(SANDBOX).description(Some(
        "Só no `demo`: restauração dos dados de exemplo, falhas e atrasos simulados em todas as rotas, um relógio que se adianta e as \
         requisições recebidas [ours]",
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
        text().enum_values(Some(codes())),
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
