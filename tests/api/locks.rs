//! Locks that somebody else holds: a request that needs one waits for it up to 5 s, and no other request
//! feels it.

use std::time::{Duration, Instant};

use citrus_status::store::Debit;
use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::postgres;
use crate::support::server::{Answer, Server};

const STATUS: &str = "/api/atendimentos/status";
/// How long a request may take that needs nothing locked, on a busy machine; a harmed one takes as long as `HELD`.
const UNHARMED: Duration = Duration::from_millis(2500);
/// Longer than every time-out of a single statement or connection, which is 3 s at most.
const HELD: Duration = Duration::from_millis(3500);

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    /// A change without motivo or key.
    Plain,
    /// The same, of another atendimento, by the other user.
    ByAdmin,
    /// A change with a motivo, and with another one.
    Duplicado,
    Outro,
    /// A change under an idempotency key.
    Keyed,
    /// Many changes in one request, none with a motivo or a key.
    Lote,
    Simulation,
    SimulationWithMotivo,
    SimulationWithKey,
    Login,
    PresentState,
    Historico,
    Motivos,
    Ready,
}
use Ask::*;

/// A server with a token of each user.
struct Scene {
    server: Server,
    api: String,
    admin: String,
}

impl Scene {
    async fn new(database: &Database) -> Self {
        let server = Server::start(database).await;
        let (api, admin) = (server.token("user.api").await, server.token("admin").await);
        Self { server, api, admin }
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let change = |protocolo: u64| json!({"protocolo": 20_221_104_000_000 + protocolo, "status": "Finalizado"});
        let with = |protocolo: u64, motivo: &str| {
            let protocolo = 20_221_104_000_000 + protocolo;
            json!({"protocolo": protocolo, "status": "Cancelado", "motivoStatus": motivo})
        };
        let key = uuid::Uuid::new_v4().to_string();
        let keyed = [("authorization", self.api.as_str()), ("idempotency-key", key.as_str())];
        let (post, simulate) = (Method::POST, "/api/atendimentos/status?simular=true");
        let read = |path| self.server.send(Method::GET, path, &keyed[..1], "");
        match ask {
            Plain => self.server.change_with(&self.api, change(1)).await,
            ByAdmin => self.server.change_with(&self.admin, change(2)).await,
            Duplicado => self.server.change_with(&self.api, with(3, "Duplicado")).await,
            Outro => self.server.change_with(&self.api, with(4, "Fora do escopo")).await,
            Keyed => self.server.send(post, STATUS, &keyed, change(11).to_string()).await,
            Lote => {
                let itens: Vec<_> = (12..20).map(change).collect();
                let path = "/api/atendimentos/status/lote";
                self.server.send(post, path, &keyed[..1], json!({ "itens": itens }).to_string()).await
            }
            Simulation => self.server.send(post, simulate, &keyed[..1], change(21).to_string()).await,
            SimulationWithMotivo => {
                self.server.send(post, simulate, &keyed[..1], with(21, "Duplicado").to_string()).await
            }
            SimulationWithKey => self.server.send(post, simulate, &keyed, change(21).to_string()).await,
            Login => self.server.login_with(&json!({"login": "admin", "senha": "1234"})).await,
            PresentState => read("/api/atendimentos/status?protocolo=20221104000022").await,
            Historico => read("/api/atendimentos/20221104000022/historico").await,
            Motivos => read("/api/motivos").await,
            Ready => self.server.get("/health/ready").await,
        }
    }

