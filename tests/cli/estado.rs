//! `estado`: níveis, perfis, users and motivos as a file.

use std::fs;
use std::sync::Arc;

use citrus_status::domain::access::Permissao;
use citrus_status::service::provisioning::Provisioning;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::{edit, tester};
use crate::support::program::{Outcome, listed, run, run_with};
use crate::support::server::nome;

pub const SENHA: (&str, &str) = ("SENHA_TESTE", "uma senha que fica secreta");

/// Everything once, in no good order.
pub const FULL: &str = r#"
[[motivos]]
nome = "Duplicado"

[[motivos]]
nome = "Antigo"
ativo = false

[[niveis]]
nome = "Suporte"
superior = "empresa"
permissoes = ["consultar-status", "alterar-status"]

[[niveis]]
nome = "Empresa"

[[perfis]]
nome = "Administrador"
root = true
permissoes = ["alterar-status"]

[[perfis]]
nome = "Integração"
nivel = "SUPORTE"
permissoes = ["alterar-status"]

[[usuarios]]
login = "user.api"
perfil = "integração"
senha_env = "SENHA_TESTE"

[[usuarios]]
login = "antigo"
perfil = "Administrador"
ativo = false
senha_env = "SENHA_TESTE"
"#;

const FULL_CHANGES: &str = "\
+ nível 'Empresa', at the top
+ nível 'Suporte', below 'Empresa'
+ nível 'Suporte': 'alterar-status', 'consultar-status' released
+ perfil 'Administrador', root
+ perfil 'Administrador': 'alterar-status' granted
+ perfil 'Integração', on the nível 'Suporte'
+ perfil 'Integração': 'alterar-status' granted
+ usuario 'antigo', on the perfil 'Administrador', deactivated
+ usuario 'user.api', on the perfil 'Integração'
+ motivo 'Antigo', deactivated
+ motivo 'Duplicado'
";

/// `estado aplicar` of a file that says `text`, without a terminal.
pub fn tries(database: &Database, text: &str, flags: &[&str]) -> Outcome {
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, text).unwrap();
    run_with(database, &[SENHA], &[&["estado", "aplicar", path.to_str().unwrap()], flags].concat(), "")
}

