//! Where the program finds its database and its settings, and what it says of them.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, finish, program, run, run_with};

/// An address that no machine has, so that a server stops there.
const NOWHERE: (&str, &str) = ("BIND_ADDR", "192.0.2.1:9");

#[test]
fn a_command_that_creates_a_database_says_where() {
    let import = ["atendimento", "importar", "-"];
    for args in [&["nivel", "criar", "Empresa"][..], &["motivo", "criar", "Duplicado"], &["migrate"], &import] {
        let database = Database::sqlite();
        let file = fs::canonicalize(database.dir.path()).unwrap().join("data/citrus-status.db");
        let note = format!("note: created the database {}; there was none\n", file.display());
        let without_settings = || {
            let mut command = program(&database, &[]);
            command.args(args);
            finish(command, "x")
        };
        let first = without_settings();
        assert!(first.stderr.starts_with(&note), "{first:?}");
        assert!(!without_settings().stderr.contains("created"), "{args:?}");
    }
    let database = Database::sqlite();
    run_with(&database, &[NOWHERE], &["serve"], "").fails(1, &["created the database file=", "citrus-status.db"]);
}

/// Commands that find nothing in a new database.
const FIND_NOTHING: [&[&str]; 23] = [
    &["nivel", "listar"],
    &["permissao", "listar"],
    &["permissao", "liberar", "alterar-status", "--nivel", "Suporte"],
    &["permissao", "recolher", "alterar-status", "--nivel", "Suporte"],
    &["perfil", "conceder", "Integração", "alterar-status"],
    &["perfil", "revogar", "Integração", "alterar-status"],
    &["perfil", "listar"],
    &["usuario", "criar", "user.api", "--perfil", "Integração", "--senha-stdin"],
    &["usuario", "senha", "user.api", "--senha-stdin"],
    &["usuario", "ativar", "user.api"],
    &["usuario", "anonimizar", "user.api", "--yes"],
    &["usuario", "listar"],
    &["motivo", "desativar", "Duplicado"],
    &["motivo", "listar"],
    &["atendimento", "mostrar", "1"],
    &["atendimento", "listar"],
    &["atendimento", "exportar", "1"],
    &["atendimento", "anonimizar", "1", "--yes"],
    &["historico", "listar"],
    &["comentario", "expurgar", "--antes", "2025-01-01", "--yes"],
    &["comentario", "expurgar", "--antes", "2025-01-01", "--dry-run"],
    &["auditoria", "listar"],
    &["migrate", "--status"],
];

const ADVICE: &str = "run the command where the server's settings are, or set DATABASE_URL or DATA_DIR as they do; for a \
                      new database, run `citrus-status migrate` first\n";

async fn a_command_that_finds_nothing_in_a_new_database_refuses_it(database: &Database) {
    for args in FIND_NOTHING {
        let outcome = run_with(database, &[], args, "12345678");
        match database.engine {
            Engine::Sqlite => outcome.fails(1, &["the database /", " is not there (DATABASE_URL, environment); "]),
            // It is the server's answer which migrations are there.
            Engine::Postgres if args[0] == "migrate" => assert_eq!(outcome.code, 0, "{outcome:?}"),
            Engine::Postgres => outcome.fails(1, &[" has no tables of citrus-status (DATABASE_URL, environment); "]),
        }
        assert!(args[0] == "migrate" || outcome.stderr.ends_with(ADVICE), "{outcome:?}");
        assert!(!database.dir.path().join("citrus-status.db").exists(), "{args:?}");
    }
    run(database, &["nivel", "criar", "Suporte"]).prints("nível 'Suporte' created\n");
    run(database, &["usuario", "listar"]).prints("usuario_id  login  perfil  active\n");
}

#[test]
fn a_database_that_is_not_there_is_named_with_what_names_it() {
    let database = Database::sqlite();
    let dir = fs::canonicalize(database.dir.path()).unwrap();
    let dir = dir.display();
    let refused = |settings: &[(&str, &str)], flags: &[&str], place: &str| {
        let mut command = program(&database, &[]);
        command.envs(settings.iter().copied()).args(["usuario", "listar"]).args(flags);
        let outcome = finish(command, "");
        assert_eq!(outcome.stderr, format!("error: the database {place}; {ADVICE}"), "{outcome:?}");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
    };
    let file = format!("{dir}/data/citrus-status.db is not there");
    refused(&[], &[], &format!("{file} (the default: DATABASE_URL and DATA_DIR are not set; no .env)"));
    refused(&[("DATA_DIR", "x")], &[], &format!("{dir}/x/citrus-status.db is not there (DATA_DIR, environment)"));
    refused(&[], &["--data-dir", "x"], &format!("{dir}/x/citrus-status.db is not there (DATA_DIR, flag)"));
    fs::write(database.dir.path().join(".env"), "LOG_LEVEL=info\n").unwrap();
    refused(&[], &[], &format!("{file} (the default: DATABASE_URL and DATA_DIR are not set; {dir}/.env)"));
    fs::write(database.dir.path().join(".env"), "DATABASE_URL=sqlite://y.db\n").unwrap();
    refused(&[("DATA_DIR", "x")], &[], &format!("{dir}/y.db is not there (DATABASE_URL, {dir}/.env)"));
    let mut left: Vec<_> = fs::read_dir(database.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".env"]);
}

