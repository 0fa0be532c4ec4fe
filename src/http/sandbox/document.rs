//! The document of a sandbox (ours): the usual one, and what a sandbox adds to it.

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, Paths};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, Ref, ResponseBuilder};

use super::PATHS;
use super::failures::{DELAY, DELAY_MAX, FAILURE, words};
use crate::domain::rules::Rules;
use crate::http::answer::problem;
use crate::http::answer::spoken::CITRUS_PATHS;
use crate::http::openapi::parameters::parameter;
use crate::http::openapi::{Shapes, add, operations, written};
use crate::http::shapes::{integer, text};

pub const SANDBOX: &str = "Sandbox";

/// The usual `document`, with the routes `described`, which no dialect words, and the headers that force failures and delays.
pub fn generate(
    mut document: OpenApi,
    described: impl IntoIterator<Item = (Shapes, Paths)>,
    is_in_dialect: bool,
) -> String {
    for (shapes, paths) in described {
        document.components.get_or_insert_default().schemas.extend(shapes);
        add(&mut document, paths);
    }
    for (path, item) in &mut document.paths.paths {
        let forms = FORMS.into_iter().filter(|(media_type, _)| match (is_in_dialect, *media_type) {
            (false, _) => true,
            (true, problem::MEDIA_TYPE) => !CITRUS_PATHS.contains(&path.as_str()),
            (true, _) => path.starts_with(PATHS),
        });
        operations(item).for_each(|operation| offer_failures(operation, forms.clone()));
    }
    let tag = TagBuilder::new().name(SANDBOX).description(Some(
        "Só no `demo`: restauração dos dados de exemplo, falhas e atrasos simulados em todas as rotas, um relógio que se adianta e as \
         requisições recebidas [ours]",
    ));
    document.tags.get_or_insert_default().push(tag.build());
    written(&document)
}

/// The forms of a failure. A dialect may answer in any other; a problem stays one where there are any.
const FORMS: [(&str, &str); 2] = [("application/json", "Mensagem"), (problem::MEDIA_TYPE, "Problema")];

fn offer_failures(operation: &mut Operation, forms: impl Iterator<Item = (&'static str, &'static str)>) {
    operation.parameters.get_or_insert_default().extend(headers().map(Into::into));
    let response = ResponseBuilder::new().description(format!("A falha que `{FAILURE}` pede"));
    let response = forms.fold(response, |response, (media_type, schema)| {
        response.content(media_type, ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build())
    });
    operation.responses.responses.insert("default".to_owned(), response.build().into());
}

fn headers() -> [Parameter; 2] {
    let failure = parameter(
        ParameterIn::Header,
        FAILURE,
        text().enum_values(Some(words(Rules::default()))),
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
