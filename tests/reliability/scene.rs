//! A database with the demo's example data, for one test.

use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed, Trial};
use tokio::time::sleep;

use crate::checker::{Attempt, Entry, Record, Verdict, check};
use crate::report::Form;
use crate::support::database::{Database, Engine};
use crate::support::postgres::Cluster;
use crate::support::program::Process;

/// The first of the demo's 30 protocol numbers.
const FIRST_PROTOCOLO: u64 = 20_221_104_000_001;
/// A token has to last as long as the long form.
const SETTINGS: [(&str, &str); 1] = [("TOKEN_TTL_SECONDS", "31536000")];
/// The pause between two looks at a condition.
pub const LOOK: Duration = Duration::from_millis(5);

pub struct Scene {
    pub database: Database,
    /// The PostgreSQL of this test alone; every commit is synced.
    pub cluster: Option<Cluster>,
    /// The atendimentos before the test.
    before: Vec<Record>,
}

/// A test on `engine`, in a database of its own.
pub fn trial<F>(name: &str, engine: Engine, form: Form, test: fn(Scene, Form) -> F) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    Trial::ignorable_test(format!("{name}::{}", format!("{engine:?}").to_lowercase()), move || {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let Some(scene) = Scene::new(engine).await else {
                let missing = "there is no initdb for a throw-away cluster";
                return match std::env::var("REQUIRE_POSTGRES").as_deref() {
                    Ok("1") => Err(Failed::from(missing)),
                    _ => Ok(Completion::ignored_with(missing)),
                };
            };
            test(scene, form).await;
            Ok(Completion::Completed)
        })
    })
}

/// The same test on both engines.
pub fn both<F>(name: &str, form: Form, test: fn(Scene, Form) -> F) -> [Trial; 2]
where
    F: Future<Output = ()> + 'static,
{
    [Engine::Sqlite, Engine::Postgres].map(|engine| trial(name, engine, form, test))
}

impl Scene {
    /// `None` where PostgreSQL is asked for and not installed.
    async fn new(engine: Engine) -> Option<Self> {
        let (database, cluster) = match engine {
            Engine::Sqlite => (Database::sqlite(), None),
            Engine::Postgres => {
                let cluster = Cluster::start("fsync=on")?;
                (Database::postgres(&cluster.url).await, Some(cluster))
            }
        };
        Some(Self::of(database, cluster).await)
    }

    /// In a schema on the server of `url`, which others run.
    pub async fn on(url: &str) -> Self {
        Self::of(Database::postgres(url).await, None).await
    }

    async fn of(database: Database, cluster: Option<Cluster>) -> Self {
        database.example().await.close().await;
        let mut scene = Self { database, cluster, before: Vec::new() };
        scene.before = scene.records().await;
        scene
    }

    /// The first `count` protocol numbers.
    pub fn protocolos(&self, count: u64) -> Vec<u64> {
        (FIRST_PROTOCOLO..).take(count as usize).collect()
    }

    pub fn serve(&self) -> Process {
        self.serve_with(&[], &[])
    }

    /// See [`Process::serve_with`].
    pub fn serve_with(&self, extra: &[(&str, &str)], wrapper: &[&str]) -> Process {
        Process::serve_with(&self.database, &[&SETTINGS, extra].concat(), wrapper)
    }

    /// Judges `attempts` by what the database shows now.
    pub async fn verdict(&self, attempts: &[Attempt]) -> Verdict {
        check(&self.records().await, attempts)
    }

    /// All atendimentos, read past the server. What is the current status before the run is the initial one in it.
    async fn records(&self) -> Vec<Record> {
        let rows: Vec<Row> = self
            .database
            .rows(
                "SELECT a.protocolo, CAST(a.status AS bigint), CAST(a.revisao AS bigint), CAST(h.revisao AS bigint),
                        CAST(h.de AS bigint), CAST(h.para AS bigint), h.comentario, m.nome,
                        CAST(CASE WHEN h.visivel_cliente THEN 1 WHEN NOT h.visivel_cliente THEN 0 END AS bigint)
                 FROM atendimento a
                 LEFT JOIN historico h ON h.atendimento_id = a.id
                 LEFT JOIN motivo m ON m.id = h.motivo_id
                 ORDER BY a.protocolo, h.revisao",
            )
            .await;
        let mut records: Vec<Record> = Vec::new();
        for (protocolo, status, revisao, entry_revisao, de, para, comentario, motivo, visivel) in rows {
            let protocolo = protocolo.parse().unwrap();
            if records.last().is_none_or(|last| last.protocolo != protocolo) {
                let inicial = self.before.iter().find(|b| b.protocolo == protocolo).map_or(status, |b| b.status);
                records.push(Record { protocolo, inicial, status, revisao, historico: Vec::new() });
            }
            if let (Some(revisao), Some(de), Some(para), Some(record)) = (entry_revisao, de, para, records.last_mut()) {
                let mark = comentario.and_then(|texto| texto.parse().ok());
                let visivel = visivel.map(|visivel| visivel == 1);
                record.historico.push(Entry { revisao, de, para, mark, visivel, com_motivo: motivo.is_some() });
            }
        }
        records
    }
}

/// Protocolo, status and revisao; revisao, de, para, comentario, motivo and `visivel_cliente` of an entry.
type Row = (String, i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>, Option<i64>);

/// Asks for readiness until it is there, and returns how long it took since `since`.
pub async fn ready(process: &Process, since: Instant) -> Duration {
    while process.get("/health/ready", "").await != 200 {
        assert!(since.elapsed() < Duration::from_mins(1), "it does not become ready");
        sleep(LOOK).await;
    }
    since.elapsed()
}
