//! `GET /` (ours): a page for people who open the address in a browser.

use axum::extract::State;
use axum::response::Response;

use super::html;
use crate::http::openapi::SERVIDOR;
use crate::http::state::SharedState;

/// What the page links, from where it stands: a proxy may serve it under a prefix. And what it says of it.
const LINKS: [(&str, &str); 4] = [
    ("docs", "a documentação da API, para ler e experimentar"),
    ("openapi.json", "a mesma em OpenAPI, para programas"),
    ("health/live", "o processo responde"),
    ("health/ready", "o banco de dados está acessível, migrado e gravável"),
];

/// The same of the console, where there is one.
const CONSOLE: (&str, &str) = ("console", "as páginas para administrar e acompanhar atendimentos");

/// Nothing is loaded, run or framed.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[utoipa::path(
    get, path = "/", tag = SERVIDOR, operation_id = "inicio",
    summary = "Uma página com os endereços [ours]",
    responses((status = 200, description = "A página", content_type = "text/html", body = String)),
)]
pub async fn home(State(app): State<SharedState>) -> Response {
    let console = app.console.then_some(CONSOLE);
    let links: String = console
        .iter()
        .chain(&LINKS)
        .map(|(path, text)| format!("<li><a href=\"./{path}\">{path}</a>: {text}</li>\n"))
        .collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"pt-BR\">\n<meta charset=\"utf-8\">\n<title>citrus-status</title>\n\
         <h1>citrus-status</h1>\n<p>Servidor da API de status de atendimentos.</p>\n<ul>\n{links}</ul>\n</html>\n"
    );
    html::page(POLICY, html)
}
