//! Export of an atendimento: all that is stored, in its order, in little memory.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};

use super::erasure::{CANARY, FIRST, comment, many, numbers};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{program, run};
use crate::support::server::Server;

/// On PostgreSQL, because SQLite reads pages into a cache of 16 MiB.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_exported_in_little_memory() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    many(&database, 1).await;
    database
        .execute(
            "INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
             SELECT 1, i, now(), 1, 1, repeat('x', 500), true FROM generate_series(2, 60000) i;
             UPDATE atendimento SET revisao = 60000",
        )
        .await;
    let mut command = program(&database, &database.settings());
    let mut child = command.args(["atendimento", "exportar", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    // It has begun with the comments, and waits for its reader.
    output.read_exact(&mut vec![0; 10 << 20]).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    // All of it is 40 MiB as text.
    assert!(peak.parse::<u64>().unwrap() < 48 * 1024, "{peak} KiB");
    let rest = std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert!(rest > 25 << 20 && child.wait().unwrap().success(), "{rest}");
    database.remove().await;
}

/// More changes than are printed together, in the order in which they were made.
async fn a_long_history_is_shown_and_exported_in_its_order(database: &Database) {
    many(database, 1).await;
    let (numbers, at) = numbers(database, 2_500);
    database
        .execute(&format!(
            "{numbers} INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
             SELECT 1, i, {at}, 1, 1, CASE WHEN i % 2 = 0 THEN 'c' || i END, CASE WHEN i % 2 = 0 THEN true END
             FROM n WHERE i > 1;
             UPDATE atendimento SET revisao = 2500"
        ))
        .await;
    let shown = run(database, &["atendimento", "mostrar", "1"]).stdout;
    assert!(shown.contains("\nhistory: 2500\n") && shown.contains("\ncomments: 1251\n"), "{shown}");
    assert_eq!(shown.lines().count(), 4 + 2 * 3 + 2500 + 1251);
    let exported: Value = serde_json::from_str(&run(database, &["atendimento", "exportar", "1"]).stdout).unwrap();
    let texts: Vec<&Value> =
        exported["atendimento"]["comentarios"].as_array().unwrap().iter().map(|comment| &comment["texto"]).collect();
    assert_eq!(texts.len(), 1251);
    assert_eq!((texts[0], texts[1], texts[1250]), (&json!("um comentário"), &json!("c2"), &json!("c2500")));
    assert_eq!(exported["atendimento"]["historico"].as_array().unwrap().len(), 2500);
    let outcome = run(database, &["atendimento", "anonimizar", "1", "--yes"]);
    assert_eq!(outcome.stdout, "atendimento '1': comments erased: 1,251\n", "{outcome:?}");
}

async fn an_atendimento_is_exported_with_all_that_is_stored(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    comment(server, &token, FIRST, CANARY, "a").await;
    let export = |more: &[&str]| -> Value {
        let outcome = run(database, &[&["atendimento", "exportar", FIRST], more].concat());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
        let mut export: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let at = export["geradoEm"].take();
        assert_eq!(at.as_str().map(str::len), Some("2026-11-27T10:00:00.000Z".len()), "{at}");
        export
    };
    let expected = |usuario: Value| {
        let em = "2026-11-23T10:00:00.000Z";
        json!({
            "formato": "citrus-status/atendimento/1", "geradoEm": null, "atendimento": {
                "protocolo": FIRST, "status": "Em atendimento", "motivoStatus": null, "atualizadoEm": em,
                "historico": [
                    {"em": em, "de": "Aberto", "para": "Em atendimento", "motivoStatus": null, "usuario": usuario}
                ],
                "comentarios": [{"em": em, "texto": CANARY, "visivelCliente": true, "usuario": usuario}]
            }
        })
    };
    run(database, &["atendimento", "mostrar", FIRST, "--json"]).prints(&format!(
        r#"{{
  "protocolo": "{FIRST}",
  "status": "Em atendimento",
  "motivoStatus": null,
  "atualizadoEm": "2026-11-23T10:00:00.000Z",
  "historico": [
    {{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Em atendimento","motivoStatus":null,"usuario":"user.api"}}
  ],
  "comentarios": [
    {{"em":"2026-11-23T10:00:00.000Z","texto":"{CANARY}","visivelCliente":true,"usuario":"user.api"}}
  ]
}}
"#
    ));
    assert_eq!(export(&[]), expected(json!("user.api")));
    assert_eq!(export(&["--sem-usuarios"]), expected(Value::Null));
}

both_engines! {
    a_long_history_is_shown_and_exported_in_its_order,
    an_atendimento_is_exported_with_all_that_is_stored,
}
