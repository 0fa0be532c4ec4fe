use std::collections::BTreeSet;

use time::macros::datetime;

use super::*;
use crate::domain::atendimento::Atendimento;
use crate::http::answer::catalogue::Who;
use crate::service::throttle::Throttled;

/// One error of each kind. The match makes that none is forgotten.
macro_rules! one_of_each {
    ($($kind:pat => $error:expr,)+) => {
        fn one_of_each() -> Vec<ApiError> {
            let errors = vec![$($error),+];
            for error in &errors {
                match error { $($kind => {})+ }
            }
            $(assert!(matches!($error, $kind));)+
            errors
        }
    };
}

one_of_each! {
    ApiError::Malformed => ApiError::Malformed,
    ApiError::Body(JsonError::Utf8(_)) => ApiError::Body(JsonError::Utf8(7)),
    ApiError::Body(JsonError::Charset(_)) => ApiError::Body(JsonError::Charset("UTF-16LE")),
    ApiError::Body(JsonError::Syntax { .. }) => ApiError::Body(JsonError::Syntax { line: 1, column: 7 }),
    ApiError::Body(JsonError::Incomplete { .. }) => ApiError::Body(JsonError::Incomplete { line: 1, column: 7 }),
    ApiError::Body(JsonError::NotAnObject) => ApiError::Body(JsonError::NotAnObject),
    ApiError::Body(JsonError::Duplicate(_)) => ApiError::Body(JsonError::Duplicate("status")),
    ApiError::Body(JsonError::Text(_)) => ApiError::Body(JsonError::Text("status")),
    ApiError::BodyCut => ApiError::BodyCut,
    ApiError::BodySlow => ApiError::BodySlow,
    ApiError::BodyTooLarge => ApiError::BodyTooLarge,
    ApiError::Charset => ApiError::Charset,
    ApiError::ContentCoding => ApiError::ContentCoding,
    ApiError::Required(_) => ApiError::Required("status"),
    ApiError::LoginRequired => ApiError::LoginRequired,
    ApiError::SenhaRequired => ApiError::SenhaRequired,
    ApiError::Invalid(_) => ApiError::Invalid("visivelCliente"),
    ApiError::InexactProtocolo => ApiError::InexactProtocolo,
    ApiError::NotFound => ApiError::NotFound,
    ApiError::MethodNotAllowed => ApiError::MethodNotAllowed,
    ApiError::Throttled(_) => ApiError::Throttled(Throttled { policies: vec![], exhausted: vec![] }),
    ApiError::UsuarioNaoEncontrado => ApiError::UsuarioNaoEncontrado,
    ApiError::SenhaInvalida => ApiError::SenhaInvalida,
    ApiError::UsuarioOculto => ApiError::UsuarioOculto,
    ApiError::TokenFailed => ApiError::TokenFailed,
    ApiError::TokenMissing => ApiError::TokenMissing,
    ApiError::Token(Rejection::Periods(_)) => ApiError::Token(Rejection::Periods(0)),
    ApiError::Token(Rejection::Unsigned) => ApiError::Token(Rejection::Unsigned),
    ApiError::Token(Rejection::Untrusted) => ApiError::Token(Rejection::Untrusted),
    ApiError::Token(Rejection::Expired { .. }) => ApiError::Token(Rejection::Expired {
        at: datetime!(2026-11-23 10:00 UTC), now: datetime!(2026-11-23 10:00:05 UTC),
    }),
    ApiError::TokenRevoked(_) => ApiError::TokenRevoked(Who::NOBODY),
    ApiError::AccessDenied(_) => ApiError::AccessDenied(Who::NOBODY),
    ApiError::Denied(Denial::AtendimentoNaoEncontrado) => ApiError::Denied(Denial::AtendimentoNaoEncontrado),
    ApiError::Denied(Denial::StatusNaoEncontrado) => ApiError::Denied(Denial::StatusNaoEncontrado),
    ApiError::Denied(Denial::MotivoObrigatorio) => ApiError::Denied(Denial::MotivoObrigatorio),
    ApiError::Denied(Denial::MotivoNaoEncontrado) => ApiError::Denied(Denial::MotivoNaoEncontrado),
    ApiError::Denied(Denial::StatusDiferente(_)) => ApiError::Denied(Denial::StatusDiferente(Status::Aberto)),
    ApiError::Denied(Denial::RevisaoDiferente(_)) => {
        ApiError::Denied(Denial::RevisaoDiferente(Atendimento { id: 1, status: Status::Aberto, revisao: 1 }))
    },
    ApiError::Denied(Denial::ChaveReutilizada) => ApiError::Denied(Denial::ChaveReutilizada),
    ApiError::InProgress => ApiError::InProgress,
    ApiError::Internal => ApiError::Internal,
    ApiError::Unavailable => ApiError::Unavailable,
}

