//! `estado aplicar`: what a file leaves out, and users that are anonymised.

use std::fs;

use serde_json::json;

use super::estado::{FULL, applies, complains, shown, tries};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{listed, run, run_with};

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

async fn a_file_that_names_an_anonymised_login_is_told_of(database: &Database) {
    applies(database, FULL, &["--yes"]);
    let path = database.dir.path().join("estado.toml");
    let setting = ("STATE_FILE", path.to_str().unwrap());
    let anonymise = |login: &str| run_with(database, &[setting], &["usuario", "anonimizar", login, "--yes"], "");
    // The command says where the login still stands, and the start that would need its senha says why there is none.
    let named = anonymise("USER.API");
    let note = format!("note: {} (STATE_FILE) still names 'user.api'; take it out", path.display());
    assert!(named.code == 0 && named.stderr.contains(&note), "{named:?}");
    let told = "usuario 'user.api': senha_env: SENHA_TESTE is not set, or no text; nobody has this login; \
                if its user was anonymised, take it out of the file";
    complains(&run_with(database, &[setting], &["serve"], ""), 1, &[told]);
    fs::write(&path, FULL.replace("user.api", "outro")).unwrap();
    let unnamed = anonymise("antigo");
    assert!(unnamed.stderr.contains("still names 'antigo'"), "{unnamed:?}");
    let again = anonymise("anonimo-1");
    assert!(again.code == 0 && !again.stderr.contains("STATE_FILE"), "{again:?}");
    // A file that cannot be read stands in nobody's way.
    fs::write(&path, "[[niveis]]\n").unwrap();
    let unread = anonymise("anonimo-2");
    assert!(unread.code == 0 && unread.stderr.contains("note: STATE_FILE: "), "{unread:?}");
}

both_engines! {
    what_a_file_does_not_name_stays_unless_it_is_to_go,
    anonymised_users_are_left_out_and_keep_their_perfil,
    a_file_that_names_an_anonymised_login_is_told_of,
}
