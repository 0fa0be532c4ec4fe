//! Errors for programs (ours): RFC 9457, for clients that ask for `application/problem+json`.

use std::borrow::Cow;

use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::catalogue::ApiError;
use crate::domain::atendimento::Status;
use crate::http::shapes::integer;

pub const MEDIA_TYPE: &str = "application/problem+json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Portuguese,
    English,
}

/// The language in which `headers` ask for problems, if they do.
pub fn wanted(headers: &HeaderMap) -> Option<Language> {
    let wanted = list(headers, ACCEPT).any(|range| range.eq_ignore_ascii_case(MEDIA_TYPE));
    wanted.then(|| preferred(headers))
}

/// The language that `headers` prefer, of those that we have.
pub fn preferred(headers: &HeaderMap) -> Language {
    list(headers, ACCEPT_LANGUAGE).find_map(language).unwrap_or(Language::Portuguese)
}

/// Says in `headers` that a problem in `language` follows.
pub fn add_headers(headers: &mut HeaderMap, language: Language) {
    // Set for another body; hyper knows the length of this one.
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.choose(["pt-BR", "en"])));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language"));
}

/// The entries of all `name` headers, without their parameters.
fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(|entry| entry.split(';').next().unwrap_or_default().trim())
}

/// The language of `tag`, if it is one of ours.
fn language(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    let is = |language: &str| primary.eq_ignore_ascii_case(language);
    if is("en") { Some(Language::English) } else { is("pt").then_some(Language::Portuguese) }
}

impl Language {
    pub fn choose<T>(self, [portuguese, english]: [T; 2]) -> T {
        match self {
            Self::Portuguese => portuguese,
            Self::English => english,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(
    as = Problema,
    description = "Um erro segundo a RFC 9457 [ours]. Programas devem se guiar por `status`, `code` e `field`."
)]
pub struct Problem {
    /// `/problemas/` e o código; um nome, não um endereço.
    r#type: String,
    /// O que todos os erros do código têm em comum.
    title: &'static str,
    #[schema(schema_with = status_code)]
    status: u16,
    /// O que houve.
    detail: Cow<'static, str>,
    /// A palavra para programas.
    code: &'static str,
    /// O campo, parâmetro ou cabeçalho em questão.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    field: Option<Cow<'static, str>>,
    /// Os valores que pode ter, onde são poucos.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>)]
    allowed: Option<Vec<&'static str>>,
    /// O texto da resposta comum.
    message: Cow<'static, str>,
    /// O status atual, com 412.
    #[serde(rename = "statusAtual", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Status)]
    status_atual: Option<&'static str>,
}

fn status_code() -> Object {
    integer().description(Some("O código de status da resposta.")).build()
}

pub fn of(error: &ApiError, language: Language) -> Problem {
    let error = error.told();
    let row = error.row();
    let field = row.field.map(|field| error.fill(field));
    Problem {
        r#type: format!("/problemas/{}", row.code.word),
        title: language.choose(row.code.titles),
        status: row.status.as_u16(),
        detail: error.fill(language.choose(row.detail)),
        code: row.code.word,
        allowed: field.as_deref().filter(|_| row.lists_values).and_then(values),
        field,
        message: error.message(),
        status_atual: error.present_status().map(Status::nome),
    }
}

/// The values that `field` can have, where they are few.
fn values(field: &str) -> Option<Vec<&'static str>> {
    match field {
        "status" | "statusAtual" => Some(Status::ALL.map(Status::nome).to_vec()),
        "visivelCliente" => Some(vec!["true", "false"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_has_a_title_of_its_own() {
        let codes: BTreeSet<&str> = ApiError::one_of_each().iter().map(ApiError::code).collect();
        for language in [Language::Portuguese, Language::English] {
            let titles: BTreeSet<&str> =
                ApiError::one_of_each().iter().map(|error| language.choose(error.row().code.titles)).collect();
            assert_eq!(titles.len(), codes.len(), "{titles:?}");
        }
    }

    #[test]
    fn a_hidden_user_is_a_wrong_password() {
        let told = |error| serde_json::to_string(&of(&error, Language::English)).unwrap();
        assert_eq!(told(ApiError::UsuarioHidden), told(ApiError::SenhaWrong));
    }

    #[test]
    fn problems_are_told_to_who_names_their_type() {
        let asked = |accept: &[&str], languages: &[&str]| {
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
            assert_eq!(asked(none, &["en"]), None, "{none:?}");
        }
        for accept in [
            &["application/problem+json"][..],
            &["application/json, Application/Problem+JSON;charset=utf-8;q=0.5"],
            &["*/*", "application/problem+json"],
        ] {
            assert_eq!(asked(accept, &[]), portuguese, "{accept:?}");
        }
        let accept = &["application/problem+json"];
        for languages in [&["en"][..], &["EN-us, pt;q=0.9"], &["de, en;q=0.5"], &["*", "en"]] {
            assert_eq!(asked(accept, languages), english, "{languages:?}");
        }
        for languages in [&["pt"][..], &["pt-BR, en"], &["de"], &[""], &["*"], &["eno"]] {
            assert_eq!(asked(accept, languages), portuguese, "{languages:?}");
        }
    }
}
