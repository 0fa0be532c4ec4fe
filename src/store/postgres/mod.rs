//! PostgreSQL 13 or newer. Lists travel as arrays, so that every statement is one round trip.

mod changes;
mod lanes;
mod loan;
mod session;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{Connection, Postgres, Transaction};
use time::OffsetDateTime;
use tokio::time::timeout;

use self::changes::{Locked, SNAPSHOT, write};
use self::lanes::{LANES, Lanes};
use self::loan::Loan;
use self::session::Opening;
use super::atendimentos::{REGISTRO, RegistroRow, SnapshotRow, registro_of, snapshot_of};
use super::attempt::{Attempts, LOCK_WAIT, patiently};
use super::idempotency::{MEND, PORTION, PURGE};
use super::migrations::{COMPATIBILITY, beside_newer_ones, compare, has_newer_ones};
use super::sandbox::FORGET;
use super::{
    Atendimentos, Example, Idempotency, IdempotencyKey, Import, Migration, NewAtendimento, Result, Sandbox, Schema,
    StoreError,
};
use crate::domain::atendimento::{Atendimento, Change, Snapshot};
use crate::domain::registro::Registro;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| beside_newer_ones(sqlx::migrate!("migrations/postgres")));

const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT protocolo, status, timestamptz 'epoch' + agora * interval '1 millisecond'
FROM relogio, unnest($1::text[], $2::smallint[]) AS novo (protocolo, status)
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

const LOCK: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1) ORDER BY id FOR NO KEY UPDATE";

const KEYS: &str = "
SELECT usuario_id, chave, impressao
FROM idempotencia JOIN unnest($1::bigint[], $2::text[]) AS asked (usuario_id, chave) USING (usuario_id, chave)";

/// Waits until all changes under way have ended, as long as a lane waits for a lock, and lets none begin.
/// The atendimentos come first, as in a commit, so that the two never wait for each other.
const LOCK_TABLES: &str = "
LOCK TABLE atendimento, historico, motivo, idempotencia, tentativa IN SHARE ROW EXCLUSIVE MODE";

/// Whether no schema but the system's holds a table or a view, of whatever kind. Names in pg_ are the system's.
const EMPTY: &str = "
SELECT NOT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm') AND nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_'))";

/// A change of any atendimento, but for its status and with a revision that no change has: it waits for none, and none
/// for it. The comment is long and random, so that it finds no room in a page that is there already.
const TRIAL: &str = "
WITH touched AS (UPDATE atendimento SET status = status, revisao = revisao, atualizado_em = atualizado_em WHERE false)
INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
SELECT id, -pg_backend_pid(), atualizado_em, status, status,
       (SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 512)), false
FROM atendimento ORDER BY id LIMIT 1";

/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A store on a PostgreSQL server.
pub struct PostgresStore {
    pub(super) attempts: Attempts,
    pool: PgPool,
    lanes: Lanes,
    /// For the command line and for migrations.
    commands: PgPool,
}

impl PostgresStore {
    /// Connects, and refuses servers that are too old.
    pub async fn open(options: PgConnectOptions, max_connections: u32) -> Result<Self> {
        let options = session::startup(options);
        // Past the pool, which would only say that it waited in vain.
        let mut connection =
            timeout(CONNECT_TIMEOUT, session::first(&options)).await.map_err(|_| StoreError::Slow)??;
        let (number, version, encoding, search_path): (i32, String, String, String) = sqlx::query_as(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                    current_setting('server_encoding'),
                    coalesce((SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name),
                             current_setting('search_path'))",
        )
        .fetch_one(&mut connection)
        .await?;
        connection.close().await?;
        if number < 130_000 {
            return Err(StoreError::OldPostgres(version));
        }
        if encoding != "UTF8" {
            return Err(StoreError::Encoding(encoding));
        }
        let connections = max_connections.saturating_sub(LANES as u32).max(1);
        let attempts = Attempts::new(connections);
        let opening = Opening { options, search_path: search_path.into() };
        Ok(Self {
            pool: session::pool(opening.clone(), connections, attempts.freshness.clone()),
            lanes: Lanes::new(opening.clone(), attempts.freshness.clone()),
            commands: session::command_pool(opening, connections),
            attempts,
        })
    }

    /// A connection for what requests read.
    pub(super) async fn read(&self) -> sqlx::Result<Loan> {
        Ok(Loan(self.pool.acquire().await?))
    }

