//! Server processes: two on one database, and how one stops.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::{Process, run, run_with};

async fn two_processes_on_one_database_lose_nothing(database: &Database) {
    const CLIENTS: usize = 16;
    const EACH: usize = 25;
    let store = database.example().await;
    let processes = [Process::serve(database), Process::serve(database)];
    // One process takes the other's tokens.
    let token = processes[0].token("user.api").await;
    join_all((0..CLIENTS).map(async |number| {
        for turn in 0..EACH {
            let status = ["Finalizado", "Improcedente", "Em atendimento"][(number + turn) % 3];
            let body = json!({"protocolo": format!("2022110400000{}", 1 + turn % 2), "status": status,
                              "motivoStatus": "Fora do escopo", "comentario": format!("{number}/{turn}"),
                              "visivelCliente": "False"});
            let (status, answer) = processes[number % 2].post("/api/atendimentos/status", &token, body).await;
            assert_eq!((status, &answer["message"]), (200, &json!("Atendimento atualizado com sucesso")));
        }
    }))
    .await;
    let all = (CLIENTS * EACH) as i64;
    assert_eq!(database.number("SELECT count(*) FROM historico").await, all);
    assert_eq!(database.number("SELECT count(DISTINCT comentario) FROM historico").await, all);
    assert_eq!(database.broken_links().await, 0);

    processes.into_iter().for_each(Process::stop);
    store.close().await;
}

async fn the_main_job_on_real_input(database: &Database) {
    const ALL: u64 = 100_000;
    const CLIENTS: u64 = 20;
    let mut file = "protocolo,status\n".to_owned();
    for number in 0..ALL {
        let status = ["Aberto", "Em atendimento", "Finalizado"][(number % 3) as usize];
        file.push_str(&format!("{},{status}\n", 20_230_101_000_000 + number));
    }
    database.example().await.close().await;
    let imported = run_with(database, &[], &["atendimento", "importar", "-"], &file);
    imported.prints("new: 100,000, updated: 0, unchanged: 0, skipped: 0\n");

    let process = Process::serve(database);
    let token = process.token("user.api").await;
    join_all((0..CLIENTS).map(async |first| {
        // Each client takes every hundredth atendimento of its own.
        for number in (first..ALL).step_by(100 * CLIENTS as usize) {
            let body = json!({"protocolo": 20_230_101_000_000 + number, "status": "Cancelado",
                              "motivoStatus": "Duplicado", "comentario": "Em lote", "visivelCliente": "True"});
            let (status, answer) = process.post("/api/atendimentos/status", &token, body).await;
            assert_eq!(status, 200, "{answer}");
        }
    }))
    .await;
    process.stop();
    let changed = "SELECT count(*) FROM atendimento WHERE status = 3 AND revisao = 1";
    assert_eq!(database.number(changed).await, (ALL / 100) as i64);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, (ALL / 100) as i64);
    assert_eq!(database.broken_links().await, 0);
}

async fn the_probe_follows_readiness(database: &Database) {
    let process = Process::serve(database);
    let url = format!("http://{}/health/ready", process.address);
    run(database, &["probe", "--url", &url]).prints("ready\n");
    database.execute("DELETE FROM _sqlx_migrations").await;
    run(database, &["probe", "--url", &url]).fails(1, &["not ready: HTTP/1.1 503"]);
    process.signal("INT");
    assert_eq!(process.wait(), Some(0));
    run(database, &["probe", "--url", &url]).fails(1, &["can't be reached"]);
}

async fn a_log_whose_reader_is_gone_does_not_stop_the_server(database: &Database) {
    let mut process = Process::serve_unread(database, &[]);
    process.log = None;
    let body = json!({"login": "nobody", "senha": "1234"});
    assert_eq!(process.post("/api/usuario/login", "", body).await.0, 404);
    process.stop();
}

async fn a_second_signal_stops_at_once(database: &Database) {
    let process = Process::serve(database);
    let _login = process.begin_login().await;
    process.signal("TERM");
    process.stops_listening().await;
    process.signal("TERM");
    assert_eq!(process.wait(), Some(1));
}

/// It is allowed on PostgreSQL.
async fn a_second_server_on_sqlites_file_says_so(database: &Database) {
    const WARNING: &str = "another server works on the database";
    let first = Process::serve(database);
    let warns = || {
        let outcome = run_with(database, &[("BIND_ADDR", "192.0.2.1:9")], &["serve"], "");
        outcome.fails(1, &["can't listen"]);
        outcome.stderr.contains(WARNING)
    };
    assert_eq!(warns(), database.engine == Engine::Sqlite);
    let command = run(database, &["nivel", "listar"]);
    assert_eq!((command.code, command.stderr.as_str()), (0, ""), "a command beside it is nothing to warn of");
    first.signal("KILL");
    first.wait();
    assert!(!warns());
}

both_engines! {
    a_second_server_on_sqlites_file_says_so,
    two_processes_on_one_database_lose_nothing,
    the_main_job_on_real_input,
    the_probe_follows_readiness,
    a_log_whose_reader_is_gone_does_not_stop_the_server,
    a_second_signal_stops_at_once,
}
