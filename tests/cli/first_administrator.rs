//! The way in to a server that nobody has set up.

use std::process::Command;

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, finish, listed, program, run, run_with};

const CRIAR: [&str; 5] = ["usuario", "criar", "admin", "--administrador", "--senha-stdin"];
const SENHA: &str = "uma senha comprida";

/// What is said where `login` was made.
fn made(login: &str) -> String {
    format!(
        "usuario '{login}' created, a root administrator\n\
         next: sign in as '{login}' at the console of `citrus-status serve`; \
         its log has the address\n"
    )
}

async fn a_server_without_users_says_how_to_make_the_first_one(database: &Database) {
    let mut server = Process::serve_unread(database, &[]);
    let line = server.says("nobody can log in");
    let (_, told) = line.split_once("make the first administrator: ").unwrap();
    let (command, place) = told.split_once("; ").unwrap();
    let sign_in = format!("then sign in at http://{}/console in a browser", server.address);
    assert_eq!(place.trim(), sign_in);
    let with =
        format!("with the server's own database (DATABASE_URL, environment), {} ", env!("CARGO_BIN_EXE_citrus-status"));
    let mut args: Vec<&str> = command.strip_prefix(&with).unwrap().split(' ').collect();
    assert_eq!(args, CRIAR[..4]);
    args.push("--senha-stdin");
    let sign_in = server.request(Method::GET, "/console/entrar", "").send().await.unwrap().text().await.unwrap();
    assert!(sign_in.contains("ainda não tem usuários"), "{sign_in}");
    run_with(database, &[], &args, SENHA).prints(&made("admin"));
    let sign_in = server.request(Method::GET, "/console/entrar", "").send().await.unwrap().text().await.unwrap();
    assert!(!sign_in.contains("ainda não tem usuários"), "{sign_in}");

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

/// In any directory, and in a shell that knows nothing of the server's settings.
async fn the_command_that_is_told_works_as_it_stands(_: &Database) {
    let database = Database::sqlite();
    let data = database.dir.path().join("os dados d'água");
    let settings = [("DATA_DIR", data.to_str().unwrap()), ("BIND_ADDR", "127.0.0.1:0")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut server = Process::start({
        let mut command = program(&database, &settings);
        command.arg("serve");
        command
    });
    let line = server.says("nobody can log in");
    let (_, command) = line.split_once("make the first administrator: ").unwrap();
    let typed = command.split("; ").next().unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec {typed} --senha-stdin")]);
    shell.env_clear().current_dir(database.dir.path());
    let outcome = finish(shell, SENHA);
    assert!(outcome.code == 0 && outcome.stdout.starts_with("usuario 'admin' created"), "{outcome:?}");
    server.stop();
}

/// Elsewhere, and without the settings that it names, it makes no other database and no user in one.
async fn the_command_that_is_told_makes_no_other_database(database: &Database) {
    let mut server = Process::serve_unread(database, &[]);
    let line = server.says("nobody can log in");
    let (_, told) = line.split_once("environment), ").unwrap();
    let typed = told.split("; ").next().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec {typed} --senha-stdin")]).env_clear().current_dir(elsewhere.path());
    let helps = "run the command where the server's settings are, or set DATABASE_URL or DATA_DIR as they do; \
                 for a new database, run `citrus-status migrate` first";
    finish(shell, SENHA).fails(1, &["the database ", " is not there (", helps]);
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    server.stop();
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, 0);
}

async fn the_perfil_of_administrators_is_made_once(database: &Database) {
    run_with(database, &[], &CRIAR, SENHA).fails(1, &["run `citrus-status migrate` first"]);
    run(database, &["migrate"]);
    run_with(database, &[], &CRIAR, SENHA).prints(&made("admin"));
    let told = ["usuario 'admin' exists already, a root administrator: sign in at the console of the server; "];
    run_with(database, &[], &CRIAR, SENHA).fails(1, &told);
    let told = ["`citrus-status usuario senha 'admin'` sets a new senha; give another login"];
    run_with(database, &[], &CRIAR, SENHA).fails(1, &told);
    let other = ["usuario", "criar", "bia", "--administrador", "--senha-stdin"];
    run_with(database, &[], &other, SENHA).prints(&made("bia"));
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
    run_with(database, &[], &CRIAR, SENHA).prints(&made("admin"));
    run(database, &["nivel", "criar", "Suporte"]);
    run(database, &["perfil", "criar", "Chefia", "--nivel", "Suporte"]);
    let named = |login, perfil| ["usuario", "criar", login, "--administrador", "--perfil", perfil, "--senha-stdin"];
    run_with(database, &[], &named("bia", "Chefia"), SENHA).fails(1, &["the perfil 'Chefia' is there"]);
    run_with(database, &[], &named("bia", "Raiz"), SENHA).prints(&made("bia"));
}

async fn a_login_that_is_taken_says_by_whom(database: &Database) {
    run(database, &["perfil", "criar", "Consulta", "--root"]);
    run_with(database, &[], &["usuario", "criar", "admin", "--perfil", "Consulta", "--senha-stdin"], SENHA);
    let told =
        ["usuario 'admin' exists already, on the perfil 'Consulta', which is not one of root administrators; give"];
    run_with(database, &[], &CRIAR, SENHA).fails(1, &told);
    for login in ["bia", "cris"] {
        run_with(database, &[], &["usuario", "criar", login, "--administrador", "--senha-stdin"], SENHA);
    }
    run(database, &["usuario", "desativar", "bia"]);
    let told = ["a root administrator who is deactivated: `citrus-status usuario ativar 'bia'` activates it"];
    run_with(database, &[], &["usuario", "criar", "Bia", "--administrador", "--senha-stdin"], SENHA).fails(1, &told);
}

async fn a_root_administrator_has_a_senha_that_nobody_guesses(database: &Database) {
    run(database, &["migrate"]);
    for short in ["1234", "1234567", "ããããããã"] {
        let told = ["the senha is too short; a senha has at least 8 characters"];
        run_with(database, &[], &CRIAR, short).fails(1, &told);
    }
    assert_eq!(listed(database, &["usuario", "listar"]), json!([]));
    assert_eq!(listed(database, &["perfil", "listar"]), json!([]));
    run_with(database, &[], &CRIAR, "12345678").prints(&made("admin"));
    let told = ["the senha is too short; a senha has at least 8 characters"];
    run_with(database, &[], &["usuario", "senha", "admin", "--senha-stdin"], "1234").fails(1, &told);
    let off = [("CONSOLE", "false")];
    run_with(database, &off, &["usuario", "criar", "bia", "--administrador", "--senha-stdin"], SENHA).prints(
        "usuario 'bia' created, a root administrator\n\
         next: log in by POST /api/usuario/login; the console is switched off (CONSOLE=false)\n",
    );
}

both_engines! {
    a_login_that_is_taken_says_by_whom,
    a_root_administrator_has_a_senha_that_nobody_guesses,
    a_server_without_users_says_how_to_make_the_first_one,
    the_command_that_is_told_works_as_it_stands,
    the_command_that_is_told_makes_no_other_database,
    the_perfil_of_administrators_is_made_once,
    a_perfil_of_others_raises_nobody,
}