    /// A connection for what requests write past the change queue.
    pub(super) async fn write(&self) -> sqlx::Result<Loan> {
        self.read().await
    }

    /// Connections for what commands read.
    pub(super) fn command_reader(&self) -> &PgPool {
        &self.commands
    }

    /// Connections for what commands write.
    pub(super) fn command_writer(&self) -> &PgPool {
        &self.commands
    }
}

#[async_trait]
impl Schema for PostgresStore {
    async fn apply_migrations(&self) -> Result<()> {
        Ok(MIGRATOR.run(&self.commands).await?)
    }

    async fn migrations(&self) -> Result<Vec<Migration>> {
        let mut connection = self.read().await?;
        let known: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&*MIGRATOR.table_name)
            .fetch_one(&mut *connection)
            .await?;
        let applied = if known { connection.list_applied_migrations(&MIGRATOR.table_name).await? } else { Vec::new() };
        if known && let Some(version) = connection.dirty_version(&MIGRATOR.table_name).await? {
            return Err(MigrateError::Dirty(version).into());
        }
        let compatibility = if has_newer_ones(&MIGRATOR, &applied) {
            sqlx::query_as(COMPATIBILITY).fetch_all(&mut *connection).await?
        } else {
            Vec::new()
        };
        compare(&MIGRATOR, &applied, &compatibility)
    }

    async fn check_writable(&self) -> Result<()> {
        let query =
            || sqlx::query_scalar("SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery()");
        // A second time on a fresh session.
        for _ in 0..2 {
            let is_read_only: bool =
                self.attempts.run(|| async { query().fetch_one(&mut *self.read().await?).await }).await?;
            if !is_read_only {
                return Ok(());
            }
            self.attempts.freshness.note(&StoreError::ReadOnly);
        }
        Err(StoreError::ReadOnly)
    }

    async fn try_write(&self) -> Result<()> {
        self.attempts.run(|| async { trial(&mut *self.write().await?).await }).await
    }

    async fn description(&self) -> Result<String> {
        let description = "SELECT 'PostgreSQL ' || current_setting('server_version') ||
                CASE WHEN ssl THEN ', ' || version || ' with ' || cipher ELSE ', not encrypted' END
            FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        Ok(sqlx::query_scalar(description).fetch_one(self.command_reader()).await?)
    }

    async fn risks(&self) -> Result<Vec<String>> {
        let risks = "SELECT name || '=' || setting FROM pg_settings
                     WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name";
        Ok(sqlx::query_scalar(risks).fetch_all(self.command_reader()).await?)
    }

    async fn is_empty(&self) -> Result<bool> {
        Ok(sqlx::query_scalar(EMPTY).fetch_one(self.command_reader()).await?)
    }

    async fn close(&self) {
        self.pool.close().await;
        self.commands.close().await;
        self.lanes.close().await;
    }
}

#[async_trait]
impl Atendimentos for PostgresStore {
    async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot> {
        let load = self.lanes.run(true, |mut lane| async {
            let rows = sqlx::query_as(SNAPSHOT).bind(protocolos).bind(motivos).fetch_all(&mut *lane).await;
            (lane, rows)
        });
        snapshot_of(load.await?)
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let commit = |locked| {
            self.lanes.run(false, move |mut lane| async move {
                let refused = write(&mut lane, locked, changes).await;
                (lane, refused)
            })
        };
        if !self.lanes.are_obstructed() {
            match commit(Locked::Wait).await {
                // Somebody holds a row longer than the lock time-out: the others need not wait for it.
                Err(StoreError::Contention(_)) => {}
                outcome => return outcome,
            }
        }
        commit(Locked::PassOver).await
    }

    fn writers(&self) -> usize {
        LANES
    }

    async fn insert_atendimento(&self, novo: &NewAtendimento) -> Result<()> {
        let done = sqlx::query(INSERT)
            .bind([novo.protocolo.as_str()])
            .bind([novo.status.codigo()])
            .execute(self.command_writer())
            .await?;
        if done.rows_affected() == 0 { Err(StoreError::AlreadyExists) } else { Ok(()) }
    }

    async fn registro(&self, protocolo: &str) -> Result<Option<Registro>> {
        let rows: Vec<RegistroRow<OffsetDateTime>> =
            sqlx::query_as(REGISTRO).bind(protocolo).fetch_all(self.command_reader()).await?;
        registro_of(rows, Ok)
    }

