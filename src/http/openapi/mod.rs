//! The OpenAPI document [ours]: what each route takes and answers. Paths, limits, texts and headers come from the
//! code that serves them. `docs/openapi.json` is what it makes of them, and what is served; a test keeps it current.

pub mod errors;
pub mod parameters;
pub mod schemas;

use axum::Router;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::UtoipaMethodRouter;

use schemas::*;

/// The tag of the routes that the vendor's page describes.
pub const CITRUS: &str = "Citrus";
/// The tag of the routes that read.
pub const LEITURAS: &str = "Leituras";
/// The tag of many changes in one request.
pub const LOTE: &str = "Lote";
/// The tag of the routes about the server itself.
pub const SERVIDOR: &str = "Servidor";

/// The document before any route is in it.
#[derive(OpenApi)]
#[openapi(
    info(title = "citrus-status", description = include_str!("description.md")),
    // Relative to the document's own address: under a proxy's prefix, too.
    servers((url = ".")),
    tags(
        (name = CITRUS, description = "Os endpoints que a página do fornecedor descreve [doc]"),
        (name = LOTE, description = "Muitas alterações numa requisição [ours]"),
        (name = LEITURAS, description = "O que se lê; cada rota com a sua permissão [ours]"),
        (name = SERVIDOR, description = "Sobre o próprio servidor; sem token [ours]"),
    ),
    components(schemas(
        Alteracao, Alterado, Atendimento, Comentario, Credenciais, Divergencia, Entrada, Historico, Lote, Mensagem, Motivos,
        Problema, Resultado, Resultados, Status, Token, Transicao, Transicoes
    )),
    modifiers(&Bearer)
)]
struct Outline;

/// How the token is sent.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("O token de `POST /api/usuario/login`. A forma do cabeçalho é [ours]."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// The document, as it is served.
pub const TEXT: &str = include_str!("../../../docs/openapi.json");

/// The document of the routes `described`, in their order.
pub fn document(described: Vec<Paths>) -> Document {
    let mut document = Outline::openapi();
    described.into_iter().for_each(|paths| add(&mut document, paths));
    document.paths.paths.values_mut().flat_map(operations).for_each(mark_answers);
    document
}

/// Adds the routes `described` to `document`.
pub fn add(document: &mut Document, described: Paths) {
    for (path, mut item) in described.paths {
        // An operation that names no token takes none. Said nothing, it would be open by an oversight.
        for operation in operations(&mut item) {
            _ = operation.security.get_or_insert_default();
            errors::describe(operation);
        }
        document.paths.paths.entry(path).or_default().merge_operations(item);
    }
}

/// `router` with a route that says itself where it is.
pub fn routed<S>(router: Router<S>, (_, described, methods): UtoipaMethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    described.paths.keys().fold(router, |router, path| router.route(path, methods.clone()))
}

/// `document` as it is served.
pub fn written(document: &Document) -> String {
    let json = document.to_pretty_json().expect("the document has text keys");
    format!("{json}\n")
}

/// The operations of one path.
pub fn operations(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    item.get.iter_mut().chain(item.post.iter_mut())
}

/// Adds the header that every answer carries.
fn mark_answers(operation: &mut Operation) {
    let id = HeaderBuilder::new()
        .schema(Some(schemas::text()))
        .description(Some("Identifica a requisição, também no log [ours]"))
        .build();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert("x-request-id".to_owned(), id.clone().into());
        }
    }
}