/// As [`tries`], where it has to go well, with what it printed.
#[track_caller]
pub fn applies(database: &Database, text: &str, flags: &[&str]) -> String {
    let outcome = tries(database, text, flags);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

/// Checks that it failed with `code` and said all of `parts` on standard error.
#[track_caller]
pub fn complains(outcome: &Outcome, code: i32, parts: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    for part in parts {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {outcome:?}");
    }
}

#[track_caller]
pub fn shown(database: &Database) -> String {
    let outcome = run(database, &["estado", "mostrar"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

/// How many rows there are of everything that a file changes.
pub async fn rows(database: &Database) -> i64 {
    let tables = ["nivel", "liberacao", "perfil", "concessao", "usuario", "motivo", "auditoria"];
    let counts = tables.map(|table| format!("(SELECT count(*) FROM {table})"));
    database.number(&format!("SELECT {}", counts.join(" + "))).await
}

/// Grants whose release is withdrawn later stay, and are shown as what they are.
async fn what_is_shown_can_be_applied_to_an_empty_database(database: &Database) {
    let store = database.store().await;
    let provisioning = Provisioning::new(Arc::clone(&store), tester());
    let niveis = ["A", "B", "C"].map(nome);
    let mut nivel_ids = vec![None];
    for (i, nivel) in niveis.iter().enumerate() {
        nivel_ids
            .push(Some(provisioning.create_nivel(nivel, i.checked_sub(1).map(|above| &niveis[above])).await.unwrap()));
    }
    let perfis = ["P", "Q", "R", "S"].map(nome);
    let mut perfil_ids = Vec::new();
    for (i, perfil) in perfis.iter().enumerate() {
        perfil_ids.push(provisioning.create_perfil(perfil, niveis.get(i)).await.unwrap());
    }
    let mut seed = 7_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for round in 0..6 {
        for _ in 0..40 {
            let permissao = &[Permissao::ALL[draw(Permissao::ALL.len())]];
            let (nivel, perfil) = (&niveis[draw(niveis.len())], &perfis[draw(perfis.len())]);
            // What is refused changes nothing.
            match draw(5) {
                0 | 1 => drop(provisioning.release(permissao, nivel).await),
                2 => drop(provisioning.grant(perfil, permissao).await),
                3 => drop(provisioning.withdraw(permissao, nivel).await),
                _ => drop(provisioning.revoke(perfil, permissao).await),
            }
        }
        let (perfil_id, nivel_id) = (perfil_ids[draw(perfis.len())], nivel_ids[draw(nivel_ids.len())]);
        edit(&store, async |e| e.set_nivel(perfil_id, nivel_id).await).await.unwrap();
        let first = shown(database);
        let other = Database::new(database.engine).await.unwrap();
        applies(&other, &first, &["--yes"]);
        assert_eq!(shown(&other), first, "round {round}");
        assert_eq!(listed(&other, &["estado", "mostrar"]), listed(database, &["estado", "mostrar"]));
        for place in [database, &other] {
            assert_eq!(applies(place, &first, &["--remover"]), "nothing to change: the server is as the file says\n");
        }
        other.remove().await;
    }
    assert!(shown(database).contains("recolhidas = [\n"), "nothing was withdrawn");
    store.close().await;
}

async fn a_grant_that_does_not_count_never_begins_to_by_a_file(database: &Database) {
    let nivel = |permissoes: &str| format!("[[niveis]]\nnome = 'N'\npermissoes = [{permissoes}]\n");
    let perfil = "[[perfis]]\nnome = 'P'\nnivel = 'N'\nrecolhidas = ['consultar-status']\n";
    complains(
        &tries(database, &(nivel("'consultar-status'") + perfil), &["--yes"]),
        1,
        &["perfil 'P': 'consultar-status' is released to the nível 'N'; write it into permissoes"],
    );
    complains(
        &tries(database, "[[perfis]]\nnome = 'P'\nroot = true\nrecolhidas = ['consultar-status']\n", &["--yes"]),
        1,
        &["line 1: a root perfil needs no release, so it has no recolhidas; write them into permissoes"],
    );
    let both = nivel("") + perfil + "permissoes = ['consultar-status']\n";
    complains(
        &tries(database, &both, &["--yes"]),
        1,
        &["line 4: 'consultar-status' stands in permissoes and in recolhidas; keep one of them"],
    );
    // The release that a server has, and the file has not, stays without --remover.
    applies(database, &nivel("'consultar-status'"), &["--yes"]);
    let file = nivel("") + perfil;
    let told = "perfil 'P': 'consultar-status' is released to the nível 'N'; write it into permissoes";
    complains(&tries(database, &file, &["--yes"]), 1, &[told]);
    let changes = applies(database, &file, &["--yes", "--remover"]);
    assert!(changes.contains("+ perfil 'P': 'consultar-status' granted"), "{changes}");
    assert_eq!(listed(database, &["estado", "mostrar"])["perfis"][0]["recolhidas"], json!(["consultar-status"]));
    // It is there now, and the release of the same file would let it begin.
    complains(&tries(database, &(nivel("'consultar-status'") + perfil), &["--yes"]), 1, &[told]);
}

async fn a_state_goes_round(database: &Database) {
    database.store().await.close().await;
    let summary = "added: 11, changed: 0, taken away: 0";
    assert_eq!(
        applies(database, FULL, &["--dry-run"]),
        format!("{FULL_CHANGES}{summary}; nothing was changed, because of --dry-run\n")
    );
    assert_eq!(rows(database).await, 0);
    complains(&tries(database, FULL, &[]), 2, &["add --yes to go ahead"]);
    assert_eq!(rows(database).await, 0);
    assert_eq!(applies(database, FULL, &["--yes"]), format!("{FULL_CHANGES}{summary}\n"));

    let all = rows(database).await;
    for flags in [&[][..], &["--remover"], &["--senhas"]] {
        let unchanged = "nothing to change: the server is as the file says\n";
        assert_eq!(applies(database, FULL, flags), unchanged);
        run_with(database, &[], &[&["estado", "aplicar", "-"], flags].concat(), shown(database)).prints(unchanged);
    }
    assert_eq!(rows(database).await, all);
    assert!(shown(database).ends_with(
        r#"
[[niveis]]
nome = "Empresa"

[[niveis]]
nome = "Suporte"
superior = "Empresa"
permissoes = [
    "alterar-status",
    "consultar-status",
]

[[perfis]]
nome = "Administrador"
root = true
permissoes = [
    "alterar-status",
]

[[perfis]]
nome = "Integração"
nivel = "Suporte"
permissoes = [
    "alterar-status",
]

[[usuarios]]
login = "antigo"
perfil = "Administrador"
ativo = false

[[usuarios]]
login = "user.api"
perfil = "Integração"

[[motivos]]
nome = "Antigo"
ativo = false

[[motivos]]
nome = "Duplicado"
"#
    ));
    assert_eq!(
        listed(database, &["estado", "mostrar"]),
        json!({
            "niveis": [
                {"nome": "Empresa", "superior": null, "permissoes": []},
                {"nome": "Suporte", "superior": "Empresa", "permissoes": ["alterar-status", "consultar-status"]},
            ],
            "perfis": [
                {"nome": "Administrador", "root": true, "nivel": null, "permissoes": ["alterar-status"], "recolhidas": []},
                {"nome": "Integração", "root": false, "nivel": "Suporte", "permissoes": ["alterar-status"], "recolhidas": []},
            ],
            "usuarios": [
                {"login": "antigo", "perfil": "Administrador", "ativo": false},
                {"login": "user.api", "perfil": "Integração", "ativo": true},
            ],
            "motivos": [{"nome": "Antigo", "ativo": false}, {"nome": "Duplicado", "ativo": true}],
        })
    );
}

/// What an entry says: action, object, before and after.
pub fn told(database: &Database) -> Vec<Value> {
    let entries = listed(database, &["auditoria", "listar"]);
    entries.as_array().unwrap().iter().rev().map(|e| json!([e["acao"], e["objeto"], e["antes"], e["depois"]])).collect()
}

async fn each_change_leaves_its_entry(database: &Database) {
    applies(database, FULL, &["--yes"]);
    let first = told(database);
    assert_eq!(first.len(), 11);
    assert_eq!(first[1], json!(["nivel.criar", "Suporte", null, {"superior": "Empresa"}]));
    assert_eq!(first[7], json!(["usuario.criar", "antigo", null, {"perfil": "Administrador", "ativo": false}]));

    let other = r#"
        [[niveis]]
        nome = "Empresa"
        permissoes = ["alterar-status"]
        [[niveis]]
        nome = "Novo"
        [[niveis]]
        nome = "Suporte"
        superior = "Novo"
        permissoes = ["alterar-status"]
        [[perfis]]
        nome = "Integração"
        nivel = "Empresa"
        [[perfis]]
        nome = "Administrador"
        root = true
        permissoes = ["alterar-status", "consultar-motivos"]
        [[usuarios]]
        login = "user.api"
        perfil = "Administrador"
        senha_env = "SENHA_TESTE"
        [[usuarios]]
        login = "antigo"
        perfil = "Administrador"
        ativo = true
        [[motivos]]
        nome = "Antigo"
        ativo = true
    "#;
    applies(database, other, &["--remover", "--yes"]);
    let (a, b) = ("alterar-status", "consultar-status");
    assert_eq!(
        told(database)[11..],
        [
            json!(["permissao.liberar", "Empresa", {"permissoes": []}, {"permissoes": [a]}]),
            json!(["nivel.criar", "Novo", null, {"superior": null}]),
            json!(["nivel.mover", "Suporte", {"superior": "Empresa"}, {"superior": "Novo"}]),
            json!(["perfil.conceder", "Administrador", {"permissoes": [a]}, {"permissoes": [a, "consultar-motivos"]}]),
            json!(["perfil.mover", "Integração", {"root": false, "nivel": "Suporte"}, {"root": false, "nivel": "Empresa"}]),
            json!(["usuario.ativar", "antigo", {"ativo": false}, {"ativo": true}]),
            json!(["usuario.perfil", "user.api", {"perfil": "Integração"}, {"perfil": "Administrador"}]),
            json!(["motivo.ativar", "Antigo", {"ativo": false}, {"ativo": true}]),
            json!(["motivo.desativar", "Duplicado", {"ativo": true}, {"ativo": false}]),
            json!(["perfil.revogar", "Integração", {"permissoes": [a]}, {"permissoes": []}]),
            json!(["permissao.recolher", "Suporte", {"permissoes": [a, b]}, {"permissoes": [a]}]),
        ]
    );
    // The rest is what the file does not name any more.
    let without =
        other.replace("nome = \"Integração\"\n        nivel = \"Empresa\"", "nome = \"Outro\"\n        root = true");
    let without = without.replace("superior = \"Novo\"\n", "").replace("nome = \"Novo\"", "nome = \"Filial\"");
    applies(database, &without, &["--remover", "--yes"]);
    assert_eq!(
        told(database)[22..],
        [
            json!(["nivel.criar", "Filial", null, {"superior": null}]),
            json!(["nivel.mover", "Suporte", {"superior": "Novo"}, {"superior": null}]),
            json!(["perfil.criar", "Outro", null, {"root": true, "nivel": null}]),
            json!(["perfil.remover", "Integração", {"root": false, "nivel": "Empresa", "permissoes": []}, null]),
            json!(["nivel.remover", "Novo", {"superior": null, "permissoes": []}, null]),
        ]
    );
    let secret = "antes LIKE '%argon2%' OR depois LIKE '%argon2%' OR antes LIKE '%secreta%' OR depois LIKE '%secreta%'";
    assert_eq!(database.number(&format!("SELECT count(*) FROM auditoria WHERE {secret}")).await, 0);
}

async fn a_backup_of_a_moved_nivel_is_restored(database: &Database) {
    applies(database, "[[niveis]]\nnome = 'A'\n", &["--yes"]);
    // What is above has the greater number, and is restored later.
    let names = ["B", "C", "D", "E", "F", "Z"].map(|nome| format!("[[niveis]]\nnome = '{nome}'\n"));
    let moved = format!("[[niveis]]\nnome = 'A'\nsuperior = 'Z'\n{}", names.concat());
    applies(database, &moved, &["--yes"]);
    let file = database.dir.path().join("x.backup");
    let file = file.to_str().unwrap();
    let made = run(database, &["backup", "criar", file]);
    assert_eq!(made.code, 0, "{made:?}");
    let other = Database::new(database.engine).await.unwrap();
    let restored = run(&other, &["backup", "restaurar", file]);
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(shown(&other), shown(database));
    other.remove().await;
}

both_engines! {
    what_is_shown_can_be_applied_to_an_empty_database,
    a_grant_that_does_not_count_never_begins_to_by_a_file,
    a_state_goes_round,
    each_change_leaves_its_entry,
    a_backup_of_a_moved_nivel_is_restored,
}
