//! PgBouncer between the program and PostgreSQL, with nothing set that it has not by default.

use citrus_status::example;
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::database::{Database, Engine};
use crate::support::pgbouncer::PgBouncer;
use crate::support::program::{Process, run_with};

#[tokio::test(flavor = "multi_thread")]
async fn with_sessions_everything_works() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    let Some(pooler) = PgBouncer::start(&database, "session") else { return };
    let url = [("DATABASE_URL", pooler.url.as_str())];
    run_with(&database, &url, &["migrate"], "").prints("migrations applied: 6\n");
    let checked = run_with(&database, &url, &["config", "check", "--database"], "");
    assert!(checked.code == 0 && checked.stdout.contains("its migrations are up to date"), "{checked:?}");
    let store = database.store().await;
    example::load_example_data(&store).await.unwrap();

    let process = Process::serve_with(&database, &url, &[]);
    let client = Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, token: &str, body: Value| {
        let request = client.post(format!("http://{}{path}", process.address)).bearer_auth(token);
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.json_text().await)
    };
    let (status, login) = post("/api/usuario/login", "", json!({"login": "user.api", "senha": "1234"})).await;
    assert_eq!(status, 200, "{login}");
    for _ in 0..20 {
        let change = json!({"protocolo": "20221104000001", "status": "Em atendimento"});
        let (status, answer) = post("/api/atendimentos/status", login["accessToken"].as_str().unwrap(), change).await;
        assert_eq!((status, &answer["message"]), (200, &json!("Atendimento atualizado com sucesso")));
    }
    process.signal("TERM");
    assert_eq!(process.wait(), Some(0));
    store.close().await;
    drop(pooler);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sessions_no_command_starts() {
    let Some(database) = Database::alone(Engine::Postgres).await else { return };
    for mode in ["transaction", "statement"] {
        let Some(pooler) = PgBouncer::start(&database, mode) else { return };
        for args in [&["serve"][..], &["migrate"], &["nivel", "listar"]] {
            let outcome = run_with(&database, &[("DATABASE_URL", &pooler.url)], args, "");
            outcome.fails(1, &["gives each transaction another session", "pool_mode = session in PgBouncer"]);
            assert!(!outcome.stderr.contains("waiting"), "{outcome:?}");
        }
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.number(tables).await, 0);
    database.remove().await;
}

/// The body of an answer as JSON.
trait JsonText {
    async fn json_text(self) -> Value;
}

impl JsonText for reqwest::Response {
    async fn json_text(self) -> Value {
        serde_json::from_str(&self.text().await.unwrap()).unwrap()
    }
}
