//! The way in to a server that nobody has set up.

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, listed, run, run_with};

const CRIAR: [&str; 5] = ["usuario", "criar", "admin", "--administrador", "--senha-stdin"];
const SENHA: &str = "uma senha comprida";

async fn a_server_without_users_says_how_to_make_the_first_one(database: &Database) {
    let mut server = Process::serve_unread(database, &[]);
    let line = server.says("nobody can log in");
    let (_, command) = line.split_once("citrus-status ").unwrap();
    let (command, place) = command.split_once("; ").unwrap();
    assert_eq!(place.trim(), "then sign in at /console in a browser");
    let mut args: Vec<&str> = command.split(' ').collect();
    assert_eq!(args, CRIAR[..4]);
    args.push("--senha-stdin");
    run_with(database, &[], &args, SENHA).prints("usuario 'admin' created, a root administrator\n");

    // It can do all the rest, on the server that runs.
    let (status, answer) = server.post("/api/usuario/login", "", json!({"login": "admin", "senha": SENHA})).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["accessToken"].as_str().unwrap();
    let made = server.post("/api/admin/niveis", token, json!({"nome": "Suporte"})).await;
    assert_eq!((made.0, &made.1["nome"]), (201, &json!("Suporte")));
    let deactivated = server.request(Method::POST, "/api/admin/usuarios/1/desativar", token).send().await.unwrap();
    assert_eq!(deactivated.status(), 409);

    // Told apart from a server that has users.
    let (server, log) = Process::serve_logged(database, &[]);
    server.stop();
    assert!(!log.join().unwrap().contains("nobody can log in"));
}

async fn the_perfil_of_administrators_is_made_once(database: &Database) {
    run_with(database, &[], &CRIAR, SENHA).prints("usuario 'admin' created, a root administrator\n");
    run_with(database, &[], &CRIAR, SENHA).fails(1, &["usuario 'admin' exists already"]);
    let other = ["usuario", "criar", "bia", "--administrador", "--senha-stdin"];
    run_with(database, &[], &other, SENHA).prints("usuario 'bia' created, a root administrator\n");
    let perfis = listed(database, &["perfil", "listar"]);
    assert_eq!(perfis.as_array().unwrap().len(), 1);
    assert_eq!(perfis[0]["permissoes"].as_array().unwrap().len(), 13, "{perfis}");
    let entries = listed(database, &["auditoria", "listar"]);
    let actions: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["acao"].as_str().unwrap()).collect();
    assert_eq!(actions, ["usuario.criar", "usuario.criar", "perfil.conceder", "perfil.criar"]);
}

async fn a_perfil_of_others_raises_nobody(database: &Database) {
    run(database, &["perfil", "criar", "Administrador", "--root"]);
    run_with(database, &[], &CRIAR, SENHA).fails(1, &["the perfil 'Administrador' is there", "name another one"]);
    run(database, &["perfil", "conceder", "Administrador", "administrar-perfis", "administrar-usuarios"]);
    run_with(database, &[], &CRIAR, SENHA).prints("usuario 'admin' created, a root administrator\n");
    run(database, &["nivel", "criar", "Suporte"]);
    run(database, &["perfil", "criar", "Chefia", "--nivel", "Suporte"]);
    let named = |login, perfil| ["usuario", "criar", login, "--administrador", "--perfil", perfil, "--senha-stdin"];
    run_with(database, &[], &named("bia", "Chefia"), SENHA).fails(1, &["the perfil 'Chefia' is there"]);
    run_with(database, &[], &named("bia", "Raiz"), SENHA).prints("usuario 'bia' created, a root administrator\n");
}

both_engines! {
    a_server_without_users_says_how_to_make_the_first_one,
    the_perfil_of_administrators_is_made_once,
    a_perfil_of_others_raises_nobody,
}
