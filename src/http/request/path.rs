//! The path that was meant (ours): servers in Java overlook a slash too many.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Where the rule holds.
const API: &str = "/api/";

/// `path` as [`cleaned`] has it, or `None` likewise.
pub fn cleaned_path(path: &str) -> Option<String> {
    let is_clean = !path.contains("//") && !path.ends_with('/');
    let clean = || path.split('/').filter(|part| !part.is_empty()).flat_map(|part| ["/", part]).collect::<String>();
    (!is_clean).then(clean).filter(|clean| clean.starts_with(API))
}

/// `uri` with one slash between the parts of its path and none at the end; `None` where that changes nothing, or it
/// is not under `/api`.
pub fn cleaned(uri: &Uri) -> Option<Uri> {
    let mut clean = cleaned_path(uri.path())?;
    if let Some(query) = uri.query() {
        clean = clean + "?" + query;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(clean).expect("fewer slashes make no other path malformed"));
    Some(Uri::from_parts(parts).expect("what it had beside the path is still there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_go_and_the_query_stays() {
        for (sent, meant) in [
            ("/api/motivos/", "/api/motivos"),
            ("//api/motivos", "/api/motivos"),
            ("///api//a///b//?x=//&y", "/api/a/b?x=//&y"),
            ("/api/a%2F%2F/", "/api/a%2F%2F"),
            ("http://host//api/motivos/?", "http://host/api/motivos?"),
        ] {
            let uri: Uri = sent.parse().unwrap();
            assert_eq!(cleaned(&uri).expect(sent).to_string(), meant);
        }
    }

    #[test]
    fn other_paths_stay() {
        for path in ["/", "//", "/api", "/api/", "/api/motivos", "/docs/", "//docs", "/apis//x", "*", "/api/x?a=//"] {
            let uri: Uri = path.parse().unwrap();
            assert_eq!(cleaned(&uri), None, "{path}");
        }
    }
}
