//! PostgreSQL 13 or newer. Lists travel as arrays, so that every statement is one round trip.

mod lanes;

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};
use time::OffsetDateTime;
use tokio::time::timeout;

use self::lanes::{LANES, Lanes};
use super::atendimentos::{REGISTRO, RegistroRow, SnapshotRow, registro_of, snapshot_of, steps};
use super::migrations::{COMPATIBILITY, beside_newer_ones, compare, has_newer_ones};
use super::sandbox::FORGET;
use super::{Atendimentos, Example, Import, Migration, NewAtendimento, Result, Sandbox, Schema, StoreError, in_time};
use crate::domain::atendimento::{Atendimento, Change, Snapshot};
use crate::domain::registro::Registro;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| beside_newer_ones(sqlx::migrate!("migrations/postgres")));

/// How long a request may wait for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection that comes back may take to answer.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Both halves of a snapshot; a motivo's row has no status.
const SNAPSHOT: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1)
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = ANY($2)";

/// Moves each atendimento that is still at the revision read, writes the history and the idempotency
/// keys of those alone, and returns the others. $1 is the steps, the rest the columns of the changes. The time is the
/// database's, and the times of one history never go back.
macro_rules! commit {
    ($free:literal, $moving:literal) => {
        concat!(
            "
WITH instante AS MATERIALIZED (
    SELECT agora, timestamptz 'epoch' + agora * interval '1 millisecond' AS em FROM relogio
), change AS (
    SELECT * FROM instante, unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[],
                                   $6::bigint[], $7::bigint[], $8::text[], $9::boolean[], $10::text[], $11::bigint[])
        AS change (steps, id, revisao, de, para, motivo_id, usuario_id, comentario, visivel_cliente, chave, impressao)
), ",
            $free,
            "moved AS (
    UPDATE atendimento a
    SET status = change.para, revisao = change.revisao, atualizado_em = greatest(a.atualizado_em, change.em)
    FROM ",
            $moving,
            "
    WHERE change.steps > 0 AND a.id = change.id AND a.revisao = change.revisao - change.steps
    RETURNING a.id, a.atualizado_em
), written AS (
    INSERT INTO historico
        (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    SELECT id, revisao, atualizado_em, de, para, motivo_id, usuario_id, comentario, visivel_cliente
    FROM change JOIN moved USING (id)
), marked AS (
    INSERT INTO idempotencia (usuario_id, chave, impressao, em)
    SELECT usuario_id, chave, impressao, agora
    FROM change JOIN moved USING (id)
    WHERE chave IS NOT NULL
)
SELECT id FROM change WHERE steps > 0 AND id NOT IN (SELECT id FROM moved)"
        )
    };
}

const COMMIT: &str = commit!("", "change");

/// The same, passing over what somebody else holds locked.
const COMMIT_FREE: &str = commit!(
    "free AS MATERIALIZED (
    SELECT a.id FROM atendimento a JOIN change ON change.steps > 0 AND change.id = a.id
    FOR NO KEY UPDATE OF a SKIP LOCKED
), ",
    "change JOIN free USING (id)"
);

const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT protocolo, status, timestamptz 'epoch' + agora * interval '1 millisecond'
FROM relogio, unnest($1::text[], $2::smallint[]) AS novo (protocolo, status)
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

const LOCK: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1) ORDER BY id FOR NO KEY UPDATE";

/// Waits until all changes under way have ended, as long as a lane waits for a lock, and lets none begin.
/// The atendimentos come first, as in a commit, so that the two never wait for each other.
const LOCK_TABLES: &str = "
LOCK TABLE atendimento, historico, motivo, idempotencia, tentativa IN SHARE ROW EXCLUSIVE MODE";

/// Whether no schema but the system's holds a table or a view, of whatever kind. Names in pg_ are the system's.
const EMPTY: &str = "
SELECT NOT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm') AND nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_'))";

/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after a lock was waited for in vain no batch waits for one.
const OBSTRUCTION: Duration = Duration::from_secs(2);

/// A store on a PostgreSQL server.
pub struct PostgresStore {
    pool: PgPool,
    lanes: Lanes,
    /// When a lock was last waited for in vain.
    obstructed: Mutex<Option<Instant>>,
}

impl PostgresStore {
    /// Connects, and refuses servers that are too old.
    pub async fn open(options: PgConnectOptions, max_connections: u32) -> Result<Self> {
        let options = options.application_name("citrus-status");
        // Past the pool, which would only say that it waited in vain.
        let mut connection = timeout(CONNECT_TIMEOUT, options.connect()).await.map_err(|_| StoreError::Slow)??;
        let (number, version, encoding): (i32, String, String) = sqlx::query_as(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                    current_setting('server_encoding')",
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
        let pool = PgPoolOptions::new()
            .max_connections(max_connections.saturating_sub(LANES as u32).max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(async { insist_on_durability(connection).await }))
            .connect_lazy_with(options.clone());
        Ok(Self { pool, lanes: Lanes::new(options), obstructed: Mutex::default() })
    }

    /// Whether a batch would probably run into that lock again.
    fn is_obstructed(&self) -> bool {
        let last = *self.obstructed.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < OBSTRUCTION)
    }

    /// A connection for what requests read.
    pub(super) async fn read(&self) -> sqlx::Result<Loan> {
        Ok(Loan(self.pool.acquire().await?))
    }

    /// A connection for what requests write past the change queue.
    pub(super) async fn write(&self) -> sqlx::Result<Loan> {
        self.read().await
    }

