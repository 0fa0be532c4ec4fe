//! Administration has connections of its own, and waits for nothing for long: the API does not feel it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use citrus_status::http::answer::catalogue::ApiError;
use citrus_status::service::provisioning::Provisioning;
use futures_util::future::join_all;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::admin::ask;
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::edits::tester;
use crate::support::server::{Server, nome};

/// How long a request may take that needs nothing locked, on a busy machine.
const UNHARMED: Duration = Duration::from_millis(2500);
/// When an administrator is told at the latest, on a busy machine; a request's own deadline is 30 s.
const TOLD: Duration = Duration::from_secs(10);

/// Asks for changes, one after the other, until it `is_over`; how long the slowest took.
async fn slowest_change(server: &Server, token: &str, is_over: &AtomicBool) -> Duration {
    let mut slowest = Duration::ZERO;
    for turn in 0.. {
        let status = ["Em atendimento", "Aberto"][turn % 2];
        let asked = Instant::now();
        let answer = server.change_with(token, json!({"protocolo": "20221104000001", "status": status})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        slowest = slowest.max(asked.elapsed());
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    slowest
}

/// More than there are connections, each of another motivo.
async fn create_motivos(server: &Server, token: &str, count: usize) -> Vec<u16> {
    join_all((0..count).map(async |i| {
        let asked = Instant::now();
        let body = json!({"nome": format!("Motivo {i}")});
        let answer = ask(server, token, Method::POST, "/api/admin/motivos", body).await;
        assert!(asked.elapsed() < TOLD, "{answer:?} after {:?}", asked.elapsed());
        answer.status
    }))
    .await
}

async fn who_meets_a_lock_is_told_soon_and_holds_nobody_up(server: &Server, database: &Database) {
    let (admin, api) = (server.token("admin").await, server.token("user.api").await);
    // On PostgreSQL an edit that never ends, then a table that somebody holds alone; SQLite's only lock is that of the
    // file, which changes need, too.
    let locks: &[&str] = match database.engine {
        Engine::Postgres => &[
            "LOCK TABLE nivel IN SHARE ROW EXCLUSIVE MODE",
            "LOCK TABLE auditoria IN ACCESS EXCLUSIVE MODE",
            "LOCK TABLE nivel, sequencia IN ACCESS EXCLUSIVE MODE",
        ],
        Engine::Sqlite => &["the file"],
    };
    for lock in locks {
        let held = database.hold_by(lock).await;
        let is_over = AtomicBool::new(false);
        let administrators = async {
            let statuses = create_motivos(server, &admin, 8).await;
            is_over.store(true, Ordering::Relaxed);
            statuses
        };
        let changes = async {
            if database.engine == Engine::Postgres {
                assert!(slowest_change(server, &api, &is_over).await < UNHARMED, "{lock}");
            }
        };
        let reads = async {
            while !is_over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let path = "/api/atendimentos/status?protocolo=20221104000002";
                let answer = server.send(Method::GET, path, &[("authorization", &api)], "").await;
                assert_eq!(answer.status, 200, "{answer:?}");
                if !lock.contains("nivel, ") {
                    let list = ask(server, &admin, Method::GET, "/api/admin/usuarios", Value::Null).await;
                    assert_eq!(list.status, 200, "{lock}: {list:?}");
                }
                assert!(asked.elapsed() < UNHARMED, "{lock}: {:?}", asked.elapsed());
            }
        };
        let (statuses, (), ()) = tokio::join!(administrators, changes, reads);
        assert_eq!(statuses, [503; 8], "{lock}");
        held.release().await;
        // Over is over.
        let again = ask(server, &admin, Method::POST, "/api/admin/motivos", json!({"nome": *lock})).await;
        assert_eq!(again.status, 201, "{again:?}");
    }
}

/// When who waits twice for the same thing is told at the latest. Each of the two may take as long as any other.
const TOLD_TWICE: Duration = Duration::from_millis(4500);

/// A user is looked at before its senha is hashed, and again after it: the two have one time.
async fn who_waits_twice_is_told_as_soon(server: &Server, database: &Database) {
    let provisioning = Provisioning::new(server.store.administration(), tester());
    let held = database.hold_by("LOCK TABLE auditoria IN ACCESS EXCLUSIVE MODE").await;
    let is_over = AtomicBool::new(false);
    // Each waits for the lock, and those behind it meanwhile.
    let others = async |number: usize| {
        while !is_over.load(Ordering::Relaxed) {
            let refused = provisioning.create_motivo(&nome(&format!("Motivo {number}"))).await;
            assert!(refused.is_err(), "{refused:?}");
        }
    };
    let told = async {
        let asked = Instant::now();
        let senha = || SecretString::from("uma senha comprida");
        let create = async { provisioning.create_usuario(&nome("ana"), &nome("Consulta"), senha()).await.map(drop) };
        let set = async { provisioning.set_senha(&nome("user.api"), senha()).await.map(drop) };
        let outcomes = tokio::join!(create, set);
        is_over.store(true, Ordering::Relaxed);
        (outcomes, asked.elapsed())
    };
    let ((), (), ((created, set), took), ()) = tokio::join!(others(1), others(2), told, others(3));
    for outcome in [created, set] {
        let error = ApiError::from(outcome.unwrap_err());
        assert_eq!(error.status().as_u16(), 503, "{error:?}");
    }
    assert!(took < TOLD_TWICE, "{took:?}");
    held.release().await;
    provisioning.set_senha(&nome("user.api"), SecretString::from("uma senha comprida")).await.unwrap();
}

async fn fifty_at_once_leave_changes_their_turn(server: &Server) {
    let (admin, api) = (server.token("admin").await, server.token("user.api").await);
    let is_over = AtomicBool::new(false);
    let administrators = async {
        let lists = join_all(
            (0..50)
                .map(async |_| ask(server, &admin, Method::GET, "/api/admin/atendimentos", Value::Null).await.status),
        );
        let (made, listed) = tokio::join!(create_motivos(server, &admin, 50), lists);
        is_over.store(true, Ordering::Relaxed);
        (made, listed)
    };
    let ((made, listed), slowest) = tokio::join!(administrators, slowest_change(server, &api, &is_over));
    assert!(slowest < UNHARMED, "{slowest:?}");
    // On a busy machine the last may have to ask again.
    for statuses in [made, listed] {
        let refused = statuses.iter().filter(|status| **status == 503).count();
        assert!(statuses.iter().all(|status| [200, 201, 503].contains(status)) && refused < 40, "{statuses:?}");
    }
}

both_engines! {
    who_waits_twice_is_told_as_soon,
    who_meets_a_lock_is_told_soon_and_holds_nobody_up,
    fifty_at_once_leave_changes_their_turn,
}
