//! Erasure, while a server runs: what goes, and what stays.

use std::process::{Command, Stdio};

use citrus_status::domain::text::NameKey;
use citrus_status::service::throttle::bucket_of;
use indicatif::HumanCount;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{listed, program, run, run_with};
use crate::support::server::Server;

pub const FIRST: &str = "20221104000001";
const SECOND: &str = "20221104000002";
pub const CANARY: &str = "o cliente Zacarias telefonou";

/// Makes a change with a comment.
pub async fn comment(server: &Server, token: &str, protocolo: &str, texto: &str, key: &str) {
    let body = json!({"protocolo": protocolo, "status": "Em atendimento", "comentario": texto, "visivelCliente": true});
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", key)];
    let answer = server.send(Method::POST, "/api/atendimentos/status", &headers, body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The history of an atendimento as the API has it, and the `ETag` of its status.
async fn seen(server: &Server, token: &str, protocolo: &str) -> (Value, String) {
    let authorization = format!("Bearer {token}");
    let get =
        async |path: String| server.send(Method::GET, &path, &[("authorization", authorization.as_str())], "").await;
    let history = get(format!("/api/atendimentos/{protocolo}/historico")).await;
    let status = get(format!("/api/atendimentos/status?protocolo={protocolo}")).await;
    assert_eq!((history.status, status.status), (200, 200), "{history:?}");
    (history.json(), status.header("etag").unwrap().to_owned())
}

/// `history` without its comments.
fn without_comments(mut history: Value) -> Value {
    for change in history["historico"].as_array_mut().unwrap() {
        assert!(change["comentario"].is_object(), "{change}");
        change["comentario"] = Value::Null;
    }
    history
}

/// In which tables, or files of the database, `text` is still found.
async fn found(database: &Database, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (table, column) in [
        ("usuario", "login"),
        ("usuario", "chave"),
        ("historico", "comentario"),
        ("idempotencia", "chave"),
        ("auditoria", "objeto"),
        ("auditoria", "autor"),
        ("auditoria", "antes"),
        ("auditoria", "depois"),
    ] {
        let rows = format!("SELECT count(*) FROM {table} WHERE lower({column}) LIKE '%{}%'", text.to_lowercase());
        if database.number(&rows).await > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    if database.engine == Engine::Sqlite {
        for file in std::fs::read_dir(database.dir.path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

async fn the_comments_of_an_atendimento_go_and_its_history_stays(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    for (protocolo, key) in [(FIRST, "a"), (FIRST, "b"), (SECOND, "c")] {
        comment(server, &token, protocolo, &format!("{CANARY} {}", "x".repeat(10_000)), key).await;
    }
    let (before, other) = (seen(server, &token, FIRST).await, seen(server, &token, SECOND).await);
    run(database, &["atendimento", "anonimizar", FIRST]).fails(2, &["cannot be undone", "--yes"]);
    run(database, &["atendimento", "anonimizar", "9", "--yes"])
        .fails(1, &["there is no atendimento '9'; `citrus-status atendimento listar` shows them"]);
    assert_eq!(seen(server, &token, FIRST).await, before);

    for erased in [2, 0] {
        let outcome = run(database, &["atendimento", "anonimizar", FIRST, "--yes"]);
        assert_eq!(outcome.stdout, format!("atendimento '{FIRST}': comments erased: {erased}\n"), "{outcome:?}");
        assert_eq!(seen(server, &token, FIRST).await, (without_comments(before.0.clone()), before.1.clone()));
    }
    assert_eq!(seen(server, &token, SECOND).await, other);
    assert_eq!(database.broken_links().await, 0);
    let entries = listed(database, &["auditoria", "listar", "--acao", "atendimento.anonimizar"]);
    let told: Vec<&Value> = entries.as_array().unwrap().iter().map(|entry| &entry["depois"]).collect();
    assert_eq!(told, [&json!({"comentarios": 0}), &json!({"comentarios": 2})]);
    run(database, &["atendimento", "anonimizar", SECOND, "--yes"]);
    assert_eq!(found(database, CANARY).await, [""; 0]);
}

async fn an_anonymised_user_is_nowhere_named_and_never_comes_back(server: &Server, database: &Database) {
    let senha = "uma senha qualquer";
    let criar = ["usuario", "criar", "Zacarias.Lima", "--perfil", "Integração", "--senha-stdin"];
    assert_eq!(run_with(database, &[], &criar, senha).code, 0);
    let login = async |senha: &str| server.login_with(&json!({"login": "zacarias.lima", "senha": senha})).await;
    assert_eq!(login("errada").await.status, 401);
    let token = login(senha).await.json()["accessToken"].as_str().unwrap().to_owned();
    let reader = server.token("admin").await;
    comment(server, &token, FIRST, "Resolvido", "zacarias.lima-1").await;
    assert_eq!(seen(server, &reader, FIRST).await.0["historico"][0]["usuario"], "Zacarias.Lima");
    let bucket = bucket_of(&NameKey::new("zacarias.lima"));
    let attempts = async || {
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = database.rows("SELECT chave, login FROM tentativa").await;
        rows.iter().filter(|(key, login)| *key == bucket || login.as_deref() == Some(&bucket[..])).count()
    };
    // Of the login alone, and of the login at that address, which has its success, too.
    assert_eq!(attempts().await, 2);

    run(database, &["usuario", "anonimizar", "Zacarias.Lima"]).fails(2, &["cannot be undone", "--yes"]);
    let outcome = run(database, &["usuario", "anonimizar", "zacarias.lima", "--yes"]);
    assert_eq!(
        outcome.stdout, "usuario 'Zacarias.Lima' is anonymised: 'anonimo-4' stands in its place\n",
        "{outcome:?}"
    );
    server.advance(database, Duration::seconds(2)).await;
    assert_eq!(attempts().await, 0);

    assert_eq!(server.change_with(&token, json!({"protocolo": FIRST, "status": "Aberto"})).await.status, 401);
    for login in ["zacarias.lima", "anonimo-4"] {
        server.login_with(&json!({"login": login, "senha": senha})).await.is(404, "Usuário não encontrado");
    }
    let (history, _) = seen(server, &reader, FIRST).await;
    assert_eq!(history["historico"][0]["usuario"], "anonimo-4");
    assert_eq!(history["historico"][0]["comentario"]["texto"], "Resolvido");
    assert_eq!(found(database, "zacarias.lima").await, [""; 0]);
    assert_eq!(found(database, "Zacarias.Lima").await, [""; 0]);
    let entries = listed(database, &["auditoria", "listar", "--usuario", "anonimo-4"]);
    let told: Vec<Value> =
        entries.as_array().unwrap().iter().map(|entry| json!([entry["acao"], entry["objeto"]])).collect();
    let expected = ["usuario.anonimizar", "usuario.desativar", "usuario.criar"].map(|acao| json!([acao, "anonimo-4"]));
    assert_eq!(told, expected);

    // Again, it is as it was.
    let again = run(database, &["usuario", "anonimizar", "anonimo-4", "--yes"]);
    assert_eq!(again.stdout, "usuario 'anonimo-4' is anonymised: 'anonimo-4' stands in its place\n", "{again:?}");
    assert_eq!(listed(database, &["auditoria", "listar", "--usuario", "anonimo-4"]), entries);
    for args in [
        &["usuario", "senha", "anonimo-4", "--senha-stdin"][..],
        &["usuario", "ativar", "anonimo-4"],
        &["usuario", "desativar", "anonimo-4"],
        &["usuario", "perfil", "anonimo-4", "Integração"],
        &["usuario", "revogar-tokens", "anonimo-4"],
    ] {
        run_with(database, &[], args, senha).fails(1, &["the usuario 'anonimo-4' is anonymised, and stays as it is"]);
    }
    run_with(database, &[], &["usuario", "criar", "Anonimo-5", "--perfil", "Integração", "--senha-stdin"], senha)
        .fails(1, &["a login that begins with 'anonimo-' is that of an anonymised user"]);
    run_with(database, &[], &["usuario", "criar", "(Oculto)", "--perfil", "Integração", "--senha-stdin"], senha)
        .fails(1, &["'(oculto)' stands for a hidden one"]);
    // Somebody else may have the login; nothing of the old one is theirs.
    assert_eq!(run_with(database, &[], &criar, senha).code, 0);
    assert_eq!(seen(server, &reader, FIRST).await.0["historico"][0]["usuario"], "anonimo-4");
    assert_eq!(server.change_with(&token, json!({"protocolo": FIRST, "status": "Aberto"})).await.status, 401);
}

async fn old_comments_are_purged_and_later_ones_stay(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    // At 10:00, 10:20 and 10:40 of 2026-11-23.
    for key in ["a", "b", "c"] {
        comment(server, &token, FIRST, &format!("{CANARY} {key}"), key).await;
        server.advance(database, Duration::minutes(20)).await;
    }
    let token = server.token("user.api").await;
    let comments = async || -> Vec<Value> {
        let (history, _) = seen(server, &token, FIRST).await;
        history["historico"].as_array().unwrap().iter().map(|change| change["comentario"]["texto"].clone()).collect()
    };
    let text = |key: &str| json!(format!("{CANARY} {key}"));
    let expurgar = |more: &[&str]| run(database, &[&["comentario", "expurgar", "--antes"], more].concat());
    expurgar(&["2026-11-23T10:20:00Z"]).fails(2, &["cannot be undone", "--yes"]);
    expurgar(&["ontem", "--yes"]).fails(2, &["'ontem'", "2026-11-27T10:00:00Z"]);
    expurgar(&["2026-11-23T10:20:00Z", "--dry-run"])
        .prints("comments from before 2026-11-23T10:20:00Z that would be erased: 1\n");
    assert_eq!(comments().await, [text("a"), text("b"), text("c")]);
    for erased in [1, 0] {
        let outcome = expurgar(&["2026-11-23T10:20:00Z", "--yes"]);
        let said = format!("comments from before 2026-11-23T10:20:00Z erased: {erased}\n");
        assert_eq!((outcome.code, outcome.stdout), (0, said), "{}", outcome.stderr);
        assert_eq!(comments().await, [Value::Null, text("b"), text("c")]);
    }
    // A date is its first instant.
    database.advance_clock(Duration::days(1)).await;
    assert_eq!(expurgar(&["2026-11-24", "--yes"]).code, 0);
    assert_eq!(comments().await, [Value::Null, Value::Null, Value::Null]);
    assert_eq!(found(database, CANARY).await, [""; 0]);
    assert_eq!(database.broken_links().await, 0);
}

/// The beginning of a statement with a table `n` of the numbers up to `count` in `i`, and a time.
pub fn numbers(database: &Database, count: u32) -> (String, &'static str) {
    match database.engine {
        Engine::Sqlite => (
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"),
            "1700000000000",
        ),
        Engine::Postgres => (
            format!("WITH n (i) AS (SELECT i FROM generate_series(1, {count}) i)"),
            "timestamptz 'epoch' + 1700000000 * interval '1 second'",
        ),
    }
}

/// Makes `count` atendimentos with one comment each.
pub async fn many(database: &Database, count: u32) {
    database.store().await.close().await;
    let (numbers, at) = numbers(database, count);
    database
        .execute(&format!(
            "{numbers} INSERT INTO atendimento (protocolo, status, revisao, atualizado_em) SELECT i, 1, 1, {at} FROM n;
             INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
             SELECT id, 1, atualizado_em, 1, 1, 'um comentário', false FROM atendimento"
        ))
        .await;
}

/// A purge that fails in the middle has erased what came before, and says in the trail that it began.
async fn a_purge_that_was_cut_off_is_run_again(database: &Database) {
    many(database, 3_000).await;
    let (trap, untrap) = match database.engine {
        Engine::Sqlite => (
            "CREATE TRIGGER trap BEFORE UPDATE ON historico WHEN OLD.atendimento_id = 2500
             BEGIN SELECT RAISE(ABORT, 'trapped'); END",
            "DROP TRIGGER trap",
        ),
        Engine::Postgres => (
            "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
             CREATE TRIGGER trap BEFORE UPDATE ON historico FOR EACH ROW WHEN (OLD.atendimento_id = 2500)
             EXECUTE FUNCTION trap()",
            "DROP TRIGGER trap ON historico; DROP FUNCTION trap",
        ),
    };
    database.execute(trap).await;
    let expurgar = ["comentario", "expurgar", "--antes", "2026-01-01", "--yes"];
    run(database, &expurgar).fails(1, &["trapped"]);
    let left = database.number("SELECT count(*) FROM historico WHERE comentario IS NOT NULL").await;
    assert!((501..3_000).contains(&left), "{left}");
    let told = || -> Vec<Value> {
        let entries = listed(database, &["auditoria", "listar"]);
        entries.as_array().unwrap().iter().map(|entry| entry["depois"].clone()).collect()
    };
    assert_eq!(told(), [json!({"fase": "inicio"})]);
    database.execute(untrap).await;
    let again = run(database, &expurgar);
    let count = format!("{},{:03}", left / 1000, left % 1000);
    let count = count.strip_prefix("0,").unwrap_or(&count);
    assert_eq!(again.stdout, format!("comments from before 2026-01-01 erased: {count}\n"), "{again:?}");
    assert_eq!(
        told(),
        [json!({"fase": "fim", "comentarios": left}), json!({"fase": "inicio"}), json!({"fase": "inicio"})]
    );
    assert_eq!(database.number("SELECT count(*) FROM historico WHERE comentario IS NOT NULL").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM historico WHERE visivel_cliente IS NOT NULL").await, 0);
    assert_eq!((database.number("SELECT count(*) FROM historico").await, database.broken_links().await), (3_000, 0));
}

/// While it waits in the middle for a row that somebody else holds, it is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_is_told_to_stop_says_how_far_it_came() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    many(&database, 3_000).await;
    let held = database.hold_by("SELECT FROM historico WHERE atendimento_id = 2500 FOR UPDATE").await;
    let expurgar = ["comentario", "expurgar", "--antes", "2026-01-01", "--yes"];
    let mut command = program(&database, &database.settings());
    command.args(expurgar).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let waits =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE historico%'
                 AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'historico'::regclass)";
    while database.number(waits).await == 0 {}
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{output:?}");
    held.release().await;
    let left = database.number("SELECT count(*) FROM historico WHERE comentario IS NOT NULL").await;
    assert!((501..3_000).contains(&left), "{left}");
    let (erased, stderr) = (HumanCount((3_000 - left) as u64), String::from_utf8(output.stderr).unwrap());
    let says = format!("error: stopped; comments erased so far: {erased}; run it again for the others\n");
    assert!(stderr.ends_with(&says), "{stderr}");
    let again = run(&database, &expurgar);
    assert_eq!(again.stdout, format!("comments from before 2026-01-01 erased: {}\n", HumanCount(left as u64)));
    database.remove().await;
}

/// The statements of the engine in docs/OPERATIONS.md, "Growth".
fn deletion(engine: Engine) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OPERATIONS.md")).unwrap();
    let begins = format!("```sql\n-- {}\n", if engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" });
    let (_, block) = page.split_once(&begins).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

async fn the_page_deletes_whole_atendimentos_and_leaves_the_others_whole(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    for (protocolo, key) in [(FIRST, "a"), (SECOND, "b"), (SECOND, "c")] {
        comment(server, &token, protocolo, CANARY, key).await;
    }
    let long_ago = if database.engine == Engine::Sqlite { "0" } else { "timestamptz 'epoch'" };
    database.execute(&format!("UPDATE atendimento SET atualizado_em = {long_ago} WHERE protocolo = '{FIRST}'")).await;
    let before = seen(server, &token, SECOND).await;
    for _ in 0..2 {
        database.execute(&deletion(database.engine)).await;
        assert_eq!(database.number("SELECT count(*) FROM historico").await, 2);
        assert_eq!(database.broken_links().await, 0);
        assert_eq!(seen(server, &token, SECOND).await, before);
    }
    let change = json!({"protocolo": FIRST, "status": "Aberto"});
    assert_eq!(server.change_with(&token, change).await.status, 404);
}

/// A year mistyped would erase them all.
async fn a_purge_reaches_up_to_now_and_no_further(database: &Database) {
    database.store().await.close().await;
    database.stop_clock(datetime!(2026-11-23 10:00 UTC)).await;
    let expurgar = |antes: &str, mode: &str| run(database, &["comentario", "expurgar", "--antes", antes, mode]);
    for mode in ["--dry-run", "--yes"] {
        let says = "2026-11-23T10:00:00.001Z is in the future; give a time that has passed";
        expurgar("2026-11-23T10:00:00.001Z", mode).fails(2, &[says]);
        assert_eq!(expurgar("2026-11-23T10:00:00Z", mode).code, 0);
    }
}

both_engines! {
    a_purge_reaches_up_to_now_and_no_further,
    the_comments_of_an_atendimento_go_and_its_history_stays,
    an_anonymised_user_is_nowhere_named_and_never_comes_back,
    old_comments_are_purged_and_later_ones_stay,
    a_purge_that_was_cut_off_is_run_again,
    the_page_deletes_whole_atendimentos_and_leaves_the_others_whole,
}
