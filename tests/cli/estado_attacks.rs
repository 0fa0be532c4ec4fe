//! What a hostile or careless hand may write into a state file.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use citrus_status::domain::atendimento::Status;
use citrus_status::store::NewAtendimento;
use serde_json::json;

use super::estado::{FULL, SENHA, applies, complains, rows, shown, tries};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::edits::edit;
use crate::support::program::{Process, run};

const MIB: usize = 1024 * 1024;

/// A chain of `count` níveis, each below the one before.
fn chain(count: usize) -> String {
    let below = |i: usize| format!("[[niveis]]\nnome = 'n{i}'\nsuperior = 'n{}'\n", i - 1);
    "[[niveis]]\nnome = 'n0'\n".to_owned() + &(1..count).map(below).collect::<String>()
}

async fn files_that_are_made_to_hurt_are_refused_soon(database: &Database) {
    database.store().await.close().await;
    let missing: String = (0..20_000)
        .map(|i| format!("[[niveis]]\nnome = 'n{i}'\n[[perfis]]\nnome = 'p{i}'\nnivel = 'q{i}'\n"))
        .collect();
    let circle = chain(20_000).replacen("'n0'", "'n0'\nsuperior = 'n19999'", 1);
    for (name, text, told) in [
        ("lists", format!("niveis = {}", "[".repeat(2 * MIB)), "no TOML"),
        ("closed lists", format!("niveis = {}{}", "[".repeat(MIB), "]".repeat(MIB)), "no TOML"),
        ("tables", format!("niveis = {}", "{a=".repeat(MIB)), "no TOML"),
        ("dots", format!("{} = 1", vec!["a"; MIB].join(".")), "no TOML"),
        ("a dotted table", format!("[{}]", vec!["a"; MIB].join(".")), "no TOML"),
        ("a long name", format!("[[motivos]]\nnome = '{}'", "x".repeat(3 * MIB)), "is not a name"),
        ("too much", "#".repeat(5 * MIB), "is longer than"),
        ("too much, read up to half a letter", format!("#{}", "é".repeat(3 * MIB)), "is longer than 4194304 bytes"),
        ("a login that hides", "[[usuarios]]\nlogin = '(OCULTO)'".to_owned(), "'(oculto)' stands for a hidden one"),
        ("a deep tree", chain(20_000), "more than 32 níveis below each other"),
        ("one too deep", chain(33), "line 97: nível 'n32': more than 32 níveis below each other"),
        ("a long circle", circle, "is below itself: 'n0' below "),
        ("itself", "[[niveis]]\nnome = 'A'\nsuperior = 'a'\n".to_owned(), "is below itself: 'A', and again"),
        ("names that miss", missing, "there is no nível 'q0' in the file"),
        ("a mark of direction", "[[motivos]]\nnome = \"a\\u202Eb\"".to_owned(), r"line 2: 'a\u{202e}b' is not a name"),
        ("nothing to see", "[[perfis]]\nnome = \"\\u3164\"\nroot = true".to_owned(), "is not a name"),
    ] {
        let asked = Instant::now();
        let outcome = tries(database, &text, &["--dry-run"]);
        complains(&outcome, 1, &[told]);
        assert!(asked.elapsed() < Duration::from_secs(20), "{name}: {:?}", asked.elapsed());
        assert!(outcome.stderr.len() < 64 * 1024, "{name}: {} bytes", outcome.stderr.len());
    }
    assert_eq!(rows(database).await, 0);
    assert!(applies(database, &chain(32), &["--dry-run"]).contains("added: 32"));
    let dir = database.dir.path();
    symlink("loop.toml", dir.join("loop.toml")).unwrap();
    symlink("/dev/zero", dir.join("zero.toml")).unwrap();
    for (file, told) in [("loop.toml", "can't be read"), ("zero.toml", "it is a device"), (".", "can't be read")] {
        let outcome = run(database, &["estado", "aplicar", dir.join(file).to_str().unwrap(), "--yes"]);
        complains(&outcome, 1, &[told]);
    }
    // A file with secrets that is no state repeats none of them.
    fs::write(dir.join("shadow.toml"), "root:$6$secreto:1:2\nana = $6$secreto\n[$6$secreto]\n").unwrap();
    let outcome = run(database, &["estado", "aplicar", dir.join("shadow.toml").to_str().unwrap(), "--yes"]);
    assert!(outcome.code == 1 && !outcome.stderr.contains("secreto"), "{outcome:?}");
}

