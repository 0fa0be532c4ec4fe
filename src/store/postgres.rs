//! PostgreSQL 13 or newer. Lists travel as arrays, so that every statement is one round trip.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::atendimentos::{Head, REGISTRO, RegistroRow, SnapshotRow, heads, registro_of, snapshot_of};
use super::{Atendimentos, Import, Migration, NewAtendimento, Result, Schema, StoreError};
use crate::domain::atendimento::{Atendimento, Change, Snapshot, Status};
use crate::domain::registro::Registro;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a request may wait for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Both halves of a snapshot; a motivo's row has no status.
const SNAPSHOT: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1)
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = ANY($2)";

/// Moves each atendimento that is still at the revision read, writes the history of those alone,
/// and returns the others.
const COMMIT: &str = "
WITH head AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::timestamptz[])
        AS head (id, base, revisao, status, em)
), moved AS (
    UPDATE atendimento a SET status = head.status, revisao = head.revisao, atualizado_em = head.em
    FROM head WHERE a.id = head.id AND a.revisao = head.base
    RETURNING a.id
), written AS (
    INSERT INTO historico
        (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    SELECT change.*
    FROM unnest($6::bigint[], $7::bigint[], $8::timestamptz[], $9::smallint[], $10::smallint[],
                $11::bigint[], $12::bigint[], $13::text[], $14::boolean[])
        AS change (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    JOIN moved ON moved.id = change.atendimento_id
)
SELECT id FROM head WHERE id NOT IN (SELECT id FROM moved)";

const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT protocolo, status, $3 FROM unnest($1::text[], $2::smallint[]) AS novo (protocolo, status)
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

const LOCK: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1) ORDER BY id FOR NO KEY UPDATE";

/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A store on a PostgreSQL server.
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects, and refuses servers that are too old.
    pub async fn open(options: PgConnectOptions, max_connections: u32) -> Result<Self> {
        let options = options.application_name("citrus-status");
        // Past the pool, which would only say that it waited in vain.
        let mut connection = timeout(CONNECT_TIMEOUT, options.connect()).await.map_err(|_| StoreError::Slow)??;
        let (number, version): (i32, String) =
            sqlx::query_as("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
                .fetch_one(&mut connection)
                .await?;
        connection.close().await?;
        if number < 130_000 {
            return Err(StoreError::OldPostgres(version));
        }
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    pub(super) fn reader(&self) -> &PgPool {
        &self.pool
    }

    pub(super) fn writer(&self) -> &PgPool {
        &self.pool
    }
}

#[async_trait]
impl Schema for PostgresStore {
    async fn apply_migrations(&self) -> Result<()> {
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    async fn migrations(&self) -> Result<Vec<Migration>> {
        let mut connection = self.pool.acquire().await?;
        let known: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&*MIGRATOR.table_name)
            .fetch_one(&mut *connection)
            .await?;
        let applied = if known { connection.list_applied_migrations(&MIGRATOR.table_name).await? } else { Vec::new() };
        super::compare(&MIGRATOR, &applied)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Atendimentos for PostgresStore {
    async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot> {
        let rows: Vec<SnapshotRow> =
            sqlx::query_as(SNAPSHOT).bind(protocolos).bind(motivos).fetch_all(self.reader()).await?;
        snapshot_of(rows)
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let mut connection = self.writer().acquire().await?;
        match write(&mut connection, changes).await {
            // A deadlock with another server: nothing of the batch was written.
            Err(StoreError::Contention(_)) => Ok(heads(changes).iter().map(|head| head.last.atendimento_id).collect()),
            outcome => outcome,
        }
    }

    async fn insert_atendimento(&self, novo: &NewAtendimento, em: OffsetDateTime) -> Result<()> {
        sqlx::query("INSERT INTO atendimento (protocolo, status, atualizado_em) VALUES ($1, $2, $3)")
            .bind(&novo.protocolo)
            .bind(novo.status.codigo())
            .bind(em)
            .execute(self.writer())
            .await?;
        Ok(())
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
    async fn insert(&mut self, novos: &[NewAtendimento], em: OffsetDateTime) -> Result<HashMap<String, Atendimento>> {
        let protocolos: Vec<&str> = novos.iter().map(|novo| novo.protocolo.as_str()).collect();
        let codigos: Vec<i16> = novos.iter().map(|novo| novo.status.codigo()).collect();
        let inserted: HashSet<String> = sqlx::query_scalar(INSERT)
            .bind(&protocolos)
            .bind(codigos)
            .bind(em)
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
        write(&mut self.transaction, changes).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read.
async fn write(connection: &mut PgConnection, changes: &[Change]) -> Result<Vec<i64>> {
    let heads = heads(changes);
    let head = |part: fn(&Head<'_>) -> i64| heads.iter().map(part).collect::<Vec<i64>>();
    let id = |part: fn(&Change) -> i64| changes.iter().map(part).collect::<Vec<i64>>();
    let optional_id = |part: fn(&Change) -> Option<i64>| changes.iter().map(part).collect::<Vec<Option<i64>>>();
    let codigo = |part: fn(&Change) -> Status| changes.iter().map(|c| part(c).codigo()).collect::<Vec<i16>>();
    let comentarios = || changes.iter().map(|c| c.comentario.as_ref());
    Ok(sqlx::query_scalar(COMMIT)
        .bind(head(|h| h.last.atendimento_id))
        .bind(head(|h| h.base))
        .bind(head(|h| h.last.revisao))
        .bind(heads.iter().map(|h| h.last.para.codigo()).collect::<Vec<i16>>())
        .bind(heads.iter().map(|h| h.last.em).collect::<Vec<_>>())
        .bind(id(|c| c.atendimento_id))
        .bind(id(|c| c.revisao))
        .bind(changes.iter().map(|c| c.em).collect::<Vec<_>>())
        .bind(codigo(|c| c.de))
        .bind(codigo(|c| c.para))
        .bind(optional_id(|c| c.motivo_id))
        .bind(optional_id(|c| c.usuario_id))
        .bind(comentarios().map(|c| c.map(|c| &*c.texto)).collect::<Vec<Option<&str>>>())
        .bind(comentarios().map(|c| c.map(|c| c.visivel_cliente)).collect::<Vec<Option<bool>>>())
        .fetch_all(connection)
        .await?)
}
