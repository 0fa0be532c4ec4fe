//! The OpenAPI document (ours): what each route takes and answers. Paths, limits, texts and headers come from the
//! code that serves them. `docs/openapi.json` is what it makes of them, and what is served; a test keeps it current.

pub mod errors;
pub mod parameters;
pub mod requests;
pub mod spoken;

use axum::Router;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document, RefOr, Schema};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::domain::atendimento::Status;
use crate::http::answer::json::Message;
use crate::http::answer::problem::Problem;
use crate::http::answer::render::Mismatch;
use crate::http::shapes::text;

/// The tag of the routes that the vendor's page describes.
pub const CITRUS: &str = "Citrus";
pub const LEITURAS: &str = "Leituras";
pub const LOTE: &str = "Lote";
pub const ADMINISTRACAO: &str = "Administracao";
pub const SERVIDOR: &str = "Servidor";

#[derive(OpenApi)]
#[openapi(
    info(title = "citrus-status", description = include_str!("description.md")),
    // Relative to the document's own address: under a proxy's prefix, too.
    servers((url = ".")),
    tags(
        (name = CITRUS, description = "Os endpoints que a página do fornecedor descreve [doc]"),
        (name = LOTE, description = "Alterações em lote [ours]"),
        (name = LEITURAS, description = "Consultas; cada rota exige uma permissão própria [ours]"),
        (name = ADMINISTRACAO, description = "As telas de administração, como JSON; cada rota exige uma permissão própria, e a hierarquia decide o que se vê [ours]"),
        (name = SERVIDOR, description = "Sobre o próprio servidor; sem token [ours]"),
    ),
    components(schemas(Message, Mismatch, Problem, Status)),
    modifiers(&Bearer)
)]
struct Outline;

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

pub const TEXT: &str = include_str!("../../../docs/openapi.json");

/// The shapes of bodies that `paths` use, by name.
pub type Shapes = Vec<(String, RefOr<Schema>)>;

pub fn document(described: Vec<(Shapes, Paths)>) -> Document {
    let mut document = Outline::openapi();
    for (shapes, paths) in described {
        document.components.get_or_insert_default().schemas.extend(shapes);
        add(&mut document, paths);
    }
    document.components.iter_mut().for_each(let_answers_grow);
    document.paths.paths.values_mut().flat_map(operations).for_each(mark_answers);
    document
}

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

pub fn written(document: &Document) -> String {
    let json = document.to_pretty_json().expect("the document has text keys");
    format!("{json}\n")
}

pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Says of each object in an answer that it may gain members, as generators take silence for a ban.
fn let_answers_grow(components: &mut Components) {
    let answers = components.schemas.iter_mut().filter(|(name, _)| !requests::NAMES.contains(&name.as_str()));
    for (_, shape) in answers {
        if let RefOr::T(Schema::Object(object)) = shape
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
        }
    }
}

fn mark_answers(operation: &mut Operation) {
    let id = HeaderBuilder::new()
        .schema(Some(text()))
        .description(Some("Identifica a requisição, também no log [ours]"))
        .build();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert("x-request-id".to_owned(), id.clone().into());
        }
    }
}
