//! What `estado aplicar` refuses, and the senhas that it takes.

use std::fs;

use serde_json::json;

use super::estado::{FULL, applies, complains, rows, shown, tries};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, run, run_with};

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
    fs::write(database.dir.path().join("senhas/ana"), "uma senha\r\n").unwrap();
    let in_file = format!("{user}senha_file = 'senhas/ana'\n");
    tries(database, user, &["--yes"]).fails(1, &["line 5: usuario 'ana': it is new, and needs senha_env = \"NAME\""]);
    applies(database, &in_file, &["--yes"]);
    let process = Process::serve(database);
    let login =
        async |senha: &str| process.post("/api/usuario/login", "", json!({"login": "ana", "senha": senha})).await;
    let (_, answer) = login("uma senha").await;
    assert_eq!(process.get("/api/motivos", answer["accessToken"].as_str().unwrap()).await, 403);

    // Another one in the file counts only if it is asked for, and only once.
    fs::write(database.dir.path().join("senhas/ana"), "outra senha").unwrap();
    assert!(applies(database, &in_file, &["--yes"]).starts_with("nothing to change"));
    assert_eq!(login("uma senha").await.0, 200);
    let changed = "~ usuario 'ana': another senha; its tokens are revoked\nadded: 0, changed: 1, taken away: 0\n";
    assert_eq!(applies(database, &in_file, &["--yes", "--senhas"]), changed);
    let wrong = login("uma senha").await;
    assert_eq!(wrong.0, 401, "{wrong:?}");
    let right = login("outra senha").await;
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
        (Some(&*"\u{301}".repeat(9)), "the senha in SENHA_TESTE has only blanks; a senha has at least 8 characters"),
        (Some("1234567"), "the senha in SENHA_TESTE is too short; a senha has at least 8 characters"),
        (
            Some(&*"x".repeat(1025)),
            "the senha in SENHA_TESTE is too long; a senha has at least 8 characters, not only blanks, and at most 1024",
        ),
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
        (&format!("#{}", "x".repeat(4 * 1024 * 1024)), "estado.toml is longer than 4194304 bytes"),
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
        for flag in ["--yes", "--dry-run"] {
            complains(&tries(database, &less, &["--remover", flag]), 1, &["takes the last root administrator away"]);
        }
    }
    assert_eq!(rows(database).await, all);
    // Another one in the same file takes its place.
    let other = root.replace("'ana'", "'bia'") + "[[usuarios]]\nlogin = 'ana'\nperfil = 'Raiz'\nativo = false\n";
    applies(database, &other, &["--yes"]);
}

both_engines! {
    it_is_all_or_nothing,
    senhas_are_those_of_new_users_unless_asked_for,
    everything_that_is_wrong_with_a_file_is_told_at_once,
    a_grant_needs_its_release,
    the_last_root_administrator_stays,
}
