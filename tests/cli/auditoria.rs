//! What commands change leaves entries, which `auditoria listar` shows.

use citrus_status::domain::audit::Action;
use citrus_status::service::audit::command_line;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, listed, run, run_with};

const SENHA: &str = "uma senha que fica secreta";
const FILE: &str = "protocolo,status\n1,Finalizado\n2,Aberto\n3,Aberto\n";
/// Of [`FILE`].
const SHA256: &str = "0f5cda03635596f10b199e7cd46ac66f5ac11e3475ab6b3787e60ccf11803d12";

/// A database whose clock stands at 2026-11-23T10:00:00Z.
pub async fn set_up(database: &Database) {
    database.store().await.close().await;
    database.stop_clock(datetime!(2026-11-23 10:00 UTC)).await;
}

/// Runs `args`, with a senha or a file on standard input.
pub fn tries(database: &Database, args: &[&str]) -> Outcome {
    run_with(database, &[], args, if args.contains(&"importar") { FILE } else { SENHA })
}

/// Runs `args` as [`tries`] does, and checks that it succeeds.
#[track_caller]
pub fn does(database: &Database, args: &[&str]) -> Outcome {
    let outcome = tries(database, args);
    assert_eq!(outcome.code, 0, "{args:?}: {outcome:?}");
    outcome
}

/// All commands that change something, and what their entries say: action, object, before and after.
pub fn commands() -> Vec<(Vec<&'static str>, Vec<Value>)> {
    [of_access(), of_atendimentos()].concat()
}

fn told(acao: &str, objeto: Value, antes: Value, depois: Value) -> Vec<Value> {
    vec![json!([acao, objeto, antes, depois])]
}

/// As [`commands`], for the access model.
fn of_access() -> Vec<(Vec<&'static str>, Vec<Value>)> {
    let none = || Value::Null;
    let (p, q) = ("alterar-status", "consultar-status");
    vec![
        (vec!["nivel", "criar", "Empresa"], told("nivel.criar", json!("Empresa"), none(), json!({"superior": null}))),
        (
            vec!["nivel", "criar", "Suporte", "--superior", "empresa"],
            told("nivel.criar", json!("Suporte"), none(), json!({"superior": "Empresa"})),
        ),
        (
            vec!["permissao", "liberar", q, p, "--nivel", "SUPORTE"],
            told("permissao.liberar", json!("Suporte"), json!({"permissoes": []}), json!({"permissoes": [p, q]})),
        ),
        (
            vec!["perfil", "criar", "Integração", "--nivel", "Suporte"],
            told("perfil.criar", json!("Integração"), none(), json!({"root": false, "nivel": "Suporte"})),
        ),
        (
            vec!["perfil", "criar", "Administrador", "--root"],
            told("perfil.criar", json!("Administrador"), none(), json!({"root": true, "nivel": null})),
        ),
        (
            vec!["perfil", "conceder", "integração", p],
            told("perfil.conceder", json!("Integração"), json!({"permissoes": []}), json!({"permissoes": [p]})),
        ),
        (
            vec!["perfil", "revogar", "Integração", p, q],
            told("perfil.revogar", json!("Integração"), json!({"permissoes": [p]}), json!({"permissoes": []})),
        ),
        (
            vec!["permissao", "recolher", q, "--nivel", "Suporte"],
            told("permissao.recolher", json!("Suporte"), json!({"permissoes": [p, q]}), json!({"permissoes": [p]})),
        ),
        (
            vec!["usuario", "criar", "Ana.Souza", "--perfil", "Integração", "--senha-stdin"],
            told("usuario.criar", json!("Ana.Souza"), none(), json!({"perfil": "Integração", "ativo": true})),
        ),
        (
            vec!["usuario", "senha", "ana.souza", "--senha-stdin"],
            told("usuario.senha", json!("Ana.Souza"), none(), none()),
        ),
        (
            vec!["usuario", "perfil", "ana.souza", "administrador"],
            told(
                "usuario.perfil",
                json!("Ana.Souza"),
                json!({"perfil": "Integração"}),
                json!({"perfil": "Administrador"}),
            ),
        ),
        (
            vec!["usuario", "desativar", "ana.souza"],
            told("usuario.desativar", json!("Ana.Souza"), json!({"ativo": true}), json!({"ativo": false})),
        ),
        (
            vec!["usuario", "ativar", "ana.souza"],
            told("usuario.ativar", json!("Ana.Souza"), json!({"ativo": false}), json!({"ativo": true})),
        ),
        // It revokes the tokens all the same.
        (
            vec!["usuario", "ativar", "ana.souza"],
            told("usuario.ativar", json!("Ana.Souza"), json!({"ativo": true}), json!({"ativo": true})),
        ),
        (
            vec!["usuario", "revogar-tokens", "ana.souza"],
            told("usuario.revogar-tokens", json!("Ana.Souza"), none(), none()),
        ),
    ]
}

