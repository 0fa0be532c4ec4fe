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
    assert_eq!(told(ApiError::UsuarioOculto), told(ApiError::SenhaInvalida));
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