    pub(super) fn reader(&self) -> &PgPool {
        &self.pool
    }

    pub(super) fn writer(&self) -> &PgPool {
        &self.pool
    }
}

/// A connection of the pool. The pool asks a connection that comes back whether it lives, without a limit:
/// one that was cut without a word would keep its place until the system gave it up, a quarter of an
/// hour later.
pub(super) struct Loan(PoolConnection<Postgres>);

impl Deref for Loan {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // Given up half-way, it frees its place.
        tokio::spawn(timeout(RELEASE_TIMEOUT, self.0.return_to_pool()));
    }
}

#[async_trait]
impl Schema for PostgresStore {
    async fn apply_migrations(&self) -> Result<()> {
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    async fn migrations(&self) -> Result<Vec<Migration>> {
        let mut connection = self.read().await?;
        let known: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&*MIGRATOR.table_name)
            .fetch_one(&mut *connection)
            .await?;
        let applied = if known { connection.list_applied_migrations(&MIGRATOR.table_name).await? } else { Vec::new() };
        let compatibility = if has_newer_ones(&MIGRATOR, &applied) {
            sqlx::query_as(COMPATIBILITY).fetch_all(&mut *connection).await?
        } else {
            Vec::new()
        };
        compare(&MIGRATOR, &applied, &compatibility)
    }

    async fn is_empty(&self) -> Result<bool> {
        Ok(sqlx::query_scalar(EMPTY).fetch_one(self.reader()).await?)
    }

    async fn close(&self) {
        self.pool.close().await;
        self.lanes.close().await;
    }
}

#[async_trait]
impl Atendimentos for PostgresStore {
    async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot> {
        loop {
            let mut lease = self.lanes.lease().await?;
            let query = sqlx::query_as(SNAPSHOT).bind(protocolos).bind(motivos);
            match in_time(query.fetch_all(&mut lease.connection)).await {
                Ok(rows) => {
                    lease.keep();
                    return snapshot_of(rows);
                }
                // Nothing was changed, so a fresh connection may try.
                Err(_) if lease.used_before => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let mut lease = self.lanes.lease().await?;
        let statement = if self.is_obstructed() { COMMIT_FREE } else { COMMIT };
        let refused = match in_time(write(&mut lease.connection, statement, changes)).await {
            // Somebody holds a row longer than the lock time-out: the others need not wait for it.
            Err(StoreError::Contention(_)) => {
                *self.obstructed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                in_time(write(&mut lease.connection, COMMIT_FREE, changes)).await?
            }
            outcome => outcome?,
        };
        lease.keep();
        Ok(refused)
    }

    fn writers(&self) -> usize {
        LANES
    }

    async fn insert_atendimento(&self, novo: &NewAtendimento) -> Result<()> {
        let done = sqlx::query(INSERT)
            .bind([novo.protocolo.as_str()])
            .bind([novo.status.codigo()])
            .execute(self.writer())
            .await?;
        if done.rows_affected() == 0 { Err(StoreError::AlreadyExists) } else { Ok(()) }
    }

    async fn registro(&self, protocolo: &str) -> Result<Option<Registro>> {
        let rows: Vec<RegistroRow<OffsetDateTime>> =
            sqlx::query_as(REGISTRO).bind(protocolo).fetch_all(self.reader()).await?;
        registro_of(rows, Ok)
    }

    async fn begin_import(&self) -> Result<Box<dyn Import>> {
        Ok(Box::new(PostgresImport { transaction: self.writer().begin().await? }))
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
        write(&mut self.transaction, COMMIT, changes).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

#[async_trait]
impl Sandbox for PostgresStore {
    async fn start_over(&self, example: &Example) -> Result<()> {
        loop {
            let mut lease = self.lanes.lease().await?;
            match in_time(start_over(&mut lease.connection, example)).await {
                Ok(()) => {
                    lease.keep();
                    return Ok(());
                }
                // To do it twice is to do it once, so a fresh connection may try.
                Err(_) if lease.used_before => {}
                Err(error) => return Err(error),
            }
        }
    }
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

/// Overrules a server, database or role that answers a commit before it is on disk; stricter settings stay.
async fn insist_on_durability(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') = 'off'",
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read.
async fn write(connection: &mut PgConnection, statement: &'static str, changes: &[Change]) -> Result<Vec<i64>> {
    let column = || changes.iter();
    let comentario = || changes.iter().map(|change| change.comentario.as_ref());
    let idempotencia = || changes.iter().map(|change| change.idempotencia.as_ref());
    Ok(sqlx::query_scalar(statement)
        .bind(steps(changes).collect::<Vec<i16>>())
        .bind(column().map(|c| c.atendimento_id).collect::<Vec<i64>>())
        .bind(column().map(|c| c.revisao).collect::<Vec<i64>>())
        .bind(column().map(|c| c.de.codigo()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.para.codigo()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.motivo_id).collect::<Vec<Option<i64>>>())
        .bind(column().map(|c| c.usuario_id).collect::<Vec<Option<i64>>>())
        .bind(comentario().map(|c| c.map(|c| &*c.texto)).collect::<Vec<Option<&str>>>())
        .bind(comentario().map(|c| c.map(|c| c.visivel_cliente)).collect::<Vec<Option<bool>>>())
        .bind(idempotencia().map(|i| i.map(|i| &*i.chave)).collect::<Vec<Option<&str>>>())
        .bind(idempotencia().map(|i| i.map(|i| i.impressao)).collect::<Vec<Option<i64>>>())
        .fetch_all(connection)
        .await?)
}