/// As [`commands`], for motivos, atendimentos and comments.
fn of_atendimentos() -> Vec<(Vec<&'static str>, Vec<Value>)> {
    let none = || Value::Null;
    vec![
        (
            vec!["motivo", "criar", "Duplicado", "Engano"],
            [
                told("motivo.criar", json!("Duplicado"), none(), json!({"ativo": true})),
                told("motivo.criar", json!("Engano"), none(), json!({"ativo": true})),
            ]
            .concat(),
        ),
        (
            vec!["motivo", "desativar", "engano"],
            told("motivo.desativar", json!("Engano"), json!({"ativo": true}), json!({"ativo": false})),
        ),
        (
            vec!["motivo", "criar", "Engano"],
            told("motivo.ativar", json!("Engano"), json!({"ativo": false}), json!({"ativo": true})),
        ),
        (
            vec!["atendimento", "criar", " 1 ", "--status", "Cancelado"],
            told("atendimento.criar", json!("1"), none(), json!({"status": "Cancelado"})),
        ),
        (
            vec!["atendimento", "importar", "-", "--atualizar"],
            told(
                "atendimento.importar",
                json!(SHA256),
                none(),
                json!({"novos": 2, "atualizados": 1, "inalterados": 0, "ignorados": 0}),
            ),
        ),
        (vec!["atendimento", "exportar", "1"], told("atendimento.exportar", json!("1"), none(), none())),
        (
            vec!["atendimento", "anonimizar", "1", "--yes"],
            told("atendimento.anonimizar", json!("1"), none(), json!({"comentarios": 0})),
        ),
        (
            vec!["comentario", "expurgar", "--antes", "2026-01-01", "--yes"],
            [
                told("comentario.expurgar", json!("2026-01-01T00:00:00.000Z"), none(), json!({"fase": "inicio"})),
                told(
                    "comentario.expurgar",
                    json!("2026-01-01T00:00:00.000Z"),
                    none(),
                    json!({"fase": "fim", "comentarios": 0}),
                ),
            ]
            .concat(),
        ),
    ]
}

async fn each_command_that_changes_something_leaves_its_entry(database: &Database) {
    set_up(database).await;
    let mut expected = Vec::new();
    for (args, entries) in commands() {
        does(database, &args);
        expected.extend(entries);
    }
    let entries = listed(database, &["auditoria", "listar"]);
    let entries = entries.as_array().unwrap();
    let told: Vec<Value> =
        entries.iter().rev().map(|e| json!([e["acao"], e["objeto"], e["antes"], e["depois"]])).collect();
    assert_eq!(told, expected);

    // The program of the tests has no `SUDO_USER`.
    let actor = command_line();
    let user = actor.name().unwrap().split(" (sudo: ").next().unwrap();
    for (i, entry) in entries.iter().rev().enumerate() {
        assert_eq!(entry["id"], json!(i + 1));
        assert_eq!(entry["em"], "2026-11-23T10:00:00.000Z");
        assert_eq!(entry["origem"], "comando");
        assert_eq!((entry["autor"].as_str().unwrap(), entry["lugar"].as_str().unwrap()), (user, actor.place()));
        let is_about_a_user = entry["acao"].as_str().unwrap().starts_with("usuario.");
        assert_eq!(entry["usuario_id"], if is_about_a_user { json!(1) } else { Value::Null });
    }
    // The anonymisation of a user changes how the others look, so it has a test of its own; as backups have, and what only
    // a state file does.
    let elsewhere = [
        Action::AnonymiseUsuario,
        Action::CreateBackup,
        Action::RestoreBackup,
        Action::MoveNivel,
        Action::DeleteNivel,
        Action::MovePerfil,
        Action::DeletePerfil,
    ];
    let actions: Vec<&str> = entries.iter().map(|entry| entry["acao"].as_str().unwrap()).collect();
    for action in Action::ALL.iter().filter(|action| !elsewhere.contains(action)) {
        assert!(actions.contains(&action.name()), "no command has left {}", action.name());
    }
    let secret = "antes LIKE '%argon2%' OR depois LIKE '%argon2%' OR antes LIKE '%secreta%' OR depois LIKE '%secreta%'";
    assert_eq!(database.number(&format!("SELECT count(*) FROM auditoria WHERE {secret}")).await, 0);
}

