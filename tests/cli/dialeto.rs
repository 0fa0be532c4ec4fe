//! `dialeto mostrar`, `openapi --dialeto`, and the complaints about a dialect's file.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Outcome, finish};

/// The program in an empty folder with `text` as its `dialeto.toml`.
fn run(text: &str, args: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dialeto.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.env_clear().envs(environment.iter().copied()).args(args).current_dir(folder.path());
    finish(command, "")
}

/// The example of the page about dialects.
fn example() -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DIALECT.md")).unwrap();
    page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

fn json(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// The answer `name` in the list that `dialeto mostrar --json` prints.
fn answer<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|answer| answer["nome"] == name).unwrap_or_else(|| panic!("no {name}: {list}"))
}

#[test]
fn the_pages_example_is_a_dialect_and_every_answer_is_listed() {
    let list = json(&run(&example(), &["dialeto", "mostrar", "dialeto.toml", "--json"], &[]));
    let user = answer(&list, "unknown_user");
    assert_eq!((&user["codigo"], &user["contentType"]), (&401.into(), &"application/json;charset=UTF-8".into()));
    assert!(user["corpo"].as_str().unwrap().contains(r#""error":"Unauthorized","message":"Login inv\u00e1lido""#));
    assert_eq!(answer(&list, "sucesso")["codigo"], 201);
    answer(&list, "same_status");
    let table = run(&example(), &["dialeto", "mostrar", "dialeto.toml"], &[]);
    assert!(table.stdout.contains("unknown_user "), "{table:?}");
}

#[test]
fn without_a_file_the_contract_is_listed() {
    let list = json(&run("", &["dialeto", "mostrar", "--json"], &[]));
    assert_eq!(answer(&list, "unknown_user")["corpo"], r#"{"message":"Usuário não encontrado"}"#);
    assert_eq!(answer(&list, "sucesso")["corpo"], r#"{"message":"Atendimento atualizado com sucesso"}"#);
    assert!(list.as_array().unwrap().iter().all(|answer| answer["nome"] != "same_status"));
}

#[test]
fn the_document_of_a_dialect_can_be_printed() {
    let document = json(&run(&example(), &["openapi", "--dialeto", "dialeto.toml"], &[]));
    assert!(document["paths"]["/api/atendimentos/status"]["post"]["responses"]["201"].is_object());
}

#[test]
fn each_command_names_what_is_wrong_with_the_file() {
    let wrong = "[respostas.unknown_usr]\ncodigo = 1\n";
    let complaint = "[respostas.unknown_usr] is no answer; did you mean unknown_user?";
    for (code, args) in [
        (1, &["dialeto", "mostrar", "dialeto.toml"][..]),
        (1, &["openapi", "--dialeto", "dialeto.toml"]),
        (2, &["serve", "--dialeto", "dialeto.toml"]),
        (2, &["demo", "--dialeto", "dialeto.toml"]),
    ] {
        run(wrong, args, &[]).fails(code, &["dialeto.toml", complaint]);
    }
    let named = [("DIALECT_FILE", "dialeto.toml")];
    let checked = run(wrong, &["config", "check"], &named);
    assert!(checked.code == 2 && checked.stderr.contains(complaint), "{checked:?}");
    run("", &["serve"], &[("DIALECT_FILE", "nada.toml")]).fails(2, &["DIALECT_FILE nada.toml: can't be read"]);
    run("a = [", &["serve"], &named).fails(2, &["DIALECT_FILE dialeto.toml: TOML parse error at line 1, column"]);
    run("cor = 'x'", &["serve"], &named).fails(2, &["unknown field `cor`"]);
}