/// Below what is registered, a tree may be deeper than the file says.
async fn a_tree_grows_no_deeper_by_a_move(database: &Database) {
    applies(database, &chain(32), &["--yes"]);
    let moved = "[[niveis]]\nnome = 'cima'\n[[niveis]]\nnome = 'n0'\nsuperior = 'cima'\n";
    for flag in ["--dry-run", "--yes"] {
        complains(&tries(database, moved, &[flag]), 1, &["nível 'n31': more than 32 níveis below each other"]);
    }
    applies(database, "[[niveis]]\nnome = 'cima'\n[[niveis]]\nnome = 'n1'\nsuperior = 'cima'\n", &["--yes"]);
}

async fn hostile_names_go_round_to_the_other_engine(database: &Database) {
    let engine = if database.engine == Engine::Postgres { Engine::Sqlite } else { Engine::Postgres };
    let Some(other) = Database::new(engine).await else { return };
    let names = [
        r#"aspas " e ' e """ e '''"#,
        r"barras \ \\ \n \u0041",
        "<script>alert(1)</script>",
        "'; DROP TABLE usuario; --",
        "= [[niveis]] # nada",
        "{{ 7 * 7 }} %s $1 ${HOME}",
        "عربى עברית 日本 ñ e\u{301} 😀",
        "true",
        "-",
        &"é".repeat(255),
    ];
    let mut text = String::new();
    for (i, name) in names.iter().enumerate() {
        let name = json!(name);
        text += &format!("[[niveis]]\nnome = {name}\n[[perfis]]\nnome = {name}\nnivel = {name}\n");
        text += &format!("[[motivos]]\nnome = {name}\nativo = {}\n", i % 2 == 0);
        text += &format!("[[usuarios]]\nlogin = {name}\nperfil = {name}\nsenha_env = 'SENHA_TESTE'\n");
    }
    applies(database, &text, &["--yes"]);
    let first = shown(database);
    let with_senhas = first.replace("\nlogin = ", "\nsenha_env = 'SENHA_TESTE'\nlogin = ");
    applies(&other, &with_senhas, &["--yes"]);
    assert_eq!(shown(&other), first);
    for place in [database, &other] {
        let before = rows(place).await;
        assert!(applies(place, &first, &["--yes", "--remover"]).starts_with("nothing to change"));
        assert_eq!(rows(place).await, before);
    }
    other.remove().await;
}

/// What somebody did stays theirs.
async fn who_did_something_is_deactivated_and_not_forgotten(database: &Database) {
    applies(database, FULL, &["--yes"]);
    let store = database.store().await;
    let novo = NewAtendimento { protocolo: "1".to_owned(), status: Status::Aberto };
    edit(&store, async |e| e.insert_atendimento(&novo).await).await.unwrap();
    store.close().await;
    let process = Process::serve(database);
    let (_, answer) = process.post("/api/usuario/login", "", json!({"login": "user.api", "senha": SENHA.1})).await;
    let token = answer["accessToken"].as_str().unwrap().to_owned();
    let change = json!({"protocolo": "1", "status": "Cancelado", "motivoStatus": "Duplicado"});
    assert_eq!(process.post("/api/atendimentos/status", &token, change).await.0, 200);
    process.stop();
    let user = "[[usuarios]]\nlogin = \"user.api\"\nperfil = \"integração\"\nsenha_env = \"SENHA_TESTE\"\n";
    let rest = FULL.replace(user, "").replace("[[motivos]]\nnome = \"Duplicado\"\n", "");
    let changes = applies(database, &rest, &["--remover", "--yes"]);
    assert!(
        changes.contains("- usuario 'user.api': deactivated") && changes.contains("- motivo 'Duplicado'"),
        "{changes}"
    );
    assert!(applies(database, &rest, &["--remover", "--yes"]).starts_with("nothing to change"));
    let record = run(database, &["atendimento", "mostrar", "1"]);
    assert!(record.stdout.contains("user.api") && record.stdout.contains("Duplicado"), "{record:?}");
}

both_engines! {
    files_that_are_made_to_hurt_are_refused_soon,
    a_tree_grows_no_deeper_by_a_move,
    hostile_names_go_round_to_the_other_engine,
    who_did_something_is_deactivated_and_not_forgotten,
}