async fn what_changes_nothing_leaves_no_entry(database: &Database) {
    set_up(database).await;
    for (args, _) in commands() {
        does(database, &args);
    }
    let before = listed(database, &["auditoria", "listar"]);
    for args in [
        &["permissao", "liberar", "alterar-status", "--nivel", "Suporte"][..],
        &["permissao", "recolher", "consultar-status", "--nivel", "Suporte"],
        &["perfil", "revogar", "Integração", "alterar-status"],
        &["usuario", "perfil", "ana.souza", "Administrador"],
        &["atendimento", "importar", "-", "--atualizar"],
        &["comentario", "expurgar", "--antes", "2026-01-01", "--dry-run"],
        &["usuario", "listar"],
        &["atendimento", "mostrar", "1"],
        &["historico", "listar"],
        &["auditoria", "listar"],
    ] {
        does(database, args);
    }
    does(database, &["motivo", "desativar", "Engano"]);
    does(database, &["motivo", "desativar", "Engano"]);
    for args in [
        &["nivel", "criar", "Suporte"][..],
        &["perfil", "criar", "Outro", "--nivel", "Nenhum"],
        &["perfil", "conceder", "Integração", "alterar-status", "consultar-motivos"],
        &["usuario", "senha", "ninguem", "--senha-stdin"],
        &["usuario", "desativar", "ninguem"],
        &["motivo", "criar", "Novo", "Duplicado"],
        &["motivo", "criar", "Novo", "NOVO"],
        &["motivo", "desativar", "Nenhum"],
        &["atendimento", "criar", "1"],
        &["atendimento", "exportar", "9"],
        &["atendimento", "anonimizar", "9", "--yes"],
    ] {
        let outcome = run_with(database, &[], args, SENHA);
        assert_eq!(outcome.code, 1, "{args:?}: {outcome:?}");
    }
    let entries = listed(database, &["auditoria", "listar"]);
    let (new, old) = entries.as_array().unwrap().split_at(1);
    assert_eq!(new[0]["acao"], "motivo.desativar");
    assert_eq!(json!(old), before);
    // All or none.
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE chave = 'novo'").await, 0);
}

async fn entries_are_found_by_what_an_operator_knows(database: &Database) {
    set_up(database).await;
    for (args, _) in commands() {
        does(database, &args);
        database.advance_clock(Duration::hours(1)).await;
    }
    // Another host and another user, and an action of a later release.
    database
        .execute(
            "INSERT INTO auditoria (em, origem, autor, lugar, acao, usuario_id)
             SELECT max(em), 'comando', 'citrus (sudo: bia)', 'outro', 'usuario.nova-acao', 1 FROM auditoria",
        )
        .await;
    let of = |args: &[&str]| -> Vec<i64> {
        let entries = listed(database, &[&["auditoria", "listar"], args].concat());
        entries.as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
    };
    let all: Vec<i64> = (1..=26).rev().collect();
    assert_eq!(of(&[]), all);
    assert_eq!(of(&["--limite", "2"]), [26, 25]);
    assert_eq!(of(&["--limite", "2", "--antes-do-id", "25"]), [24, 23]);
    assert_eq!(of(&["--antes-do-id", "1"]), [0_i64; 0]);
    assert_eq!(of(&["--acao", "usuario.senha"]), [10]);
    assert_eq!(of(&["--acao", "Usuario", "--limite", "3"]), [26, 15, 14]);
    assert_eq!(of(&["--acao", "permissao"]), [8, 3]);
    assert_eq!(of(&["--objeto", "Suporte"]), [8, 3, 2]);
    assert_eq!(of(&["--objeto", "1"]), [23, 22, 20]);
    assert_eq!(of(&["--usuario", "ANA.souza"]), [26, 15, 14, 13, 12, 11, 10, 9]);
    for autor in ["bia", "citrus", "citrus (sudo: bia)"] {
        assert_eq!(of(&["--autor", autor]), [26], "{autor}");
    }
    for autor in ["bi%", "ia", "citru", "b", ""] {
        assert_eq!(of(&["--autor", autor]), [0_i64; 0], "{autor}");
    }
    assert_eq!(of(&["--desde", "2026-11-24T08:00:00Z"]), [26, 25, 24]);
    assert_eq!(of(&["--ate", "2026-11-23T11:00:00Z"]), [2, 1]);
    run(database, &["auditoria", "listar", "--acao", "usuario.senhas"])
        .fails(2, &["there is no action 'usuario.senhas'; did you mean 'usuario.senha'?", "comentario.expurgar"]);
    run(database, &["auditoria", "listar", "--usuario", "ana.sousa"])
        .fails(1, &["there is no usuario 'ana.sousa'; did you mean 'Ana.Souza'?"]);
    run(database, &["auditoria", "listar", "--autor", "bia"]).prints(
        "id  when                      who                 where  action             object     before  after\n\
         26  2026-11-24T08:00:00.000Z  citrus (sudo: bia)  outro  usuario.nova-acao  Ana.Souza  -       -\n",
    );
    run(database, &["auditoria", "listar", "--autor", "ninguem", "--json"]).prints("[]\n");
}

both_engines! {
    each_command_that_changes_something_leaves_its_entry,
    what_changes_nothing_leaves_no_entry,
    entries_are_found_by_what_an_operator_knows,
}