async fn a_server_says_at_the_start_what_it_is_and_on_what_it_runs(database: &Database) {
    fs::write(database.dir.path().join(".env"), "LOG_LEVEL=info\n").unwrap();
    let outcome = run_with(database, &[NOWHERE], &["serve"], "");
    let place = match database.engine {
        Engine::Sqlite => database.url.clone(),
        Engine::Postgres => ":***@".to_owned(),
    };
    let version = format!("starting version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let env = database.dir.path().join(".env");
    let settings = format!("; {}: LOG_LEVEL", fs::canonicalize(env).unwrap().display());
    outcome.fails(1, &[&version, &place, "flags: none; environment: DATABASE_URL ", &settings, "bind=\"192.0.2.1:9\""]);
    assert!(!outcome.stderr.contains("secret for the tests"));
    fs::remove_file(database.dir.path().join(".env")).unwrap();
    run_with(database, &[NOWHERE], &["serve"], "").fails(1, &["; no .env"]);
}

async fn a_check_connects_where_it_is_asked_to(database: &Database) {
    let check = |extra: &[(&str, &str)]| run_with(database, extra, &["config", "check", "--database"], "");
    let before = check(&[]);
    assert_eq!((before.code, before.stderr.as_str()), (0, ""), "{before:?}");
    let pending = match database.engine {
        Engine::Sqlite => "is not there yet; `citrus-status serve` or `migrate` creates it\n",
        Engine::Postgres => "migrations pending: 13; the next start applies them\n",
    };
    assert!(before.stdout.contains(pending), "{before:?}");
    run(database, &["migrate"]);
    let after = check(&[]);
    let engine = match database.engine {
        Engine::Sqlite => "\nthe database answers: SQLite 3.",
        Engine::Postgres => "\nthe database answers: PostgreSQL ",
    };
    assert!(after.code == 0 && after.stdout.contains(engine), "{after:?}");
    assert!(after.stdout.ends_with("\nits migrations are up to date\nthe settings are valid\n"), "{after:?}");
    let away = check(&[("DATABASE_URL", "postgres://user:hunter2@127.0.0.1:1/db")]);
    assert!(away.code == 1 && away.stderr.contains("the database is unavailable"), "{away:?}");
    assert!(!away.stderr.contains("hunter2") && !away.stdout.contains("hunter2"));
}

async fn a_probe_asks_where_the_settings_say(database: &Database) {
    let process = Process::serve(database);
    let port = process.address.rsplit_once(':').unwrap().1;
    for bind in ["127.0.0.1", "0.0.0.0", "[::]", "localhost"] {
        run_with(database, &[("BIND_ADDR", &format!("{bind}:{port}"))], &["probe"], "").prints("ready\n");
    }
    fs::write(database.dir.path().join(".env"), format!("BIND_ADDR=0.0.0.0:{port}\n")).unwrap();
    let mut command = program(database, &[]);
    command.arg("probe");
    finish(command, "").prints("ready\n");
    run_with(database, &[("BIND_ADDR", "127.0.0.1:0")], &["probe"], "").fails(2, &["name it with --url"]);
    run_with(database, &[("BIND_ADDR", "127.0.0.1:1")], &["probe"], "")
        .fails(1, &["http://127.0.0.1:1/health/ready can't be reached"]);
}

#[test]
fn a_probe_takes_addresses_of_ipv6() {
    let database = Database::sqlite();
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(request.contains(&format!("\r\nHost: [::1]:{port}\r\n")), "{request}");
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        }
    });
    run(&database, &["probe", "--url", &format!("http://[::1]:{port}/health/ready")]).prints("ready\n");
    run_with(&database, &[("BIND_ADDR", &format!("[::1]:{port}"))], &["probe"], "").prints("ready\n");
    serving.join().unwrap();
}

/// `words` as a user that may write nothing of root's.
fn unprivileged(words: &[&str]) -> (Command, u32) {
    let own = fs::metadata("/proc/self").unwrap().uid();
    let wrapper: &[&str] =
        if own == 0 { &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] } else { &[] };
    let words = [wrapper, &[env!("CARGO_BIN_EXE_citrus-status")], words].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    (command, if own == 0 { 65534 } else { own })
}

#[test]
fn a_directory_that_cannot_be_written_is_named_with_the_user() {
    let database = Database::sqlite();
    let data = database.dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let close = || {
        for dir in [database.dir.path(), &data] {
            fs::set_permissions(dir, Permissions::from_mode(0o555)).unwrap();
        }
    };
    let named = |args: &[&str], path: &std::path::Path| {
        let (mut command, user) = unprivileged(args);
        command.env_clear().env("BIND_ADDR", NOWHERE.1).current_dir(database.dir.path());
        let outcome = finish(command, "");
        let user = format!("this process runs as user {user}; ");
        outcome.fails(1, &[path.to_str().unwrap(), "Permission denied", &user]);
        outcome.stderr.lines().last().unwrap().split_once(&user).unwrap().1.to_owned()
    };
    close();
    let data = fs::canonicalize(&data).unwrap();
    for args in [&["serve"][..], &["nivel", "criar", "Empresa"]] {
        let cure = named(args, &data);
        assert!(cure.starts_with("give it to that user, with chown -R ") && cure.contains("for a container"), "{cure}");
    }
    let elsewhere = data.parent().unwrap().join("elsewhere");
    let cure = named(&["nivel", "criar", "Empresa", "--data-dir", "elsewhere"], &elsewhere);
    assert_eq!(cure, "name another with --data-dir");
    // It may be there: the directory does not say.
    let closed = Permissions::from_mode(0o000);
    fs::set_permissions(&data, closed).unwrap();
    named(&["usuario", "listar"], &data);
    fs::set_permissions(database.dir.path(), Permissions::from_mode(0o755)).unwrap();
}

both_engines! {
    a_command_that_finds_nothing_in_a_new_database_refuses_it,
    a_server_says_at_the_start_what_it_is_and_on_what_it_runs,
    a_check_connects_where_it_is_asked_to,
    a_probe_asks_where_the_settings_say,
}
