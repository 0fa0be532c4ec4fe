//! A database of a test's own: a file or a schema.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use citrus_status::clock::unix_millis;
use citrus_status::config::{Config, Sources};
use citrus_status::example::load_example_data;
use citrus_status::store::Store;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Executor, FromRow, PgConnection, SqliteConnection};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use url::Url;
use uuid::Uuid;

use super::postgres;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub struct Database {
    pub engine: Engine,
    /// `DATABASE_URL`
    pub url: String,
    /// `DATA_DIR`, and the working directory of processes.
    pub dir: TempDir,
    removal: Option<Removal>,
}

/// As the program makes `DATA_DIR`.
fn private_dir() -> TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap()
}

/// What leaves nothing behind on a server.
struct Removal {
    server: String,
    sql: String,
}

impl Database {
    /// An empty one; `None` where there is no PostgreSQL.
    pub async fn new(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::sqlite()),
            Engine::Postgres => Some(Self::postgres(postgres::url().await?).await),
        }
    }

    /// As [`Database::new`], with nothing else beside it: on PostgreSQL a database and not a schema.
    pub async fn alone(engine: Engine) -> Option<Self> {
        if engine == Engine::Sqlite {
            return Some(Self::sqlite());
        }
        let server = postgres::url().await?;
        let name = format!("test_{}", Uuid::new_v4().simple());
        admin(server, &format!("CREATE DATABASE {name}")).await;
        let mut url = Url::parse(server).unwrap();
        url.set_path(&name);
        let removal = Removal { server: server.to_owned(), sql: format!("DROP DATABASE {name} WITH (FORCE)") };
        let dir = private_dir();
        Some(Self { engine, url: url.to_string(), dir, removal: Some(removal) })
    }

    /// An empty file.
    pub fn sqlite() -> Self {
        let dir = private_dir();
        let url = format!("sqlite://{}/citrus-status.db", dir.path().display());
        Self { engine: Engine::Sqlite, url, dir, removal: None }
    }

    /// An empty schema on `server`.
    pub async fn postgres(server: &str) -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        admin(server, &format!("CREATE SCHEMA {name}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        // The driver leaves Nagle's algorithm on, under which the handshake of TLS waits 40 ms twice a connection.
        let tls = if server.contains("sslmode=") { "" } else { "sslmode=disable&" };
        let url = format!("{server}{separator}{tls}options=-c%20search_path%3D{name}");
        let removal = Some(Removal { server: server.to_owned(), sql: format!("DROP SCHEMA {name} CASCADE") });
        Self { engine: Engine::Postgres, url, dir: private_dir(), removal }
    }

    /// The settings that lead to it.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("DATABASE_URL", self.url.as_str()),
            ("DATA_DIR", self.dir.path().to_str().unwrap()),
            ("JWT_SECRET", "a secret for the tests, 32 bytes or more"),
            ("DATABASE_MAX_CONNECTIONS", "4"),
            ("LOGIN_CONCURRENCY", "2"),
            ("BIND_ADDR", "127.0.0.1:0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// The settings as understood, with `extra` on top.
    pub fn config(&self, extra: &[(&str, &str)]) -> Config {
        let mut environment = self.settings();
        environment.retain(|(name, _)| extra.iter().all(|(other, _)| name != other));
        environment.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::load(&Sources { environment, ..Sources::default() }).unwrap()
    }

    /// Opened, but not migrated.
    pub async fn open(&self) -> Arc<Store> {
        Store::open(self.config(&[]).database.target).await.unwrap()
    }

    /// Opened and migrated.
    pub async fn store(&self) -> Arc<Store> {
        let store = self.open().await;
        store.migrate().await.unwrap();
        store
    }

    /// Opened and migrated, with the demo's example data.
    pub async fn example(&self) -> Arc<Store> {
        let store = self.store().await;
        load_example_data(&store).await.unwrap();
        store
    }

    /// Stops the database's clock at `at`.
    pub async fn stop_clock(&self, at: OffsetDateTime) {
        self.execute("DROP VIEW IF EXISTS relogio; CREATE TABLE relogio (agora bigint)").await;
        self.execute(&format!("INSERT INTO relogio VALUES ({})", unix_millis(at))).await;
    }

    /// Moves the database's clock, once it is stopped.
    pub async fn advance_clock(&self, by: Duration) {
        self.execute(&format!("UPDATE relogio SET agora = agora + {}", by.whole_milliseconds())).await;
    }

    /// Runs statements past the store.
    pub async fn execute(&self, sql: &str) {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                connection.execute(AssertSqlSafe(sql)).await.unwrap();
                connection.close().await.unwrap();
            }
            Engine::Postgres => admin(&self.url, sql).await,
        }
    }

    /// The number that a query past the store yields.
    pub async fn number(&self, sql: &str) -> i64 {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// The rows that a query past the store yields.
    pub async fn rows<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    /// Holds an atendimento as another process would.
    pub async fn hold(&self, protocolo: &str) -> Held {
        self.hold_by(&format!("SELECT id FROM atendimento WHERE protocolo = '{protocolo}' FOR UPDATE")).await
    }

    /// Holds what PostgreSQL's statement `lock` locks; SQLite has no smaller lock than the whole file.
    pub async fn hold_by(&self, lock: &str) -> Held {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Held::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                connection.execute(AssertSqlSafe(format!("BEGIN; {lock}"))).await.unwrap();
                Held::Postgres(connection)
            }
        }
    }

    /// Holds all rows of a table as another process would; with SQLite, the whole file.
    pub async fn hold_rows(&self, table: &str) -> Held {
        self.hold_by(&format!("SELECT FROM {table} FOR UPDATE")).await
    }

    /// How many history entries do not start where the one before ended, or leave a gap, or disagree
    /// with the atendimento itself. Zero, or something was lost.
    pub async fn broken_links(&self) -> i64 {
        self.number(
            "SELECT
                (SELECT count(*) FROM historico later WHERE later.revisao > 1 AND NOT EXISTS (
                    SELECT 1 FROM historico earlier
                    WHERE earlier.atendimento_id = later.atendimento_id
                      AND earlier.revisao = later.revisao - 1 AND earlier.para = later.de))
              + (SELECT count(*) FROM atendimento a WHERE revisao > 0 AND NOT EXISTS (
                    SELECT 1 FROM historico last
                    WHERE last.atendimento_id = a.id AND last.revisao = a.revisao AND last.para = a.status))
              + (SELECT count(*) FROM historico h JOIN atendimento a ON a.id = h.atendimento_id
                    WHERE h.revisao > a.revisao)",
        )
        .await
    }

    /// Leaves nothing behind; a test that failed leaves its schema or database for a look.
    pub async fn remove(self) {
        if let Some(Removal { server, sql }) = &self.removal {
            admin(server, sql).await;
        }
    }
}

/// A lock that is held until it is released.
pub enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Held {
    /// Runs a statement in the transaction that holds the lock.
    pub async fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => drop(connection.execute(AssertSqlSafe(sql)).await.unwrap()),
            Self::Postgres(connection) => drop(connection.execute(AssertSqlSafe(sql)).await.unwrap()),
        }
    }

    /// Releases the lock, and keeps what was done under it.
    pub async fn commit(mut self) {
        self.execute("COMMIT").await;
    }

    pub async fn release(mut self) {
        self.execute("ROLLBACK").await;
    }
}

/// Runs a statement on a server of PostgreSQL.
pub async fn admin(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}
