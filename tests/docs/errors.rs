//! `docs/ERRORS.md`: its tables are made from the catalogue.

use std::collections::BTreeMap;

use citrus_status::http::answer::catalogue::ApiError;
use citrus_status::http::answer::problem::{self, Language};
use serde_json::Value;

use super::generated::{is_current, read, with_part};

const PATH: &str = "docs/ERRORS.md";

/// One error of each row in English and in Portuguese, but for the one that is told as a wrong password.
fn errors() -> impl Iterator<Item = [Value; 2]> {
    ApiError::told_apart().map(|error| {
        [Language::English, Language::Portuguese]
            .map(|language| serde_json::to_value(problem::of(&error, language)).unwrap())
    })
}

fn text<'a>(problem: &'a Value, member: &str) -> &'a str {
    problem[member].as_str().unwrap_or_default()
}

/// The codes, sorted, with their titles.
fn codes() -> String {
    let rows: BTreeMap<String, String> = errors()
        .map(|[english, portuguese]| {
            let (code, titles) = (text(&english, "code"), [&english, &portuguese].map(|told| text(told, "title")));
            (code.to_owned(), format!("| `{code}` | {} |\n", titles.join(" | ")))
        })
        .collect();
    "| code | title | in Portuguese |\n|---|---|---|\n".to_owned() + &rows.into_values().collect::<String>()
}

fn rows() -> String {
    let taken = citrus_status::http::openapi::errors::known();
    let rows = errors().zip(ApiError::told_apart()).map(|([english, portuguese], error)| {
        let field = english["field"].as_str().map(|field| format!("`{field}`")).unwrap_or_default();
        let [message, code, detail] = ["message", "code", "detail"].map(|member| text(&english, member));
        let status = &english["status"];
        let name = Some(error.row().name).filter(|name| taken.contains_key(*name));
        let name = name.map(|name| format!("`{name}`")).unwrap_or_default();
        format!(
            "| {status} | `{message}` | `{code}` | {field} | {detail} | {} | {name} |\n",
            text(&portuguese, "detail")
        )
    });
    let head = "| status | message | code | field | detail | in Portuguese | name in a dialect |\n|---|---|---|---|---|---|---|\n";
    head.to_owned() + &rows.collect::<String>()
}

#[test]
fn it_is_current() {
    let text = with_part(&read(PATH), "codes", &codes());
    is_current(PATH, &with_part(&text, "errors", &rows()));
}
