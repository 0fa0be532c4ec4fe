//! The document of the API, and the page that shows it.

use citrus_status::http::openapi;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::support::both_engines;
use crate::support::server::Server;

/// A request body that the document shows: its path, the body, and the status of the success.
fn examples(document: &Value) -> Vec<(String, String, String)> {
    let mut examples = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let post = &operations["post"];
        let content = &post["requestBody"]["content"]["application/json"];
        let named = content["examples"].as_object().into_iter().flat_map(|named| named.values().map(|e| &e["value"]));
        let bodies = content.get("example").into_iter().chain(named);
        let statuses = post["responses"].as_object().into_iter().flat_map(|responses| responses.keys());
        let success = statuses.into_iter().find(|status| status.starts_with('2')).cloned().unwrap_or_default();
        examples.extend(bodies.map(|body| (path.clone(), body.to_string(), success.clone())));
    }
    examples
}

/// What a page links and loads.
fn links(page: &str) -> Vec<&str> {
    let after = |name: &str| page.split(name).skip(1).map(|rest| rest.split('"').next().unwrap()).collect::<Vec<_>>();
    [after(" href=\""), after(" src=\"")].concat()
}

/// Where `link` leads on the page at `path`, when a proxy serves it under `prefix`.
fn below(prefix: &str, path: &str, link: &str) -> String {
    Url::parse(&format!("http://host{prefix}{path}")).unwrap().join(link).unwrap().path().to_owned()
}

async fn the_document_is_served_as_it_is_printed(server: &Server) {
    let answer = server.get("/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.body, openapi::TEXT);
}

async fn each_request_of_the_document_works_as_it_stands(server: &Server) {
    let token = server.token("admin").await;
    let examples = examples(&serde_json::from_str(openapi::TEXT).unwrap());
    assert_eq!(examples.len(), 11, "{examples:?}");
    for (path, body, success) in examples {
        let answer = server.send(Method::POST, &path, &[("authorization", &token)], body.clone()).await;
        assert_eq!(answer.status.to_string(), success, "{path} {body} {answer:?}");
    }
}

async fn each_route_of_the_document_is_there(server: &Server) {
    let document: Value = serde_json::from_str(openapi::TEXT).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{protocolo}", "1").replace("{id}", "1").replace("{permissao}", "x");
        let allow: Vec<String> = operations.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        let answer = server.send(Method::PATCH, &path, &[], "").await;
        answer.is(405, "Método não permitido");
        for method in &allow {
            assert!(answer.header("allow").unwrap().contains(method.as_str()), "{path} {answer:?}");
        }
    }
}

async fn the_page_loads_nothing_from_elsewhere(server: &Server) {
    for path in ["/docs", "/docs/"] {
        let page = server.get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let links = links(&page.body);
        assert_eq!(links.len(), 6, "{links:?}");
        for link in links {
            let answer = server.get(&below("", path, link)).await;
            assert_eq!(answer.status, 200, "{link}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{link}");
        }
    }
}

/// A proxy that serves all of this under `/a/citrus/` changes no page.
async fn pages_link_what_is_beside_them(server: &Server) {
    for (path, count) in [("/", 5), ("/docs", 6), ("/docs/", 6), ("/console/entrar", 6)] {
        let page = server.get(path).await;
        let links = links(&page.body);
        assert_eq!(links.len(), count, "{path} {links:?}");
        for link in links {
            let target = below("/a/citrus", path, link);
            let inside = target.strip_prefix("/a/citrus").unwrap_or_else(|| panic!("{path}: {link} leads to {target}"));
            // The console leads to the sign-in.
            let leads_on = inside.ends_with("/console");
            assert_eq!(server.get(inside).await.status, if leads_on { 303 } else { 200 }, "{path} {link}");
        }
    }
}

async fn the_page_has_no_other_files(server: &Server) {
    for path in ["/docs/index.html", "/docs/swagger-ui.js", "/docs/..%2Fstart.js", "/docs/%FF", "/docs/a/b"] {
        server.get(path).await.is(404, "Recurso não encontrado");
    }
}

both_engines! {
    the_document_is_served_as_it_is_printed,
    each_request_of_the_document_works_as_it_stands,
    each_route_of_the_document_is_there,
    the_page_loads_nothing_from_elsewhere,
    pages_link_what_is_beside_them,
    the_page_has_no_other_files,
}
