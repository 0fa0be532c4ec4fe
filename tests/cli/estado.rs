//! `estado`: níveis, perfis, users and motivos as a file.

use std::fs;
use std::thread;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, Process, finish, listed, program, run, run_with};

const SENHA: (&str, &str) = ("SENHA_TESTE", "uma senha que fica secreta");

/// Everything once, in no good order.
const FULL: &str = r#"
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
fn tries(database: &Database, text: &str, flags: &[&str]) -> Outcome {
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, text).unwrap();
    run_with(database, &[SENHA], &[&["estado", "aplicar", path.to_str().unwrap()], flags].concat(), "")
}

/// As [`tries`], where it has to go well, with what it printed.
#[track_caller]
fn applies(database: &Database, text: &str, flags: &[&str]) -> String {
    let outcome = tries(database, text, flags);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

/// Checks that it failed with `code` and said all of `parts` on standard error.
#[track_caller]
fn complains(outcome: &Outcome, code: i32, parts: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    for part in parts {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {outcome:?}");
    }
}

#[track_caller]
fn shown(database: &Database) -> String {
    let outcome = run(database, &["estado", "mostrar"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

/// How many rows there are of everything that a file changes.
async fn rows(database: &Database) -> i64 {
    let tables = ["nivel", "liberacao", "perfil", "concessao", "usuario", "motivo", "auditoria"];
    let counts = tables.map(|table| format!("(SELECT count(*) FROM {table})"));
    database.number(&format!("SELECT {}", counts.join(" + "))).await
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
                {"nome": "Administrador", "root": true, "nivel": null, "permissoes": ["alterar-status"]},
                {"nome": "Integração", "root": false, "nivel": "Suporte", "permissoes": ["alterar-status"]},
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
fn told(database: &Database) -> Vec<Value> {
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
            json!(["motivo.criar", "Antigo", {"ativo": false}, {"ativo": true}]),
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

async fn what_a_file_does_not_name_stays_unless_it_is_to_go(database: &Database) {
    applies(database, FULL, &["--yes"]);
    let before = shown(database);
    let little = "[[niveis]]\nnome = 'Suporte'\nsuperior = 'Topo'\n[[niveis]]\nnome = 'Topo'\n";
    let outcome = tries(database, little, &["--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    // Two permissions, a nível, two perfis, a user, and a motivo.
    assert!(outcome.stderr.contains("not in the file, and left as it is: 7; --remover takes it away"), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 3, "{outcome:?}");
    assert_eq!(shown(database).matches("[[").count(), before.matches("[[").count() + 1);

    let used = tries(database, little, &["--remover", "--yes"]);
    used.fails(
        1,
        &[
            "the perfil 'Administrador' is not in the file, and can't be removed while users are on it: 'antigo'; move",
            "the perfil 'Integração' is not in the file, and can't be removed while users are on it: 'user.api'; move",
        ],
    );
    assert!(!used.stderr.contains("the nível"), "{used:?}");
    let only_perfil = "[[perfis]]\nnome = 'Administrador'\nroot = true\n";
    tries(database, only_perfil, &["--remover", "--yes"]).fails(
        1,
        &[
            "the perfil 'Integração' is not in the file",
            "the nível 'Suporte' is not in the file, and can't be removed: the perfil 'Integração' is on it",
            "the nível 'Topo' is not in the file, and can't be removed: the nível 'Suporte' is below it",
        ],
    );
    let moved = "[[perfis]]\nnome = 'Administrador'\nroot = true\n\
                 [[usuarios]]\nlogin = 'USER.API'\nperfil = 'Administrador'\n";
    assert_eq!(
        applies(database, moved, &["--remover", "--yes"]),
        "~ usuario 'user.api': on the perfil 'Administrador', was 'Integração'\n\
         - motivo 'Duplicado': deactivated\n\
         - perfil 'Administrador': 'alterar-status' revoked\n\
         - perfil 'Integração'\n\
         - nível 'Suporte'\n\
         - nível 'Topo'\n\
         - nível 'Empresa'\n\
         added: 0, changed: 1, taken away: 6\n"
    );
    let usuarios = json!([
        {"login": "antigo", "perfil": "Administrador", "ativo": false},
        {"login": "user.api", "perfil": "Administrador", "ativo": true},
    ]);
    assert_eq!(listed(database, &["estado", "mostrar"])["usuarios"], usuarios);
    // Nobody is left who may be on it.
    applies(database, "", &["--dry-run"]);
    tries(database, "", &["--remover", "--yes"]).fails(1, &["while users are on it: 'antigo', 'user.api'; move"]);
}

async fn anonymised_users_are_left_out_and_keep_their_perfil(database: &Database) {
    applies(database, FULL, &["--yes"]);
    run(database, &["usuario", "anonimizar", "user.api", "--yes"]);
    let state = shown(database);
    assert!(!state.contains("user.api") && !state.contains("anonimo-"), "{state}");
    assert!(applies(database, &state, &["--remover"]).starts_with("nothing to change"));
    tries(database, "[[perfis]]\nnome = 'Administrador'\nroot = true\n", &["--remover"]).fails(
        1,
        &["the perfil 'Integração' is not in the file, and can't be removed while users are on it: 1 anonymised"],
    );
}

async fn it_is_all_or_nothing(database: &Database) {
    database.store().await.close().await;
    // The last thing that is written: the database refuses it.
    let name = "Z".repeat(200);
    let refusal = format!("CHECK (length(nome) < {})", name.len());
    match database.engine {
        Engine::Postgres => {
            database.execute(&format!("ALTER TABLE motivo ADD {refusal}")).await;
        }
        Engine::Sqlite => {
            let trigger = format!(
                "CREATE TRIGGER refusal BEFORE INSERT ON motivo WHEN length(NEW.nome) >= {} \
                 BEGIN SELECT raise(ABORT, 'refused'); END",
                name.len()
            );
            database.execute(&trigger).await;
        }
    }
    let last = format!("{FULL}\n[[motivos]]\nnome = '{name}'\n");
    let outcome = tries(database, &last, &["--yes"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert_eq!(rows(database).await, 0);
    applies(database, FULL, &["--yes"]);
}

async fn senhas_are_those_of_new_users_unless_asked_for(database: &Database) {
    let user = "[[perfis]]\nnome = 'P'\nroot = true\n[[usuarios]]\nlogin = 'ana'\nperfil = 'P'\n";
    fs::create_dir(database.dir.path().join("senhas")).unwrap();
    fs::write(database.dir.path().join("senhas/ana"), "1234\r\n").unwrap();
    let in_file = format!("{user}senha_file = 'senhas/ana'\n");
    tries(database, user, &["--yes"]).fails(1, &["line 5: usuario 'ana': it is new, and needs senha_env = \"NAME\""]);
    applies(database, &in_file, &["--yes"]);
    let process = Process::serve(database);
    let token = process.token("ana").await;
    assert_eq!(process.get("/api/motivos", &token).await, 403);

    // Another one in the file counts only if it is asked for, and only once.
    fs::write(database.dir.path().join("senhas/ana"), "outra senha").unwrap();
    assert!(applies(database, &in_file, &["--yes"]).starts_with("nothing to change"));
    process.token("ana").await;
    let changed = "~ usuario 'ana': another senha; its tokens are revoked\nadded: 0, changed: 1, taken away: 0\n";
    assert_eq!(applies(database, &in_file, &["--yes", "--senhas"]), changed);
    let wrong = process.post("/api/usuario/login", "", json!({"login": "ana", "senha": "1234"})).await;
    assert_eq!(wrong.0, 401, "{wrong:?}");
    let right = process.post("/api/usuario/login", "", json!({"login": "ana", "senha": "outra senha"})).await;
    assert_eq!(right.0, 200, "{right:?}");
    assert!(applies(database, &in_file, &["--yes", "--senhas"]).starts_with("nothing to change"));
    process.stop();

    let env = format!("{user}senha_env = 'SENHA_TESTE'\n");
    assert!(applies(database, &env, &["--senhas", "--dry-run"]).starts_with(&changed[..30]));
    let path = database.dir.path().join("estado.toml");
    let args = ["estado", "aplicar", path.to_str().unwrap(), "--senhas"];
    for (value, complaint) in [
        (None, "line 5: usuario 'ana': senha_env: SENHA_TESTE is not set"),
        (Some(""), "line 5: usuario 'ana': the senha in SENHA_TESTE is empty"),
        (Some(&*"x".repeat(1025)), "the senha in SENHA_TESTE is too long; a senha has 1 to 1024 bytes"),
    ] {
        let settings: Vec<_> = value.map(|value| ("SENHA_TESTE", value)).into_iter().collect();
        run_with(database, &settings, &args, "").fails(1, &["nothing was changed:\n", complaint]);
    }
    tries(database, &in_file.replace("senhas/ana", "senhas/bia"), &["--senhas"])
        .fails(1, &["senhas/bia can't be read: "]);
    fs::write(database.dir.path().join("senhas/ana"), b"\xff\xfea\0").unwrap();
    tries(database, &in_file, &["--senhas"]).fails(1, &["senhas/ana is UTF-16"]);
}

async fn everything_that_is_wrong_with_a_file_is_told_at_once(database: &Database) {
    database.store().await.close().await;
    let file = r#"
        [[niveis]]
        nome = "Empresa"
        superoir = "x"
        [[niveis]]
        nome = "empresa"
        superior = "Supote"
        [[niveis]]
        nome = "Suporte"
        superior = "Filial"
        permissoes = ["alterar-statu", "consultar-status"]
        [[niveis]]
        nome = "Filial"
        superior = "suporte"
        [[perfis]]
        nome = "Dois"
        root = true
        nivel = "Empresa"
        [[perfis]]
        nome = "Nenhum"
        permissoes = "alterar-status"
        [[perfis]]
        root = true
        [[usuarios]]
        login = "ana"
        perfil = "Doiss"
        senha = "hunter2"
        [[usuarios]]
        login = "anonimo-7"
        perfil = "Dois"
        ativo = "sim"
        senha_env = "A"
        senha_file = "b"
        [[motivos]]
        nome = " "
        [[motivos]]
        nome = 5
        [motivo]
    "#;
    let outcome = tries(database, file, &["--yes"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
    let (head, faults) = outcome.stderr.split_once('\n').unwrap();
    assert!(head.starts_with("error: ") && head.ends_with("estado.toml is wrong:"), "{head}");
    let expected = [
        "line 4: there is no key 'superoir'; did you mean 'superior'?; there are: nome, superior, permissoes",
        "line 6: 'empresa' stands there twice, first in line 3; case does not count",
        "line 7: there is no nível 'Supote' in the file; did you mean 'Suporte'?",
        "line 11: there is no permission 'alterar-statu'; did you mean 'alterar-status'?; there are: ",
        "line 13: a nível is below itself: 'Filial' below 'Suporte', and again",
        "line 15: a perfil is on a nível, or root = true; keep one of them",
        "line 19: a perfil needs nivel = \"NAME\", or root = true",
        "line 21: permissoes has to be a list of texts in quotes",
        "line 22: nome is missing",
        "line 26: there is no perfil 'Doiss' in the file; did you mean 'Dois'?",
        "line 27: a senha does not belong into the file: write senha_env = \"NAME\"",
        "line 28: a login that begins with 'anonimo-' is that of an anonymised user",
        "line 28: the senha is in senha_env, or in senha_file; keep one of them",
        "line 31: ativo has to be true or false",
        "line 35: ' ' is not a name: give 1 to 255 characters",
        "line 37: nome has to be a text in quotes",
        "line 38: there is no key 'motivo'; did you mean 'motivos'?; there are: niveis, perfis, usuarios, motivos",
    ];
    let faults: Vec<&str> = faults.lines().collect();
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault}\n{expected}");
    }
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");

    for (text, complaint) in [
        ("[[usuarios]]\nlogin = 'a\nsenha = \"hunter2\n", "line 2: no TOML: "),
        ("a = 1\na = 2", "line 2: no TOML: duplicate key"),
        ("niveis = 5", "line 1: niveis has to be tables, each with [[niveis]] above it"),
        ("[niveis]\nnome = 'a'", "line 1: niveis has to be tables"),
        ("niveis = ['a']", "line 1: niveis has to be tables"),
        (&format!("[[motivos]]\nnome = '{}'", "x".repeat(256)), "line 2: 'xxxx"),
        (&format!("#{}", "x".repeat(4 * 1024 * 1024)), "it is longer than 4194304 bytes"),
    ] {
        let outcome = tries(database, text, &["--yes"]);
        outcome.fails(1, &[complaint]);
        assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
    }
    run(database, &["estado", "aplicar", "nowhere.toml"]).fails(1, &["nowhere.toml can't be read: "]);
    run_with(database, &[], &["estado", "aplicar", "-"], b"\xff\xfea\0").fails(1, &["standard input is UTF-16"]);
    assert_eq!(rows(database).await, 0);
}

async fn a_grant_needs_its_release(database: &Database) {
    let file = "[[niveis]]\nnome = 'N'\n[[perfis]]\nnome = 'P'\nnivel = 'N'\npermissoes = ['alterar-status']\n";
    let refusal = "line 4: perfil 'P': 'alterar-status' is not released to the nível 'N'; add it to the permissoes";
    tries(database, file, &["--yes"]).fails(1, &[refusal]);
    assert_eq!(rows(database).await, 0);
    run(database, &["nivel", "criar", "N"]);
    run(database, &["permissao", "liberar", "alterar-status", "--nivel", "N"]);
    // Of the server, as long as it is not taken back.
    tries(database, file, &["--yes", "--remover"]).fails(1, &[refusal]);
    applies(database, file, &["--yes"]);
    // One that has lost its release stays, as with the command.
    run(database, &["permissao", "recolher", "alterar-status", "--nivel", "N"]);
    assert!(applies(database, &shown(database), &["--remover"]).starts_with("nothing to change"));
}

async fn the_last_root_administrator_stays(database: &Database) {
    let root = "[[perfis]]\nnome = 'Raiz'\nroot = true\npermissoes = ['administrar-perfis', 'administrar-usuarios']\n\
                [[usuarios]]\nlogin = 'ana'\nperfil = 'Raiz'\nsenha_env = 'SENHA_TESTE'\n";
    applies(database, root, &["--yes"]);
    let all = rows(database).await;
    for less in [root.replace("'administrar-perfis', ", ""), format!("{root}ativo = false\n")] {
        complains(&tries(database, &less, &["--remover", "--yes"]), 1, &["takes the last root administrator away"]);
    }
    assert_eq!(rows(database).await, all);
    // Another one in the same file takes its place.
    let other = root.replace("'ana'", "'bia'") + "[[usuarios]]\nlogin = 'ana'\nperfil = 'Raiz'\nativo = false\n";
    applies(database, &other, &["--yes"]);
}

async fn two_at_once_are_never_half(database: &Database) {
    database.store().await.close().await;
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, FULL).unwrap();
    let path = path.to_str().unwrap();
    let both = join_all((0..2).map(|_| async {
        let mut command = program(database, &database.settings());
        command.env(SENHA.0, SENHA.1).args(["estado", "aplicar", path, "--yes"]);
        tokio::task::spawn_blocking(|| finish(command, "")).await.unwrap()
    }))
    .await;
    assert!(both.iter().any(|outcome| outcome.code == 0), "{both:?}");
    for outcome in both.iter().filter(|outcome| outcome.code != 0) {
        assert!(outcome.stderr.contains("somebody else has changed something meanwhile"), "{outcome:?}");
    }
    assert_eq!(told(database).len(), 11);
    assert!(applies(database, FULL, &[]).starts_with("nothing to change"));
}

async fn servers_come_up_as_the_file_of_the_setting_says(database: &Database) {
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, FULL.replace("user.api", "outro")).unwrap();
    let setting = ("STATE_FILE", path.to_str().unwrap());
    // Where nothing is there yet, several at once.
    let start = || Process::serve_logged(database, &[setting, SENHA]);
    let servers = thread::scope(|scope| [(); 3].map(|()| scope.spawn(start)).map(|server| server.join().unwrap()));
    let logs = servers.map(|(server, log)| {
        server.stop();
        log.join().unwrap()
    });
    let told_so = |text: &str| logs.iter().filter(|log| log.contains(text)).count();
    assert_eq!(told_so("brought about STATE_FILE: added: 11, changed: 0, taken away: 0;"), 1, "{logs:#?}");
    assert_eq!(told_so("the server is as STATE_FILE says"), 2, "{logs:#?}");
    assert!(!logs.concat().contains("outro"), "{logs:#?}");
    let all = rows(database).await;

    // What was done since then stays where the file does not say otherwise: nothing is removed, nobody comes back.
    run(database, &["motivo", "criar", "Outro"]);
    run(database, &["usuario", "desativar", "outro"]);
    let (server, log) = Process::serve_logged(database, &[setting]);
    server.stop();
    assert!(log.join().unwrap().contains("the server is as STATE_FILE says"));
    assert_eq!(rows(database).await, all + 3);

    for (text, complaints) in [
        ("[[niveis]]\n", &["STATE_FILE: ", "estado.toml is wrong:\nline 1: nome is missing"][..]),
        (FULL, &["nothing was changed:\n", "senha_env: SENHA_TESTE is not set"]),
    ] {
        fs::write(&path, text).unwrap();
        complains(&run_with(database, &[setting], &["serve"], ""), 1, complaints);
    }
    let check = run_with(database, &[("STATE_FILE", "nowhere.toml")], &["config", "check"], "");
    complains(&check, 1, &["STATE_FILE: nowhere.toml can't be read: "]);
    assert_eq!(rows(database).await, all + 3);
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
    a_state_goes_round,
    each_change_leaves_its_entry,
    what_a_file_does_not_name_stays_unless_it_is_to_go,
    anonymised_users_are_left_out_and_keep_their_perfil,
    it_is_all_or_nothing,
    senhas_are_those_of_new_users_unless_asked_for,
    everything_that_is_wrong_with_a_file_is_told_at_once,
    a_grant_needs_its_release,
    the_last_root_administrator_stays,
    two_at_once_are_never_half,
    servers_come_up_as_the_file_of_the_setting_says,
    a_backup_of_a_moved_nivel_is_restored,
}
