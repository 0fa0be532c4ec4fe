//! Nothing that the program is given steers the terminal on which it answers.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;

use serde_json::Value;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, finish, program, run, run_with};

/// What moves the cursor, ends a line or turns the direction of writing: C0 and DEL, C1, and marks of Unicode.
const WORDS: [&str; 3] = [
    "a\u{7}\u{8}\t\u{1b}[2J\u{7f}\r\nforjada",
    "a\u{85}\u{90}\u{9b}2J\u{9d}forjada",
    "a\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2067}\u{2069}forjada",
];

fn steers(c: char) -> bool {
    WORDS[2][1..].contains(c) && !c.is_ascii() || c.is_control()
}

/// Checks that `outcome` shows the word and nothing that steers, and begins no line with it.
#[track_caller]
fn is_tame(outcome: &Outcome, what: &str) {
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(|c| c != '\n' && steers(c)), "{what}: {outcome:?}");
        assert!(!text.lines().any(|line| line.starts_with("forjada")), "{what}: {outcome:?}");
    }
}

#[test]
fn arguments_steer_no_terminal() {
    let database = Database::sqlite();
    for word in WORDS {
        let flag = format!("--{word}");
        let calls: [&[&str]; 27] = [
            &[word],
            &[&flag],
            &["nivel", word],
            &["serve", &flag],
            &["serve", word],
            &["serve", "--bind", word],
            &["nivel", "criar", word],
            &["nivel", "criar", "x", "--superior", word],
            &["perfil", "criar", "x", "--nivel", word],
            &["perfil", "conceder", word, "alterar-status"],
            &["permissao", "liberar", word, "--nivel", "x"],
            &["permissao", "liberar", "alterar-status", word, "--nivel", "x"],
            &["usuario", "desativar", word],
            &["usuario", "perfil", word, word],
            &["historico", "listar", "--desde", word],
            &["historico", "listar", "--usuario", word],
            &["atendimento", "listar", "--status", word],
            &["motivo", "desativar", word],
            &["atendimento", "mostrar", word],
            &["atendimento", "criar", "1", "--status", word],
            &["atendimento", "importar", word],
            &["probe", "--url", word],
            &["probe", "--url", &format!("http://127.0.0.1:1/{word}")],
            &["conferir", "--base-url", word],
            &["conferir", "--pular", word],
            &["demo", "--database-url", word],
            &["demo", "--database-url", &format!("sqlite://{word}/none/x.db"), "--bind", "192.0.2.1:1"],
        ];
        for call in calls {
            let outcome = run(&database, call);
            is_tame(&outcome, &format!("{call:?}"));
        }
    }
}

#[test]
fn its_own_name_steers_no_terminal() {
    let database = Database::sqlite();
    for word in WORDS {
        let mut command = program(&database, &[]);
        command.arg0(word).arg("--help");
        is_tame(&finish(command, ""), word);
    }
}

#[test]
fn settings_steer_no_terminal() {
    let database = Database::sqlite();
    for word in WORDS {
        let file = format!("sqlite:///dev/null/{word}");
        let there = format!("sqlite://{}/{word}.db", database.dir.path().display());
        std::fs::write(database.dir.path().join(format!("{word}.db")), "x").unwrap();
        let calls: [(&str, &str, &[&str]); 12] = [
            ("BIND_ADDR", &format!("{word}:1"), &["serve"]),
            ("BIND_ADDR", word, &["config", "check"]),
            ("LOG_LEVEL", word, &["serve"]),
            ("LOG_FORMAT", word, &["serve"]),
            ("JWT_ISSUER", word, &["config", "check"]),
            ("TRUSTED_PROXIES", word, &["serve"]),
            ("JWT_ACCEPTED_SECRETS_FILE", word, &["serve"]),
            ("DATABASE_URL", &file, &["config", "check"]),
            ("DATABASE_URL", &file, &["serve"]),
            ("DATABASE_URL", &there, &["nivel", "listar"]),
            ("DATABASE_URL", &format!("postgres://x@127.0.0.1:1/{word}"), &["serve"]),
            (&format!("JWT_SECRET{}", word.chars().nth(1).unwrap()), "x", &["serve"]),
        ];
        for (name, value, args) in calls {
            let outcome = run_with(&database, &[(name, value), ("DATABASE_WAIT_SECONDS", "1")], args, "");
            is_tame(&outcome, &format!("{name}={value} {args:?}"));
        }
        let outcome = run(&database, &["--data-dir", &format!("/dev/null/{word}"), "nivel", "listar"]);
        is_tame(&outcome, word);
        std::fs::create_dir(database.dir.path().join(word)).unwrap();
        std::fs::write(database.dir.path().join(word).join("citrus-status.db"), "").unwrap();
        let outcome = run(&database, &["demo", "--data-dir", word]);
        outcome.fails(1, &["exists already"]);
        is_tame(&outcome, word);
        std::fs::write(database.dir.path().join(word).join("jwt-secret"), "short").unwrap();
        let settings = [("DATA_DIR".to_owned(), word.to_owned()), ("BIND_ADDR".to_owned(), "127.0.0.1:0".to_owned())];
        let mut command = program(&database, &settings);
        command.arg("serve");
        let outcome = finish(command, "");
        outcome.fails(1, &["the token secret "]);
        is_tame(&outcome, word);
    }
}

