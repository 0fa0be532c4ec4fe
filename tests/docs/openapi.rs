//! `docs/openapi.json`

use citrus_status::http::openapi::errors::{ADMINISTRATION, OPERATIONS, SANDBOX};
use citrus_status::http::openapi::requests;
use citrus_status::http::{openapi, routes};
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::program::run;

#[test]
fn it_is_current() {
    assert!(openapi::TEXT == routes::openapi_text(None), "run `cargo run -- openapi > docs/openapi.json`");
}

#[test]
fn the_command_prints_it() {
    run(&Database::sqlite(), &["openapi"]).prints(openapi::TEXT);
}

/// `docs/ERRORS.md` lists every error; the texts that have a number or a name in them are the same examples there.
#[test]
fn every_message_is_in_it() {
    let messages: Vec<&str> = include_str!("../../docs/ERRORS.md")
        .lines()
        // Some errors are only a dialect's, and two are a sandbox's.
        .filter(|line| {
            let is_of_dialect = ["`same_status` |", "`motivo_unneeded` |"].iter().any(|end| line.ends_with(end));
            let is_of_sandbox =
                ["| `invalid_field` | `codigo` |", "| `foreign_page` |"].iter().any(|cell| line.contains(cell));
            !(is_of_dialect || is_of_sandbox)
        })
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | `")?.1.split_once('`'))
        .map(|(message, _)| message)
        .collect();
    assert!(messages.len() > 35, "{messages:?}");
    for message in messages {
        assert!(openapi::TEXT.contains(&format!("`{message}`")), "{message:?} is not in docs/openapi.json");
    }
}

/// The three tables of the contract that have the vendor page's cases, by the headings above them.
const TABLES: [&str; 3] = ["## `POST /api/usuario/login`", "## The token", "## `POST /api/atendimentos/status`"];

/// The mark that a row of the contract gives its message: `[doc]` where all of it is the page's.
fn mark(cells: &[&str]) -> &'static str {
    let documented: Vec<bool> = cells.iter().map(|cell| cell.contains("**[doc]**")).collect();
    match documented.as_slice() {
        [true, false] => "[doc: texto]",
        [false, ..] => "[ours]",
        _ => "[doc]",
    }
}

/// In the table of the token the text alone is marked: the page has no status codes for it.
#[test]
fn the_marks_are_those_of_the_contract() {
    let contract = include_str!("../../docs/CONTRACT.md");
    let mut compared = 0;
    for heading in TABLES {
        let section = contract.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
        let refusal = |line: &&str| line.starts_with("| ") && (line.contains(" | 4") || line.contains(" | 5"));
        for row in section.lines().filter(refusal) {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let message = cells[2].trim_matches('`').split('`').next().unwrap();
            let marks = if heading.contains("token") { vec![cells[3], ""] } else { cells[3..].to_vec() };
            let line = format!("- `{}` {}", message.replace("Found: N", "Found: 0"), mark(&marks));
            assert!(openapi::TEXT.contains(&format!("{line}\\n")), "{line} is not in docs/openapi.json");
            compared += 1;
        }
    }
    assert_eq!(compared, 36);
}

/// The routes that need no token.
const OPEN: [&str; 6] = ["/api/usuario/login", "/", "/openapi.json", "/docs", "/health/live", "/health/ready"];

fn document() -> Value {
    serde_json::from_str(openapi::TEXT).unwrap()
}

/// Hands every object of `value` to `see`, from the outside to the inside, with the path that leads to it.
fn each_object(value: &Value, path: &str, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            see(path, value);
            members.iter().for_each(|(name, member)| each_object(member, &format!("{path}/{name}"), see));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, path, see)),
        _ => {}
    }
}

#[test]
fn its_server_is_where_it_is_served() {
    assert_eq!(document()["servers"], json!([{"url": "."}]));
}

#[test]
fn each_operation_says_whether_it_needs_a_token_and_how_it_refuses() {
    let document = document();
    let tags: Vec<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert!(tags.iter().all(|tag| tag.is_ascii()), "{tags:?}");
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let security = if OPEN.contains(&path.as_str()) { json!([]) } else { json!([{"token": []}]) };
            assert_eq!(operation["security"], security, "{method} {path}");
            assert!(tags.contains(&operation["tags"][0].as_str().unwrap()), "{method} {path}");
            let codes: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
            assert!(["200", "201"].contains(&codes[0].as_str()), "{method} {path}");
            assert!(codes.iter().any(|code| code.starts_with('4')), "{method} {path} {codes:?}");
        }
    }
}

#[test]
fn the_table_of_errors_names_each_operation_and_no_other() {
    let document: Value = serde_json::from_str(&routes::sandbox_openapi_text(None)).unwrap();
    let mut operations = Vec::new();
    each_object(&document["paths"], "", &mut |_, object| {
        operations.extend(object.get("operationId").and_then(Value::as_str).map(str::to_owned));
    });
    let tables = OPERATIONS.iter().chain(&ADMINISTRATION).chain(&SANDBOX);
    let mut named: Vec<_> = tables.map(|(operation, _)| *operation).collect();
    operations.sort();
    named.sort_unstable();
    assert_eq!(named, operations, "the tables in src/http/openapi/errors.rs");
}

/// Some generators take a schema without `additionalProperties` for one that forbids them.
#[test]
fn answers_may_gain_members() {
    let mut seen = 0;
    each_object(&document()["components"]["schemas"], "", &mut |path, schema| {
        if schema["type"] == "object" {
            let of_a_request = requests::NAMES.contains(&path.trim_start_matches('/'));
            let more = (!of_a_request).then_some(true);
            assert_eq!(schema.get("additionalProperties"), more.map(Value::Bool).as_ref(), "{path}");
            seen += 1;
        }
    });
    assert_eq!(seen, 40);
}

/// A generated client has no type of its own for what may be this or that, and makes a wrapper for it.
#[test]
fn no_shape_is_a_choice_except_with_null() {
    each_object(&document(), "", &mut |path, schema| {
        for kind in ["anyOf", "oneOf", "allOf"].iter().filter_map(|kind| schema.get(kind)) {
            let others: Vec<&Value> = kind.as_array().unwrap().iter().filter(|item| item["type"] != "null").collect();
            assert_eq!(others.len(), 1, "{path}: {kind}");
        }
        if let Some(Value::Array(types)) = schema.get("type") {
            assert_eq!(types.iter().filter(|name| **name != "null").count(), 1, "{path}: {types:?}");
        }
    });
}

/// Else a generator names it after the way there, such as `HistoricoHistoricoInner`.
#[test]
fn each_object_has_a_name() {
    each_object(&document()["components"]["schemas"], "", &mut |path, schema| {
        assert!(schema["type"] != "object" || path.matches('/').count() == 1, "{path}");
    });
}
