//! `dialeto mostrar`, `openapi --dialeto`, and the complaints about a dialect's file.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
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

/// The answer `name` in what `dialeto mostrar --json` prints.
fn answer<'a>(listed: &'a Value, name: &str) -> &'a Value {
    let answers = listed["respostas"].as_array().unwrap();
    let mut found = answers.iter().filter(|answer| answer["nome"] == name);
    let answer = found.next().unwrap_or_else(|| panic!("no {name}: {listed}"));
    assert!(found.next().is_none(), "{name} is there twice");
    answer
}

/// What is in force for `name`, and the contract's.
fn setting<'a>(listed: &'a Value, name: &str) -> [&'a Value; 2] {
    let settings = listed["ajustes"].as_array().unwrap();
    let setting = settings.iter().find(|setting| setting["nome"] == name).unwrap_or_else(|| panic!("no {name}"));
    [&setting["valor"], &setting["contrato"]]
}

#[test]
fn the_pages_example_is_a_dialect_and_every_answer_is_listed() {
    let listed = json(&run(&example(), &["dialeto", "mostrar", "dialeto.toml", "--json"], &[]));
    let user = answer(&listed, "unknown_user");
    assert_eq!((&user["codigo"], &user["content_type"]), (&401.into(), &"application/json;charset=UTF-8".into()));
    let body = user["corpo"].as_str().unwrap();
    assert!(body.contains(r#""error":"Unauthorized","message":"Login inv\u00e1lido","path":"/api/usuario/login""#));
    assert_eq!(user["do_arquivo"], json!(["codigo", "content_type", "corpo"]));
    assert_eq!(answer(&listed, "wrong_senha")["do_arquivo"], json!(["content_type", "corpo"]));
    assert_eq!(answer(&listed, "sucesso")["codigo"], 201);
    let same = answer(&listed, "same_status");
    assert!(same["corpo"].as_str().unwrap().contains(r#""path":"/api/atendimentos/status""#), "{same}");
}

#[test]
fn an_answer_about_a_field_is_listed_by_itself() {
    let text = "[respostas.required]\ncodigo = 422\n[respostas.required_status]\ncodigo = 418\n\
                [respostas.invalid_statusAtual]\ntexto = 'não {}'\n";
    let listed = json(&run(text, &["dialeto", "mostrar", "dialeto.toml", "--json"], &[]));
    assert_eq!(answer(&listed, "required_status")["codigo"], 418);
    assert_eq!(answer(&listed, "required_protocolo")["codigo"], 422);
    assert_eq!(answer(&listed, "invalid_status")["do_arquivo"], json!([]));
    assert_eq!(answer(&listed, "invalid_statusAtual")["corpo"], r#"{"message":"não statusAtual"}"#);
    answer(&listed, "no_route");
}

#[test]
fn what_holds_for_all_answers_is_listed_beside_the_contract() {
    let text = example() + "[status]\nAberto = 'OPEN'\n[status.id]\nAberto = 1\n";
    let listed = json(&run(&text, &["dialeto", "mostrar", "dialeto.toml", "--json"], &[]));
    for (name, wanted) in [
        ("content_type", [json!("application/json;charset=UTF-8"), json!("application/json")]),
        ("www_authenticate", [Value::Null, json!("Bearer")]),
        ("escapes", [json!("ascii"), json!("json")]),
        ("nomes_de_cabecalhos", [json!("iniciais-maiusculas"), json!("minusculas")]),
        ("[cabecalhos] cache-control", [json!("no-cache"), json!("no-store")]),
        ("[cabecalhos] x-request-id", [Value::Null, json!("<the request's own>")]),
        ("[cabecalhos] server", [json!("nginx"), Value::Null]),
        ("[cabecalhos] x-content-type-options", [json!("nosniff"), json!("nosniff")]),
        (
            "[token] cabecalhos",
            [
                json!(["authorization: Bearer <token>", "x-access-token: <token>"]),
                json!(["authorization: Bearer <token>", "authorization: <token>"]),
            ],
        ),
        ("[status] Aberto", [json!("OPEN"), json!("Aberto")]),
        ("[status] Cancelado", [json!("Cancelado"), json!("Cancelado")]),
        ("[status.id] Aberto", [json!("1"), Value::Null]),
        ("[regras] mesmo_status", [json!("recusado"), json!("aceito")]),
        ("[regras] motivo_desnecessario", [json!("conferido"), json!("ignorado")]),
        ("[regras] motivo_desconhecido", [json!("recusado"), json!("recusado")]),
        ("[regras] login_sem_permissao", [json!("aceito"), json!("aceito")]),
    ] {
        assert_eq!(setting(&listed, name), [&wanted[0], &wanted[1]], "{name}");
    }
}

#[test]
fn people_see_what_the_file_says_and_what_the_contract() {
    let listed = run(&example(), &["dialeto", "mostrar", "dialeto.toml"], &[]).stdout;
    let line = |begin: &str| {
        let line = listed.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{begin}: {listed}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("escapes"), "escapes ascii file json");
    assert_eq!(line("www_authenticate"), "www_authenticate - file Bearer");
    assert_eq!(line("[regras] motivo_desconhecido"), "[regras] motivo_desconhecido recusado contract");
    assert!(
        line("unknown_user ").starts_with(
            r#"unknown_user 401 application/json;charset=UTF-8 codigo, content_type, corpo {"timestamp":"#
        )
    );
    assert!(!listed.contains("hidden_user"));
}

#[test]
fn without_a_file_the_contract_is_listed() {
    let listed = json(&run("", &["dialeto", "mostrar", "--json"], &[]));
    assert_eq!(answer(&listed, "unknown_user")["corpo"], r#"{"message":"Usuário não encontrado"}"#);
    assert_eq!(answer(&listed, "sucesso")["corpo"], r#"{"message":"Atendimento atualizado com sucesso"}"#);
    let answers = listed["respostas"].as_array().unwrap();
    assert!(answers.iter().all(|answer| answer["nome"] != "same_status" && answer["do_arquivo"] == json!([])));
    assert!(listed["ajustes"].as_array().unwrap().iter().all(|setting| setting["valor"] == setting["contrato"]));
}

#[test]
fn the_document_of_a_dialect_can_be_printed() {
    let document = json(&run(&example(), &["openapi", "--dialeto", "dialeto.toml"], &[]));
    assert!(document["paths"]["/api/atendimentos/status"]["post"]["responses"]["201"].is_object());
}

#[test]
fn the_document_says_where_the_token_goes() {
    for (headers, wanted) in [
        ("'Authorization: bearer'", json!({"type": "http", "scheme": "bearer"})),
        (
            "'x-access-token', 'Authorization: Bearer'",
            json!({"type": "apiKey", "in": "header", "name": "x-access-token"}),
        ),
        ("'Authorization'", json!({"type": "apiKey", "in": "header", "name": "authorization"})),
        (
            "'Authorization: JWT'",
            json!({"type": "apiKey", "in": "header", "name": "authorization", "x-esquema": "JWT"}),
        ),
    ] {
        let text = format!("[token]\ncabecalhos = [{headers}]\n");
        let document = json(&run(&text, &["openapi", "--dialeto", "dialeto.toml"], &[]));
        let mut scheme = document["components"]["securitySchemes"]["token"].clone();
        let description = scheme.as_object_mut().unwrap().remove("description").unwrap();
        assert!(
            description.as_str().unwrap().starts_with("O token de `POST /api/usuario/login`, em `"),
            "{description}"
        );
        assert_eq!(scheme, wanted, "{headers}");
    }
}

#[test]
fn a_case_that_is_none_is_named_with_its_line() {
    let text = "[conferir]\npular = [\n 'reads/',\n 'logn/',\n 'status/canceladoo',\n 'xyz',\n]\n";
    for args in [&["dialeto", "mostrar", "dialeto.toml"][..], &["openapi", "--dialeto", "dialeto.toml"]] {
        run(text, args, &[]).fails(
            1,
            &[
                "dialeto.toml: line 4: [conferir] pular has 'logn/', which is no case of the kit and no group; did you mean login/?",
                "line 5: [conferir] pular has 'status/canceladoo'",
                "did you mean status/cancelado?",
                "line 6: [conferir] pular has 'xyz', which is no case of the kit and no group\n",
            ],
        );
    }
}

#[test]
fn each_command_names_what_is_wrong_with_the_file() {
    let wrong = "[respostas.unknown_usr]\ncodigo = 1\n";
    let complaint = "line 1: [respostas.unknown_usr] is no answer; did you mean unknown_user?";
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
    for command in ["serve", "demo"] {
        let named = [command, "--dialeto", "nada.toml"];
        run("", &named, &[]).fails(2, &["--dialeto nada.toml: can't be read"]);
    }
    run("", &["openapi", "--dialeto", "nada.toml"], &[]).fails(1, &["--dialeto nada.toml: can't be read"]);
    run("a = [", &["serve"], &named).fails(2, &["DIALECT_FILE dialeto.toml: line 1: "]);
    let many = run("cor = 'x'\n[erro]\ncorpu = ''\n[login]\ncodigo = 1\n", &["serve"], &named);
    many.fails(
        2,
        &[
            "DIALECT_FILE dialeto.toml: line 1: unknown field `cor`",
            "DIALECT_FILE dialeto.toml: line 3: [erro] unknown field `corpu`",
            "did you mean corpo?",
            "DIALECT_FILE dialeto.toml: line 5: [login] codigo has to be 200 to 299 for a success",
        ],
    );
}