#[test]
fn arguments_that_are_not_text_steer_no_terminal() {
    use std::os::unix::ffi::OsStringExt;
    let database = Database::sqlite();
    let word = OsString::from_vec(b"a\xff\x1b[2Jforjada".to_vec());
    for args in [&["nivel"][..], &["nivel", "criar"], &["atendimento", "importar"], &["--data-dir"]] {
        let mut command = program(&database, &database.settings());
        command.args(args).arg(&word);
        is_tame(&finish(command, ""), &format!("{args:?}"));
    }
}

#[test]
fn the_answer_to_a_probe_steers_no_terminal() {
    let database = Database::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        for word in WORDS {
            let (mut stream, _) = listener.accept().unwrap();
            // To close with something unread would reset the connection.
            let mut asked = BufReader::new(stream.try_clone().unwrap()).lines();
            while !asked.next().unwrap().unwrap().is_empty() {}
            stream.write_all(format!("HTTP/1.1 500 {word}\r\n\r\n").as_bytes()).unwrap();
        }
    });
    for word in WORDS {
        is_tame(&run(&database, &["probe", "--url", &url]), word);
    }
    answering.join().unwrap();
}

async fn a_file_to_import_steers_no_terminal(database: &Database) {
    for word in WORDS {
        let csv = format!("protocolo,status\n\"{word}\",\"{word}\"\n1,\"{word}\"\n");
        let ndjson = serde_json::json!({"protocolo": word, "status": word}).to_string();
        for text in [csv, ndjson] {
            let outcome = run_with(database, &[], &["atendimento", "importar", "-"], &text);
            outcome.fails(1, &["nothing was imported"]);
            is_tame(&outcome, &text);
        }
    }
}

/// Another program may have written it.
async fn stored_texts_steer_no_terminal(database: &Database) {
    let store = database.example().await;
    for (number, word) in WORDS.into_iter().enumerate() {
        for statement in [
            format!("INSERT INTO motivo (nome, chave) VALUES ('{word}', '{number}')"),
            format!("INSERT INTO nivel (nome, chave) VALUES ('{word}', '{number}')"),
            format!("INSERT INTO perfil (nome, chave) VALUES ('{word}', '{number}')"),
            format!("UPDATE usuario SET login = '{word}' WHERE login LIKE 'a%'"),
            format!("UPDATE atendimento SET protocolo = '{word}' WHERE protocolo LIKE '%01' OR protocolo LIKE 'a%'"),
            format!(
                "INSERT INTO historico (atendimento_id, revisao, em, de, para)
                         SELECT id, {number} + 1, atualizado_em, 1, 1 FROM atendimento WHERE protocolo = '{word}'"
            ),
        ] {
            database.execute(&statement).await;
        }
        let lists = ["nivel", "perfil", "motivo", "usuario"].map(|kind| [kind, "listar"]);
        for list in lists.iter().map(|list| &list[..]).chain([
            &["permissao", "listar"][..],
            &["atendimento", "mostrar", word],
            &["atendimento", "listar"],
            &["historico", "listar"],
        ]) {
            let outcome = run(database, list);
            assert_eq!(outcome.code, 0, "{outcome:?}");
            is_tame(&outcome, &format!("{list:?}"));
            let outcome = run(database, &[list, &["--json"]].concat());
            is_tame(&outcome, &format!("{list:?} as JSON"));
            let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
            assert_eq!(
                json.to_string().contains(&serde_json::to_string(word).unwrap()),
                list[0] != "permissao",
                "{json}"
            );
        }
    }
    store.close().await;
}

async fn names_steer_no_terminal(database: &Database) {
    for word in WORDS.into_iter().filter(|word| !word.contains(char::is_control)) {
        let calls: [&[&str]; 6] = [
            &["nivel", "criar", word],
            &["permissao", "liberar", "alterar-status", "--nivel", word],
            &["perfil", "criar", word, "--nivel", word],
            &["perfil", "conceder", word, "alterar-status"],
            &["motivo", "criar", word],
            &["atendimento", "criar", word],
        ];
        for call in calls {
            // Twice: the second is refused, or says that nothing was to do.
            for outcome in [run(database, call), run(database, call)] {
                is_tame(&outcome, &format!("{call:?}"));
            }
        }
        let outcome =
            run_with(database, &[], &["usuario", "criar", word, "--perfil", word, "--senha-stdin"], "uma senha");
        // Marks that nobody sees make no name.
        assert!(matches!(outcome.code, 0 | 2), "{outcome:?}");
        is_tame(&outcome, word);
    }
}

/// PostgreSQL repeats what it refuses.
#[tokio::test]
async fn an_error_of_the_server_steers_no_terminal() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    for word in WORDS {
        let mut url = url::Url::parse(&database.url).unwrap();
        url.set_username(word).unwrap();
        let outcome = run_with(&database, &[("DATABASE_URL", url.as_str())], &["nivel", "listar"], "");
        outcome.fails(1, &["PostgreSQL refused"]);
        is_tame(&outcome, word);
    }
    database.remove().await;
}

both_engines! {
    a_file_to_import_steers_no_terminal,
    stored_texts_steer_no_terminal,
    names_steer_no_terminal,
}