    /// Asks for what `needs` a lock that is held for [`HELD`], and meanwhile for what does not.
    async fn try_out(&self, lock: &str, held: impl Future<Output = ()>, needs: &[Ask], free: &[Ask]) {
        let start = Instant::now();
        let waiting = futures_util::future::join_all(needs.iter().map(async |&ask| {
            let answer = self.ask(ask).await;
            assert_made(lock, ask, &answer);
            assert!(start.elapsed() >= HELD, "{lock}: {ask:?} did not need it");
        }));
        let others = async {
            for turn in 0.. {
                let ask = free.get(turn % free.len().max(1)).copied();
                let asked = Instant::now();
                match ask {
                    Some(ask) => assert_made(lock, ask, &self.ask(ask).await),
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
                assert!(asked.elapsed() < UNHARMED, "{lock}: {ask:?} took {:?}", asked.elapsed());
                if start.elapsed() > HELD && turn + 1 >= free.len() {
                    break;
                }
            }
            held.await;
        };
        tokio::join!(waiting, others);
    }
}

#[track_caller]
fn assert_made(lock: &str, ask: Ask, answer: &Answer) {
    assert_eq!(answer.status, 200, "{lock}: {ask:?}: {answer:?}");
    if ask == Lote {
        assert_eq!(answer.body.matches("\"codigo\":200").count(), 8, "{lock}: {answer:?}");
    }
}

/// Each lock, what needs it, and what does not.
async fn each(locks: &[(&str, &[Ask], &[Ask])]) {
    let Some(url) = postgres::url().await else { return };
    let database = Database::postgres(url).await;
    let scene = Scene::new(&database).await;
    for (lock, needs, free) in locks {
        let held = database.hold_by(lock).await;
        scene.try_out(lock, held.release(), needs, free).await;
    }
    assert_eq!(database.broken_links().await, 0);
    scene.server.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row() {
    let all =
        [Plain, ByAdmin, Duplicado, Outro, Keyed, Lote, SimulationWithMotivo, Login, PresentState, Motivos, Ready];
    each(&[
        (
            "SELECT FROM motivo WHERE chave = 'duplicado' FOR UPDATE",
            &[Duplicado, Duplicado],
            &[Plain, ByAdmin, Outro, Keyed, Lote, SimulationWithMotivo, Login, PresentState, Historico, Motivos, Ready],
        ),
        (
            "SELECT FROM usuario WHERE chave = 'user.api' FOR UPDATE",
            &[Plain, Duplicado, Keyed],
            &[ByAdmin, Simulation, Login, PresentState, Historico, Motivos, Ready],
        ),
        ("SELECT FROM perfil, concessao, liberacao, nivel FOR UPDATE", &[], &all),
        (
            "SELECT FROM atendimento WHERE protocolo = '20221104000003' FOR UPDATE",
            &[Duplicado],
            &[Plain, ByAdmin, Outro, Keyed, Lote, Simulation, Login, PresentState, Motivos, Ready],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_for_which_many_wait() {
    const MANY: [Ask; 400] = [Duplicado; 400];
    each(&[(
        "SELECT FROM atendimento WHERE protocolo = '20221104000003' FOR UPDATE",
        &MANY,
        &[Plain, ByAdmin, Outro, Keyed, Login, PresentState, Motivos, Ready],
    )])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_changes() {
    const CHANGES: &[Ask] = &[Plain, ByAdmin, Duplicado, Keyed, Lote];
    const READS: &[Ask] = &[SimulationWithMotivo, SimulationWithKey, Login, PresentState, Historico, Motivos, Ready];
    each(&[
        ("LOCK TABLE historico IN SHARE MODE", CHANGES, READS),
        ("CREATE INDEX ON historico (em)", CHANGES, READS),
        ("LOCK TABLE historico IN SHARE ROW EXCLUSIVE MODE", CHANGES, READS),
        ("LOCK TABLE atendimento IN SHARE MODE", CHANGES, READS),
        (
            "LOCK TABLE historico IN ACCESS EXCLUSIVE MODE",
            &[Plain, Duplicado, Keyed, Lote, PresentState, Historico],
            &[Simulation, Login, Motivos, Ready],
        ),
        (
            "LOCK TABLE atendimento IN ACCESS EXCLUSIVE MODE",
            &[Plain, Duplicado, Keyed, Lote, PresentState, Simulation],
            &[Login, Motivos, Ready],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_some_changes_need() {
    each(&[
        (
            "LOCK TABLE idempotencia IN SHARE MODE",
            &[Keyed, Keyed],
            &[Plain, ByAdmin, Duplicado, Lote, SimulationWithKey, Login, PresentState, Motivos, Ready],
        ),
        (
            "LOCK TABLE idempotencia IN ACCESS EXCLUSIVE MODE",
            &[Keyed, SimulationWithKey],
            &[Plain, ByAdmin, Duplicado, Lote, SimulationWithMotivo, Login, PresentState, Motivos, Ready],
        ),
        (
            "LOCK TABLE motivo IN SHARE ROW EXCLUSIVE MODE",
            &[],
            &[Plain, ByAdmin, Duplicado, Keyed, Lote, SimulationWithMotivo, Login, PresentState, Motivos, Ready],
        ),
        (
            "LOCK TABLE motivo IN EXCLUSIVE MODE",
            &[Plain, Duplicado, Outro, Keyed],
            &[SimulationWithMotivo, SimulationWithKey, Login, PresentState, Motivos, Ready],
        ),
        (
            "LOCK TABLE motivo IN ACCESS EXCLUSIVE MODE",
            &[Plain, Duplicado, SimulationWithMotivo, Motivos, Motivos, Motivos, PresentState, PresentState, Historico],
            &[Simulation, Login, Ready],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_access() {
    const CHANGES: &[Ask] = &[Plain, ByAdmin, Duplicado, Keyed, Lote];
    each(&[
        ("LOCK TABLE usuario IN SHARE ROW EXCLUSIVE MODE", &[], CHANGES),
        ("LOCK TABLE usuario IN EXCLUSIVE MODE", CHANGES, &[Simulation, Login, PresentState, Motivos, Ready]),
        ("LOCK TABLE usuario IN ACCESS EXCLUSIVE MODE", &[Plain, Duplicado, Keyed, Login, Login, Historico], &[Ready]),
        ("LOCK TABLE perfil, nivel, concessao, liberacao IN SHARE ROW EXCLUSIVE MODE", &[], CHANGES),
        ("LOCK TABLE tentativa IN SHARE MODE", &[], &[Plain, Duplicado, Keyed, Login, PresentState, Motivos, Ready]),
        (
            "LOCK TABLE tentativa IN ACCESS EXCLUSIVE MODE",
            &[Login, Login, Login],
            &[Plain, Keyed, PresentState, Motivos],
        ),
    ])
    .await;
}

/// A key that somebody is just writing can't be skipped: it has to be found among those of its batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_held_holds_up_its_request_alone() {
    let Some(url) = postgres::url().await else { return };
    let database = Database::postgres(url).await;
    let scene = Scene::new(&database).await;
    let insert = "INSERT INTO idempotencia SELECT id, 'held', 0, 0 FROM usuario WHERE login = 'user.api'";
    let held = database.hold_by(insert).await;
    let start = Instant::now();
    let asked = futures_util::future::join_all((1..=30).map(async |number: u64| {
        let key = if number == 17 { "held".to_owned() } else { number.to_string() };
        let headers = [("authorization", scene.api.as_str()), ("idempotency-key", key.as_str())];
        let body = json!({"protocolo": 20_221_104_000_000 + number, "status": "Finalizado"}).to_string();
        let answer = scene.server.send(Method::POST, STATUS, &headers, body).await;
        assert_eq!(answer.status, 200, "{number}: {answer:?}");
        (number, start.elapsed())
    }));
    let release = async {
        tokio::time::sleep(HELD).await;
        held.release().await;
    };
    let (asked, ()) = tokio::join!(asked, release);
    for (number, took) in asked {
        assert_eq!(number == 17, took >= HELD, "{number} took {took:?}");
    }
    scene.server.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_access_check() {
    let Some(url) = postgres::url().await else { return };
    let database = Database::postgres(url).await;
    let scene = Scene::new(&database).await;
    for table in ["perfil", "usuario", "concessao"] {
        // What is known of a user's access is too old by now.
        scene.server.clock.advance(time::Duration::seconds(1));
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        let held = database.hold_by(&lock).await;
        scene.try_out(&lock, held.release(), &[Plain, Plain, ByAdmin, PresentState, Motivos], &[Ready]).await;
    }
    scene.server.stop().await;
    database.remove().await;
}

async fn four_seconds_are_waited_out_and_seven_are_not(database: &Database) {
    let scene = Scene::new(database).await;
    for (seconds, status) in [(4, 200), (7, 503)] {
        let held = database.hold("20221104000001").await;
        let start = Instant::now();
        let changes = futures_util::future::join_all((0..6).map(async |_| {
            let answer = scene.ask(Plain).await;
            assert_eq!(answer.status, status, "{answer:?}");
            start.elapsed()
        }));
        let release = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            held.release().await;
        };
        let (took, ()) = tokio::join!(changes, release);
        let least = Duration::from_secs(seconds.min(5));
        for took in took {
            assert!((least..least + Duration::from_millis(1800)).contains(&took), "{seconds} s: {took:?}");
        }
    }
    scene.ask(Plain).await.is(200, "Atendimento atualizado com sucesso");
    assert_eq!(database.broken_links().await, 0);
    scene.server.stop().await;
}

async fn reads_do_not_feel_a_writer(database: &Database) {
    let scene = Scene::new(database).await;
    let held = database.hold("20221104000001").await;
    scene
        .try_out("a writer", held.release(), &[Plain, Plain], &[Simulation, PresentState, Historico, Motivos, Ready])
        .await;
    scene.server.stop().await;
}

async fn what_logins_count_waits_for_its_lock(database: &Database) {
    let scene = Scene::new(database).await;
    let store = &scene.server.store;
    store.debit(&[Debit { key: [7; 16], login: None, cost: 1000 }]).await.unwrap();
    for seconds in [4, 7] {
        let start = Instant::now();
        let held = database.hold_by("LOCK TABLE tentativa IN SHARE MODE").await;
        let release = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            held.release().await;
        };
        let written =
            async { (store.debit(&[Debit { key: [7; 16], login: None, cost: 1000 }]).await, start.elapsed()) };
        let noted = async { store.set_success(&[7; 16], &[7; 16]).await };
        let ((written, took), noted, ()) = tokio::join!(written, noted, release);
        assert!(took < Duration::from_secs(7), "{took:?}");
        if seconds < 5 {
            written.unwrap();
            noted.unwrap();
        } else {
            assert!(written.unwrap_err().is_transient() && noted.unwrap_err().is_transient());
        }
    }
    scene.server.stop().await;
}

both_engines! {
    four_seconds_are_waited_out_and_seven_are_not,
    reads_do_not_feel_a_writer,
    what_logins_count_waits_for_its_lock,
}
