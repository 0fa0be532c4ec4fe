//! `atendimento listar` and `historico listar`: which atendimentos there are, and who changed what.

use std::process::Stdio;
use std::time::Instant;

use citrus_status::domain::atendimento::{Change, Comentario, Status};
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{listed, program, run};

/// The example, and three changes on three days: an hour before midnight, at noon, and an hour after midnight.
async fn scene(database: &Database) {
    let store = database.store().await;
    database.stop_clock(datetime!(2026-11-23 10:00 UTC)).await;
    citrus_status::example::load_example_data(&store).await.unwrap();
    // The example's first user and its third.
    let (api, admin) = (1, 3);
    let motivos = store.snapshot(&[], &["duplicado"]).await.unwrap().motivos;
    let changes = [
        (Duration::hours(13), 1, Status::Finalizado, None, Some(api)),
        (Duration::hours(13), 2, Status::Cancelado, Some(motivos["duplicado"]), Some(admin)),
        (Duration::hours(13), 1, Status::Aberto, Some(motivos["duplicado"]), None),
    ];
    for (later, number, para, motivo_id, usuario_id) in changes {
        database.advance_clock(later).await;
        let protocolo = format!("2022110400000{number}");
        let now = store.snapshot(&[&*protocolo], &[]).await.unwrap().atendimentos[&protocolo];
        let change = Change {
            atendimento_id: now.id,
            revisao: now.revisao + 1,
            de: now.status,
            para,
            motivo_id,
            usuario_id,
            comentario: usuario_id.map(|_| Comentario { texto: "Olá".into(), visivel_cliente: false }),
            idempotency: None,
        };
        assert_eq!(store.commit(&[change]).await.unwrap(), [0_i64; 0]);
    }
    store.close().await;
}

/// The protocolos that `args` list, by their last digit.
fn numbers(database: &Database, args: &[&str]) -> String {
    listed(database, args)
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["protocolo"].as_str().unwrap().chars().last().unwrap())
        .collect()
}

