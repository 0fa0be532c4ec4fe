//! `demo`: what it prints works as printed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, finish, program};

/// Where the environment says the database is. It never counts.
const ELSEWHERE: (&str, &str) = ("DATABASE_URL", "postgres://nobody:x@127.0.0.1:1/none");

/// An address that no machine has, so that a demo that should have refused stops all the same.
const NOWHERE: &str = "192.0.2.1:0";

/// `demo` with `args`.
fn demo(database: &Database, bind: &str, args: &[&str]) -> Command {
    let settings = [(ELSEWHERE.0.to_owned(), ELSEWHERE.1.to_owned())];
    let mut command = program(database, &settings);
    command.args(["demo", "--bind", bind]).args(args);
    command
}

/// A demo that listens, and what it printed.
struct Demo(Process);

impl Demo {
    fn start(database: &Database, args: &[&str]) -> Self {
        let mut process = Process::start(demo(database, "127.0.0.1:0", args));
        process.says("Ctrl-C");
        Self(process)
    }

    /// The printed line that contains `part`.
    fn line(&self, part: &str) -> &str {
        self.0.seen.lines().find(|line| line.contains(part)).unwrap()
    }

    /// Runs the printed commands, in the shell of somebody who has a real installation in mind, too.
    fn follow(&self) {
        assert!(self.0.seen.contains("The passwords are PUBLIC"), "{}", self.0.seen);
        let [login, change, show] = ["TOKEN=", "Bearer $TOKEN", "atendimento mostrar"].map(|part| self.line(part));
        let script = format!("{login}\n{change}\n{show} --json");
        let output = Command::new("bash").args(["-ec", &script]).env(ELSEWHERE.0, ELSEWHERE.1).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (message, record) = stdout.split_once('}').unwrap();
        assert_eq!(message, r#"{"message":"Atendimento atualizado com sucesso""#);
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        assert_eq!(record["status"], "Finalizado");
        assert_eq!(record["historico"].as_array().unwrap().len(), 1);
        assert_eq!(record["comentarios"][0]["texto"], "Resolvido");
    }

    /// Runs the printed commands of the sandbox, after `follow`.
    fn try_sandbox(&self) {
        let [fail, lose, reset, show] =
            ["X-Sandbox-Falha", "/sandbox/falhas", "/sandbox/reset", "atendimento mostrar"].map(|part| self.line(part));
        let script = format!("{fail}\n{lose}\n{reset}\n{show} --json");
        let output = Command::new("bash").args(["-ec", &script]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.starts_with(r#"{"message":"JWT expired at "#), "{stdout}");
        assert!(stdout.contains(r#""modo":"perdida","codigo":"reset","vezes":1"#), "{stdout}");
        let (_, record) = stdout.split_once(r#"{"message":"Dados de exemplo restaurados"}"#).unwrap();
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        assert_eq!((&record["status"], &record["historico"]), (&json!("Aberto"), &json!([])));
    }

    /// Stops it as Ctrl-C does.
    fn stop(self) {
        self.0.signal("INT");
        assert_eq!(self.0.wait(), Some(0));
    }
}

/// Without the flag it is on SQLite, whatever database the environment names.
#[tokio::test(flavor = "multi_thread")]
async fn its_printed_commands_work_in_a_shell() {
    let database = Database::sqlite();
    let demo = Demo::start(&database, &[]);
    demo.follow();
    demo.try_sandbox();
    let shown = demo.line("atendimento mostrar");
    let file = shown.split_whitespace().next().unwrap().strip_prefix("DATABASE_URL=sqlite://").unwrap();
    let data_dir = std::path::Path::new(file).parent().unwrap().to_owned();
    let mode = std::fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "others can look into the temporary directory");
    demo.stop();
    assert!(!data_dir.exists(), "the temporary directory stays behind");
}

/// Checks that `demo --database-url` says what to do instead, and leaves `usuarios` users.
async fn refuses(database: &Database, usuarios: i64) {
    let instead = match database.engine {
        Engine::Sqlite => "run `citrus-status serve` on it",
        Engine::Postgres => "make a new database for it, or run `citrus-status serve` on this one",
    };
    finish(demo(database, NOWHERE, &["--database-url", &database.url]), "").fails(1, &[instead]);
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, usuarios);
}

async fn it_runs_on_the_empty_database_of_the_flag(database: &Database) {
    let alone = Database::alone(database.engine).await.unwrap();
    let database = &alone;
    let demo = Demo::start(database, &["--database-url", &database.url]);
    demo.follow();
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
    demo.try_sandbox();
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    demo.stop();
    // Once is enough: what is there now may be a real installation.
    refuses(database, 3).await;
    alone.remove().await;
}

/// Names that a shell, JSON and TOML write in different ways.
const ESTADO: &str = r#"
[[niveis]]
nome = "Suporte"
permissoes = ["alterar-status"]

[[perfis]]
nome = "Integração"
nivel = "Suporte"
permissoes = ["alterar-status"]

[[perfis]]
nome = "Consulta"
root = true

[[usuarios]]
login = "ana"
perfil = "Consulta"
senha_env = "SENHA_QUE_NINGUEM_TEM"

[[usuarios]]
login = "o'brien \"x\""
perfil = "Integração"
senha = "it's \"$1\\"

[[motivos]]
nome = "Duplicado"

[[motivos]]
nome = "Antigo"
ativo = false
"#;

async fn it_begins_with_files(database: &Database) {
    let alone = Database::alone(database.engine).await.unwrap();
    let [estado, atendimentos] = ["estado.toml", "atendimentos.csv"].map(|name| alone.dir.path().join(name));
    fs::write(&estado, ESTADO).unwrap();
    fs::write(&atendimentos, "protocolo,status\nit's \"1\",Aberto\nX2,Cancelado\n").unwrap();
    let [estado, atendimentos] = [&estado, &atendimentos].map(|path| path.to_str().unwrap());
    let args = ["--database-url", &alone.url, "--estado", estado, "--atendimentos", atendimentos];
    let demo = Demo::start(&alone, &args);
    demo.line(r#"  o'brien "x" / it's "$1\    on the perfil Integração"#);
    demo.line("atendimentos: 2, such as it's \"1\"");
    demo.follow();
    // A senha from elsewhere is not read: that of the examples takes its place.
    demo.line("  ana / 1234    on the perfil Consulta");
    let address = demo.line("citrus-status demo on http://").rsplit_once('/').unwrap().1.to_owned();
    let ana = json!({"login": "ana", "senha": "1234"}).to_string();
    let login = reqwest::Client::new().post(format!("http://{address}/api/usuario/login")).body(ana);
    assert_eq!(login.send().await.unwrap().status(), 200);
    alone.execute("UPDATE motivo SET ativo = NOT ativo").await;
    alone.execute("DELETE FROM atendimento WHERE protocolo = 'X2'").await;
    demo.try_sandbox();
    let restored = "SELECT count(*) FROM motivo WHERE ativo AND nome = 'Duplicado' OR NOT ativo AND nome = 'Antigo'";
    assert_eq!(alone.number(restored).await, 2);
    assert_eq!(alone.number("SELECT count(*) FROM motivo").await, 2);
    assert_eq!(alone.number("SELECT count(*) FROM atendimento WHERE protocolo = 'X2' AND status = 3").await, 1);
    assert_eq!(alone.number("SELECT count(*) FROM atendimento").await, 2);
    assert_eq!(alone.number("SELECT count(*) FROM usuario").await, 2);
    demo.stop();
    alone.remove().await;
}

/// What a file leaves out is the example's.
#[tokio::test(flavor = "multi_thread")]
async fn it_begins_with_one_file_and_the_rest_of_the_example() {
    let database = Database::sqlite();
    let file = database.dir.path().join("atendimentos.ndjson");
    fs::write(&file, "{\"protocolo\": \"7\", \"status\": \"Aberto\"}\n").unwrap();
    let demo = Demo::start(&database, &["--atendimentos", file.to_str().unwrap()]);
    demo.line("user.api / 1234");
    demo.follow();
    demo.stop();
    let file = database.dir.path().join("estado.toml");
    fs::write(&file, ESTADO).unwrap();
    let demo = Demo::start(&database, &["--estado", file.to_str().unwrap()]);
    demo.line("atendimentos 20221104000001 to 20221104000030");
    demo.follow();
    demo.stop();
    // Nobody, and nothing.
    fs::write(&file, "").unwrap();
    let rows = database.dir.path().join("none.csv");
    fs::write(&rows, "protocolo,status\n").unwrap();
    let none = ["--estado", file.to_str().unwrap(), "--atendimentos", rows.to_str().unwrap()];
    let demo = Demo::start(&database, &none);
    demo.line("atendimentos: 0");
    let reset = Command::new("bash").args(["-ec", demo.line("/sandbox/reset")]).output().unwrap();
    assert!(String::from_utf8_lossy(&reset.stdout).contains("Dados de exemplo restaurados"), "{reset:?}");
    demo.stop();
}

#[test]
fn it_refuses_files_that_are_wrong() {
    let database = Database::sqlite();
    let file = database.dir.path().join("wrong");
    let with = |flag: &str, text: &str| {
        fs::write(&file, text).unwrap();
        let mut command = demo(&database, NOWHERE, &[flag, file.to_str().unwrap()]);
        command.env("TMPDIR", database.dir.path());
        finish(command, "")
    };
    with("--estado", "[[niveis]]\nnome = 5\n").fails(1, &["wrong is wrong:\nline 2: nome has to be a text in quotes"]);
    with("--estado", "[[usuarios]]\nlogin = 'a'\nperfil = 'P'\n")
        .fails(1, &["line 3: there is no perfil 'P' in the file"]);
    with("--atendimentos", "protocolo,status\n1,Feito\n").fails(1, &["nothing was imported"]);
    assert_eq!(fs::read_dir(database.dir.path()).unwrap().count(), 1, "the temporary directory stays behind");
}

async fn it_refuses_a_database_with_migrations_or_other_tables(database: &Database) {
    database.store().await.close().await;
    refuses(database, 0).await;
    database.execute("DROP TABLE _sqlx_migrations").await;
    refuses(database, 0).await;
}

async fn its_data_goes_to_one_place(database: &Database) {
    let args = ["--database-url", &database.url, "--data-dir", database.dir.path().to_str().unwrap()];
    finish(demo(database, NOWHERE, &args), "").fails(2, &["both say where the data goes; keep one"]);
    assert_eq!(std::fs::read_dir(database.dir.path()).unwrap().count(), 0);
}

/// Its own schema may be empty, and the database hold somebody's installation.
#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_database_whose_tables_are_in_another_schema() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    database.execute("CREATE SCHEMA empty; CREATE SCHEMA real; CREATE TABLE real.atendimento (id integer)").await;
    for search_path in ["public", "empty", "nowhere", "empty,public"] {
        let url = format!("{}?options=-c%20search_path%3D{search_path}", database.url);
        finish(demo(&database, NOWHERE, &["--database-url", &url]), "").fails(1, &["make a new database for it"]);
    }
    let ours = "SELECT count(*) FROM pg_tables WHERE tablename IN ('usuario', '_sqlx_migrations')";
    assert_eq!(database.number(ours).await, 0);
    database.remove().await;
}

/// What it prints can be pasted wherever the data is.
#[tokio::test(flavor = "multi_thread")]
async fn its_printed_commands_work_with_a_directory_that_would_steer_a_terminal() {
    let database = Database::sqlite();
    let dir = database.dir.path().join("it's\u{1b}[2J\u{202e}\n\u{e9} x");
    let demo = Demo::start(&database, &["--data-dir", dir.to_str().unwrap()]);
    let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!demo.0.seen.contains(steers), "{:?}", demo.0.seen);
    demo.follow();
    demo.stop();
}

/// The password of a database stands on no screen.
#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_repeat_a_password() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    let separator = if database.url.contains('?') { '&' } else { '?' };
    let demo = Demo::start(&database, &["--database-url", &format!("{}{separator}password=hunter2", database.url)]);
    assert!(demo.line("atendimento mostrar").starts_with("DATABASE_URL=… "), "{}", demo.0.seen);
    assert!(!demo.0.seen.contains("hunter2"), "{}", demo.0.seen);
    demo.stop();
    database.remove().await;
}

#[test]
fn it_listens_where_the_setting_says_unless_the_flag_does() {
    let database = Database::sqlite();
    let nowhere = |bind: &[&str]| {
        let mut command = program(&database, &[("BIND_ADDR".to_owned(), "192.0.2.1:9".to_owned())]);
        command.arg("demo").args(bind);
        finish(command, "")
    };
    nowhere(&[]).fails(1, &["can't listen on 192.0.2.1:9"]);
    nowhere(&["--bind", "192.0.2.1:10"]).fails(1, &["can't listen on 192.0.2.1:10"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_never_touches_a_database_that_is_there() {
    let database = Database::sqlite();
    database.store().await.close().await;
    let command = demo(&database, NOWHERE, &["--data-dir", database.dir.path().to_str().unwrap()]);
    finish(command, "").fails(1, &["exists already, and the demo needs an empty directory"]);
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_example_data_is_complete() {
    let database = Database::sqlite();
    let store = database.example().await;
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 30);
    for (protocolo, status) in (20_221_104_000_001_u64..).zip([1, 2, 3, 4, 5, 1, 1]) {
        let stored = format!("SELECT status FROM atendimento WHERE protocolo = '{protocolo}'");
        assert_eq!(database.number(&stored).await, status);
    }
    let last = "SELECT status FROM atendimento WHERE protocolo = '20221104000030'";
    assert_eq!(database.number(last).await, 1);
    let logins: Vec<String> = store.usuarios().await.unwrap().into_iter().map(|u| u.login).collect();
    assert_eq!(logins, ["admin", "user.api", "user.sem.permissao"]);
    let motivos: Vec<String> = store.motivos().await.unwrap().into_iter().map(|m| m.nome).collect();
    assert_eq!(motivos, ["Aberto por engano", "Atendimento já finalizado", "Duplicado", "Fora do escopo"]);
    store.close().await;
}

async fn serve_has_no_sandbox(database: &Database) {
    let store = database.example().await;
    let process = Process::serve(database);
    let reset = process.post("/sandbox/reset", "", "").await;
    assert_eq!(reset, (404, json!({"message": "Recurso não encontrado"})));
    for (name, value) in [("X-Sandbox-Falha", "failed"), ("X-Sandbox-Atraso", "x")] {
        let live = process.request(Method::GET, "/health/live", "").header(name, value).send().await.unwrap();
        assert_eq!((live.status().as_u16(), live.text().await.unwrap().as_str()), (200, r#"{"message":"OK"}"#));
    }
    store.close().await;
}

both_engines! {
    it_runs_on_the_empty_database_of_the_flag,
    it_begins_with_files,
    it_refuses_a_database_with_migrations_or_other_tables,
    its_data_goes_to_one_place,
    serve_has_no_sandbox,
}
