//! What a recording asks of headers, and says: how their names are written, and which of them takes the token.

use axum::http::HeaderName;

use super::ask::{PROBE, known};
use crate::conferir::client::Received;
use crate::conferir::infer::seen::Seen;
use crate::conferir::infer::{headers_joined, headers_not_written};
use crate::conferir::likeness::say_the_same;
use crate::conferir::session::{Session, StartError};
use crate::dialect::{DialectFile, HeaderCase, TokenHeader};

/// Where clients usually put the token.
const TOKEN_HEADERS: [(&str, Option<&str>); 10] = [
    ("authorization", Some("Bearer")),
    ("authorization", None),
    ("authorization", Some("JWT")),
    ("authorization", Some("Token")),
    ("x-access-token", None),
    ("x-auth-token", None),
    ("x-api-token", None),
    ("x-token", None),
    ("access-token", None),
    ("token", None),
];

/// How the server writes the names of headers; and what is to be said of them.
pub(super) async fn header_case(session: &Session) -> (Option<HeaderCase>, Option<String>) {
    let names = match session.header_names(known("login/login-missing")).await {
        Ok(names) => names,
        Err(error) => return (None, Some(error.to_string())),
    };
    let is_title = |name: &str| {
        let is_upper = |part: &str| part.chars().next().is_none_or(|first| !first.is_ascii_lowercase());
        name.split('-').all(is_upper)
    };
    let is_small = |name: &str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let titles = names.iter().filter(|name| is_title(name)).count();
    let case = (titles * 2 > names.len()).then_some(HeaderCase::IniciaisMaiusculas);
    let fits = |name: &str| match case {
        Some(_) => HeaderCase::IniciaisMaiusculas.written(name) == name,
        None => is_small(name),
    };
    let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| !fits(name)).collect();
    let note = format!("names of headers that are written otherwise than the rest: {}", others.join(", "));
    (case, Some(note).filter(|_| !others.is_empty()))
}

/// The headers by which the server takes the token, `own` or a usual one: those where it tells a right one from a wrong one. Each
/// is asked twice, so that what is another one in each answer is no difference. Beside them, what a wrong one is answered. Fails where there is none.
pub(super) async fn token_headers(
    session: &Session,
    own: Option<&TokenHeader>,
) -> Result<(Vec<TokenHeader>, Vec<Received>), StartError> {
    let usual = TOKEN_HEADERS
        .map(|(name, scheme)| TokenHeader { name: HeaderName::from_static(name), scheme: scheme.map(str::to_owned) });
    let usual = usual.into_iter().filter(|header| Some(header) != own);
    let tried: Vec<_> = own.cloned().into_iter().chain(usual).collect();
    let mut found: Vec<TokenHeader> = Vec::new();
    let mut refused: Vec<Received> = Vec::new();
    let mut none: Option<[Received; 2]> = None;
    for header in &tried {
        let ask = async |token| {
            let received = session.ask_by(&PROBE, header, token).await?;
            // Some answers repeat the token.
            Ok::<_, StartError>(Received { body: session.redacted(&received.body), ..received })
        };
        if none.is_none() {
            none = Some([ask("").await?, ask("").await?]);
        }
        let Some(none) = &none else { continue };
        let right = ask("<token>").await?;
        if say_the_same(none, std::slice::from_ref(&right)) {
            continue;
        }
        let right = [right, ask("<token>").await?];
        let wrong = [ask("<token alterado>").await?, ask("<token alterado>").await?];
        if !say_the_same(&right, &wrong) && !say_the_same(none, &right) {
            found.push(header.clone());
            refused = wrong.into();
        }
    }
    if found.is_empty() {
        return Err(StartError::NoTokenHeader { tried: written(&tried).join(", ") });
    }
    Ok((found, refused))
}

/// `headers` as a dialect writes them; none if they are the contract's.
pub(super) fn as_written(headers: &[TokenHeader]) -> Option<Vec<String>> {
    Some(written(headers)).filter(|written| written != &["Authorization: Bearer", "Authorization"])
}

/// `headers` as a dialect writes them.
fn written(headers: &[TokenHeader]) -> Vec<String> {
    let name = |header: &TokenHeader| match header.name.as_str() {
        "authorization" => "Authorization".to_owned(),
        name => name.to_owned(),
    };
    let written = headers.iter().map(|header| match &header.scheme {
        Some(scheme) => format!("{}: {scheme}", name(header)),
        None => name(header),
    });
    written.collect()
}

/// What is to be said of the headers of the answers in `seen`, each with the table of `file` that it is about.
pub(super) fn notes(seen: &Seen, file: &DialectFile) -> Vec<(String, String)> {
    let (unwritten, joined) = (headers_not_written(seen, file), headers_joined(seen, file));
    let note = |table: &str, what: &str, names: Vec<String>| {
        (!names.is_empty()).then(|| (table.to_owned(), format!("{what} {}", names.join(", "))))
    };
    let unwritten = note("", "not compared, as they are those of single answers: the headers", unwritten);
    let joined = note("[cabecalhos]", "written as one line, with commas, where several came:", joined);
    unwritten.into_iter().chain(joined).collect()
}