async fn atendimentos_are_listed_by_status_and_time(database: &Database) {
    scene(database).await;
    let all = listed(database, &["atendimento", "listar"]);
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 30);
    let times: Vec<&str> = all.iter().map(|item| item["atualizadoEm"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(
        all[28..],
        [
            json!({"protocolo": "20221104000002", "status": "Cancelado", "motivoStatus": "Duplicado",
                   "atualizadoEm": "2026-11-24T12:00:00.000Z"}),
            json!({"protocolo": "20221104000001", "status": "Aberto", "motivoStatus": "Duplicado",
                   "atualizadoEm": "2026-11-25T01:00:00.000Z"}),
        ]
    );
    let of = |args: &[&str]| numbers(database, &[&["atendimento", "listar"], args].concat());
    assert_eq!(of(&["--status", "cancelado"]), "32");
    assert_eq!(of(&["--desde", "2026-11-24"]), "21");
    assert_eq!(of(&["--desde", "2026-11-24", "--ate", "2026-11-24"]), "2");
    assert_eq!(of(&["--desde", "2026-11-24T12:00:00.001Z"]), "1");
    assert_eq!(of(&["--ate", "2026-11-24T12:00:00Z", "--desde", "2026-11-24T09:00:00-03:00"]), "2");
    assert_eq!(of(&["--status", "Cancelado", "--ate", "2026-11-23"]), "3");
    assert_eq!(of(&["--desde", "2027-01-01"]), "");
    assert_eq!(of(&["--limite", "2", "--status", "Finalizado"]), "5");
    assert_eq!(of(&["--limite", "1", "--desde", "2026-11-24"]), "2");
    run(database, &["atendimento", "listar", "--desde", "2026-11-24"]).prints(
        "protocolo       status     motivo     updated\n\
         20221104000002  Cancelado  Duplicado  2026-11-24T12:00:00.000Z\n\
         20221104000001  Aberto     Duplicado  2026-11-25T01:00:00.000Z\n",
    );
    run(database, &["atendimento", "listar", "--desde", "2027-01-01"]).prints("protocolo  status  motivo  updated\n");
    run(database, &["atendimento", "listar", "--desde", "2027-01-01", "--json"]).prints("[]\n");
}

async fn changes_are_listed_by_time_and_user(database: &Database) {
    scene(database).await;
    let all = listed(database, &["historico", "listar"]);
    let comentario = json!({"texto": "Olá", "visivelCliente": false});
    assert_eq!(
        all,
        json!([
            {"protocolo": "20221104000001", "em": "2026-11-23T23:00:00.000Z", "de": "Aberto", "para": "Finalizado",
             "motivoStatus": null, "usuario": "user.api", "comentario": comentario},
            {"protocolo": "20221104000002", "em": "2026-11-24T12:00:00.000Z", "de": "Em atendimento",
             "para": "Cancelado", "motivoStatus": "Duplicado", "usuario": "admin", "comentario": comentario},
            {"protocolo": "20221104000001", "em": "2026-11-25T01:00:00.000Z", "de": "Finalizado", "para": "Aberto",
             "motivoStatus": "Duplicado", "usuario": null, "comentario": null},
        ])
    );
    let of = |args: &[&str]| numbers(database, &[&["historico", "listar"], args].concat());
    assert_eq!(of(&["--desde", "2026-11-24"]), "21");
    assert_eq!(of(&["--ate", "2026-11-24"]), "12");
    assert_eq!(of(&["--desde", "2026-11-24", "--ate", "2026-11-24"]), "2");
    assert_eq!(of(&["--usuario", "USER.API"]), "1");
    assert_eq!(of(&["--usuario", "admin", "--ate", "2026-11-23"]), "");
    assert_eq!(of(&["--limite", "2"]), "12");
    run(database, &["historico", "listar"]).prints(
        "when                      protocolo       from            to          motivo     who\n\
         2026-11-23T23:00:00.000Z  20221104000001  Aberto          Finalizado  -          user.api\n\
         2026-11-24T12:00:00.000Z  20221104000002  Em atendimento  Cancelado   Duplicado  admin\n\
         2026-11-25T01:00:00.000Z  20221104000001  Finalizado      Aberto      Duplicado  -\n",
    );
    run(database, &["historico", "listar", "--usuario", "user.apo"])
        .fails(1, &["there is no usuario 'user.apo'; did you mean 'user.api'?"]);
}

async fn changes_of_one_moment_have_one_order(database: &Database) {
    let store = database.store().await;
    database.stop_clock(datetime!(2026-11-23 10:00 UTC)).await;
    citrus_status::example::load_example_data(&store).await.unwrap();
    store.close().await;
    database
        .execute(
            "INSERT INTO historico (atendimento_id, revisao, em, de, para)
                 SELECT a.id, r.revisao, a.atualizado_em, 1, 1 FROM atendimento a, (SELECT 2 AS revisao UNION ALL SELECT 1) r
                 ORDER BY r.revisao DESC, a.id DESC",
        )
        .await;
    let seen: Vec<String> =
        listed(database, &["historico", "listar"]).as_array().unwrap().iter().map(Value::to_string).collect();
    assert!(seen.len() == 60 && seen.is_sorted(), "{seen:#?}");
    let listed = listed(database, &["atendimento", "listar"]);
    let protocolos: Vec<&str> =
        listed.as_array().unwrap().iter().map(|item| item["protocolo"].as_str().unwrap()).collect();
    assert!(protocolos.is_sorted(), "{protocolos:?}");
}

async fn invalid_times_are_named(database: &Database) {
    run(database, &["migrate"]);
    for (text, found) in [
        ("ontem", "'ontem'"),
        ("27/11/2026", "'27/11/2026'"),
        ("2026-02-30", "'2026-02-30'"),
        ("2026-11-27T10:00:00", "'2026-11-27T10:00:00'"),
        ("2026-11-27 10:00", "'2026-11-27 10:00'"),
        ("-2026-11-27", "'-2026-11-27'"),
        ("0000-01-01", "'0000-01-01'"),
        ("9999-12-31T23:59:59-23:59", "'9999-12-31T23:59:59-23:59'"),
        ("", "''"),
    ] {
        for command in ["historico", "atendimento"] {
            for flag in ["--desde", "--ate"] {
                let outcome = run(database, &[command, "listar", &format!("{flag}={text}")]);
                outcome.fails(2, &[found, "2026-11-27T10:00:00Z"]);
            }
        }
    }
    run(database, &["historico", "listar", "--desde", "2026-11-28", "--ate", "2026-11-27"])
        .fails(2, &["--desde 2026-11-28 is after --ate 2026-11-27"]);
    for time in ["9998-12-31", "0001-01-01", "9998-12-31T23:59:59Z"] {
        run(database, &["historico", "listar", "--ate", time, "--desde", "0001-01-01", "--json"]).prints("[]\n");
    }
    run(database, &["historico", "listar", "--limite", "0"]).fails(2, &["'0'"]);
}

/// From PostgreSQL 14 on, on Linux. A session that waits for a lock is one that works.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_stopped_ends_in_the_database_too() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    database.example().await.close().await;
    let held = database.hold_by("LOCK TABLE historico IN ACCESS EXCLUSIVE MODE").await;
    let mut command = program(&database, &database.settings());
    let mut child = command.args(["historico", "listar"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'historico'::regclass";
    while database.number(waiting).await == 0 {}
    child.kill().unwrap();
    child.wait().unwrap();
    let stopped = Instant::now();
    while database.number(waiting).await != 0 {
        assert!(stopped.elapsed() < 15 * Duration::SECOND, "it goes on in PostgreSQL");
    }
    held.release().await;
    database.remove().await;
}

both_engines! {
    atendimentos_are_listed_by_status_and_time,
    changes_are_listed_by_time_and_user,
    changes_of_one_moment_have_one_order,
    invalid_times_are_named,
}
