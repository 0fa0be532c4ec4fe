//! Which requests somebody means.

use std::fmt;

use crate::http::request::path::cleaned_path;

const PATH_MAX: usize = 256;
/// The routes of the contract begin so.
const CONTRACT: &str = "/api/";
/// Routes that have a name.
const NAMED: [(&str, &str); 3] = [
    ("login", "POST /api/usuario/login"),
    ("status", "POST /api/atendimentos/status"),
    ("lote", "POST /api/atendimentos/status/lote"),
];
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A route: its name, or its path with or without a method before it. A segment in braces stands for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota(String);

impl Rota {
    /// The route that `text` describes, unless it is the sandbox's own.
    pub fn parse(text: &str) -> Option<Self> {
        let (method, path) = split(text);
        let clean = cleaned_path(path);
        let path = clean.as_deref().unwrap_or(path);
        let path_fits = path.starts_with('/') && path.len() <= PATH_MAX && !is_own(path);
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        let method_fits = method.is_none_or(|method| METHODS.contains(&method));
        (path_fits && is_plain && method_fits).then(|| {
            // As requests are looked at.
            Self(if clean.is_some() {
                method.map_or_else(|| path.to_owned(), |method| format!("{method} {path}"))
            } else {
                text.to_owned()
            })
        })
    }

    /// Whether `rota` means this request; none means those of the contract.
    pub fn means(rota: Option<&Self>, method: &str, path: &str) -> bool {
        let Some(Self(text)) = rota else { return path.starts_with(CONTRACT) };
        let (wanted, template) = split(text);
        wanted.is_none_or(|wanted| wanted == method) && follows(template, path)
    }
}

impl fmt::Display for Rota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `path` is one of the sandbox's own, which never fail as programmed and leave no entry in the journal.
pub fn is_own(path: &str) -> bool {
    path == "/sandbox" || path.starts_with("/sandbox/")
}

/// The method, if one is named, and the path.
fn split(text: &str) -> (Option<&str>, &str) {
    let named = NAMED.iter().find(|(name, _)| *name == text).map_or(text, |(_, route)| *route);
    named.split_once(' ').map_or((None, named), |(method, path)| (Some(method), path))
}

fn follows(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let all = template.split('/').all(|wanted| {
        let any = wanted.starts_with('{') && wanted.ends_with('}');
        segments.next().is_some_and(|segment| any || segment == wanted)
    });
    all && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_name_or_a_path_with_or_without_a_method() {
        let means = |rota: &str, method, path| Rota::means(Some(&Rota::parse(rota).unwrap()), method, path);
        let status = "/api/atendimentos/status";
        assert!(means("status", "POST", status) && !means("status", "GET", status));
        assert!(means(status, "POST", status) && means(status, "GET", status));
        assert!(means("GET /api/motivos", "GET", "/api/motivos") && !means("GET /api/motivos", "HEAD", "/api/motivos"));
        let historico = "/api/atendimentos/{protocolo}/historico";
        assert!(means(historico, "GET", "/api/atendimentos/1/historico"));
        assert!(!means(historico, "GET", "/api/atendimentos/1/transicoes"));
        assert!(!means(historico, "GET", "/api/atendimentos/1/historico/2") && !means(historico, "GET", "/api"));
        assert!(
            means("GET //api/motivos/", "GET", "/api/motivos")
                && means("/api//usuario/login/", "POST", "/api/usuario/login")
        );
        assert!(Rota::means(None, "GET", "/api/motivos") && !Rota::means(None, "GET", "/health/live"));
    }

    #[test]
    fn what_can_be_no_route_is_refused() {
        let long = format!("/{}", "x".repeat(PATH_MAX));
        for text in
            ["", "Login", "api/motivos", "get /api", "GET", "GET  /api", "/a b", "/a?b", "/é", "/sandbox", &long]
        {
            assert_eq!(Rota::parse(text), None, "{text}");
        }
        assert_eq!(Rota::parse("DELETE /sandbox/falhas"), None);
    }
}