/// The rows of `docs/ERRORS.md`.
fn rows() -> Vec<String> {
    let errors = one_of_each();
    let codes: BTreeSet<&str> = errors.iter().map(|error| Problem::of(error, Language::English).code).collect();
    let mut rows: Vec<String> = codes
        .into_iter()
        .map(|code| {
            let [portuguese, english] = titles(code);
            format!("| `{code}` | {english} | {portuguese} |")
        })
        .collect();
    for error in errors.iter().filter(|error| !matches!(error, ApiError::UsuarioOculto)) {
        let Problem { status, message, code, field, detail, .. } = Problem::of(error, Language::English);
        let field = field.map(|field| format!("`{field}`")).unwrap_or_default();
        let portuguese = Problem::of(error, Language::Portuguese).detail;
        rows.push(format!("| {status} | `{message}` | `{code}` | {field} | {detail} | {portuguese} |"));
    }
    rows
}

#[test]
fn the_table_of_errors_is_that_of_the_code() {
    let written: Vec<&str> = include_str!("../../../docs/ERRORS.md")
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .collect();
    let rows = rows();
    assert_eq!(written, rows, "docs/ERRORS.md has to have these rows:\n{}", rows.join("\n"));
}

#[test]
fn each_code_has_a_title_of_its_own() {
    let codes: BTreeSet<&str> = one_of_each().iter().map(ApiError::code).collect();
    for language in [Language::Portuguese, Language::English] {
        let titles: BTreeSet<&str> = codes.iter().map(|code| language.choose(titles(code))).collect();
        assert_eq!(titles.len(), codes.len(), "{titles:?}");
    }
}

#[test]
fn a_hidden_user_is_a_wrong_password() {
    let told = |error| serde_json::to_string(&Problem::of(&error, Language::English)).unwrap();
    assert_eq!(told(ApiError::UsuarioOculto), told(ApiError::SenhaInvalida));
}

#[test]
fn problems_are_told_to_who_names_their_type() {
    let of = |accept: &[&str], languages: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        for value in languages {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_str(value).unwrap());
        }
        wanted(&headers)
    };
    let (portuguese, english) = (Some(Language::Portuguese), Some(Language::English));
    for none in [&[][..], &["*/*"], &["application/json"], &["application/*"], &["application/problem+xml", ""]] {
        assert_eq!(of(none, &["en"]), None, "{none:?}");
    }
    for accept in [
        &["application/problem+json"][..],
        &["application/json, Application/Problem+JSON;charset=utf-8;q=0.5"],
        &["*/*", "application/problem+json"],
    ] {
        assert_eq!(of(accept, &[]), portuguese, "{accept:?}");
    }
    let accept = &["application/problem+json"];
    for languages in [&["en"][..], &["EN-us, pt;q=0.9"], &["de, en;q=0.5"], &["*", "en"]] {
        assert_eq!(of(accept, languages), english, "{languages:?}");
    }
    for languages in [&["pt"][..], &["pt-BR, en"], &["de"], &[""], &["*"], &["eno"]] {
        assert_eq!(of(accept, languages), portuguese, "{languages:?}");
    }
}