    async fn begin_import(&self) -> Result<Box<dyn Import>> {
        Ok(Box::new(PostgresImport { transaction: self.command_writer().begin().await? }))
    }
}

struct PostgresImport {
    transaction: Transaction<'static, Postgres>,
}

#[async_trait]
impl Import for PostgresImport {
    async fn insert(&mut self, novos: &[NewAtendimento]) -> Result<HashMap<String, Atendimento>> {
        let protocolos: Vec<&str> = novos.iter().map(|novo| novo.protocolo.as_str()).collect();
        let codigos: Vec<i16> = novos.iter().map(|novo| novo.status.codigo()).collect();
        let inserted: HashSet<String> = sqlx::query_scalar(INSERT)
            .bind(&protocolos)
            .bind(codigos)
            .fetch_all(&mut *self.transaction)
            .await?
            .into_iter()
            .collect();
        if inserted.len() == novos.len() {
            return Ok(HashMap::new());
        }
        let present: Vec<&str> = protocolos.into_iter().filter(|protocolo| !inserted.contains(*protocolo)).collect();
        let rows: Vec<SnapshotRow> = sqlx::query_as(LOCK).bind(present).fetch_all(&mut *self.transaction).await?;
        Ok(snapshot_of(rows)?.atendimentos)
    }

    async fn change(&mut self, changes: &[Change]) -> Result<Vec<i64>> {
        write(&mut self.transaction, Locked::Wait, changes).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

#[async_trait]
impl Sandbox for PostgresStore {
    async fn start_over(&self, example: &Example) -> Result<()> {
        // To do it twice is to do it once.
        let start = || {
            self.lanes.run(true, |mut lane| async {
                let started = start_over(&mut lane, example).await;
                (lane, started)
            })
        };
        patiently(LOCK_WAIT, start).await
    }
}

#[async_trait]
impl Idempotency for PostgresStore {
    async fn idempotency_keys(&self, keys: &[IdempotencyKey]) -> Result<HashMap<IdempotencyKey, i64>> {
        let load = self.lanes.run(true, |mut lane| async {
            let rows = sqlx::query_as(KEYS)
                .bind(keys.iter().map(|(usuario_id, _)| *usuario_id).collect::<Vec<i64>>())
                .bind(keys.iter().map(|(_, chave)| chave.as_str()).collect::<Vec<&str>>())
                .fetch_all(&mut *lane)
                .await;
            (lane, rows)
        });
        let rows: Vec<(i64, String, i64)> = load.await?;
        Ok(rows.into_iter().map(|(usuario_id, chave, impressao)| ((usuario_id, chave), impressao)).collect())
    }

    async fn mend_some_idempotency_keys(&self) -> Result<u64> {
        let query = || sqlx::query(MEND).bind(PORTION);
        let done = self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await?;
        Ok(done.rows_affected())
    }

    async fn purge_some_idempotency_keys(&self, kept: i64) -> Result<u64> {
        let query = || sqlx::query(PURGE).bind(PORTION).bind(kept);
        let done = self.attempts.run(|| async { query().execute(&mut *self.write().await?).await }).await?;
        Ok(done.rows_affected())
    }
}

/// [`Schema::try_write`]: what a change writes, taken back, in a transaction that is committed all the same, so that
/// it is made durable as one.
async fn trial(connection: &mut PgConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let mut written = transaction.begin().await?;
    sqlx::query(TRIAL).execute(&mut *written).await?;
    written.rollback().await?;
    transaction.commit().await
}

/// [`Sandbox::start_over`] in a transaction; the ids are those of a sequence, which gives none twice.
async fn start_over(connection: &mut PgConnection, example: &Example) -> Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::query(LOCK_TABLES).execute(&mut *transaction).await?;
    for statement in FORGET {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    let motivos = || example.motivos.iter();
    sqlx::query("INSERT INTO motivo (nome, chave) SELECT * FROM unnest($1::text[], $2::text[])")
        .bind(motivos().map(|motivo| motivo.texto.as_str()).collect::<Vec<&str>>())
        .bind(motivos().map(|motivo| motivo.chave.as_str()).collect::<Vec<&str>>())
        .execute(&mut *transaction)
        .await?;
    let atendimentos = || example.atendimentos.iter();
    sqlx::query(INSERT)
        .bind(atendimentos().map(|novo| novo.protocolo.as_str()).collect::<Vec<&str>>())
        .bind(atendimentos().map(|novo| novo.status.codigo()).collect::<Vec<i16>>())
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
