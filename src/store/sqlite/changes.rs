//! The change queue's statements.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::{Serialize, Serializer};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::store::{BEGIN, SqliteStore, list};
use crate::domain::atendimento::{Change, Snapshot};
use crate::store::attempt::{in_time, retry_on_contention};
use crate::store::error::{Result, StoreError};
use crate::store::rows::{ScopedKey, fingerprints, snapshot_of, steps};

/// How long a commit is tried again before the change queue takes up what has come meanwhile.
const COMMIT_WAIT: Duration = Duration::from_millis(500);

/// Both halves of a snapshot; a motivo's row has no status.
const SNAPSHOT: &str = "
SELECT protocolo AS chave, id, status, revisao FROM atendimento WHERE protocolo IN (SELECT value FROM json_each($1))
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave IN (SELECT value FROM json_each($2))";

/// $1 lists `[usuario, chave]`.
const KEYS: &str = "
SELECT usuario_id, chave, impressao FROM idempotencia
WHERE (usuario_id, chave) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))";

/// Moves each atendimento that is still at the revision read; its times never go back. $1 lists [`ChangeRow`]s.
const MOVE: &str = "
UPDATE atendimento
SET revisao = change.revisao, status = change.para, atualizado_em = max(atualizado_em, (SELECT agora FROM relogio))
FROM (SELECT value ->> 0 AS steps, value ->> 1 AS id, value ->> 2 AS revisao, value ->> 4 AS para FROM json_each($1))
    AS change
WHERE change.steps > 0 AND atendimento.id = change.id AND atendimento.revisao = change.revisao - change.steps
RETURNING id";

/// Writes the history of the atendimentos that were moved. $1 lists their [`ChangeRow`]s.
const WRITE: &str = "
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
SELECT atendimento.id, value ->> 2, atualizado_em, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
FROM json_each($1) JOIN atendimento ON atendimento.id = value ->> 1";

/// $1 lists `[usuario, chave, impressao]`.
const MARK: &str = "
INSERT INTO idempotencia (usuario_id, chave, impressao, em)
SELECT value ->> 0, value ->> 1, value ->> 2, agora FROM json_each($1), relogio";

/// A change as it travels.
struct ChangeRow<'a> {
    /// See [`steps`].
    steps: i16,
    change: &'a Change,
}

/// As a list, in the order of the columns that [`MOVE`] and [`WRITE`] number.
impl Serialize for ChangeRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Change { atendimento_id, revisao, de, para, motivo_id, usuario_id, .. } = self.change;
        let comentario = self.change.comentario.as_ref();
        let (texto, visivel_cliente) = (comentario.map(|c| &*c.texto), comentario.map(|c| c.visivel_cliente));
        let (steps, de, para) = (self.steps, de.code(), para.code());
        (steps, atendimento_id, revisao, de, para, motivo_id, usuario_id, texto, visivel_cliente).serialize(serializer)
    }
}

impl SqliteStore {
    pub async fn snapshot(&self, protocolos: &[String], motivos: &[String]) -> Result<Snapshot> {
        let outcome = async { snapshot(&mut *self.read().await?, protocolos, motivos).await }.await;
        outcome.inspect_err(|error| self.attempts.freshness.note(error))
    }

    pub async fn idempotency_keys(&self, keys: &[ScopedKey]) -> Result<HashMap<ScopedKey, i64>> {
        let query = sqlx::query_as(KEYS).bind(list(keys));
        let rows = in_time::<_, StoreError>(async { Ok(query.fetch_all(&mut *self.read().await?).await?) }).await?;
        Ok(fingerprints(rows))
    }

    pub async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let commit = |mut connection: PoolConnection<Sqlite>| async {
            let refused = commit(&mut connection, changes).await;
            (connection, refused)
        };
        retry_on_contention(COMMIT_WAIT, || self.write_once(commit)).await
    }
}

pub(in crate::store) async fn snapshot<T: Serialize>(
    connection: &mut SqliteConnection,
    protocolos: &[T],
    motivos: &[T],
) -> Result<Snapshot> {
    let query = sqlx::query_as(SNAPSHOT).bind(list(protocolos)).bind(list(motivos));
    snapshot_of(query.fetch_all(connection).await?)
}

/// [`change`] in a transaction.
async fn commit(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Vec<i64>> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let refused = change(&mut transaction, changes).await?;
    transaction.commit().await?;
    Ok(refused)
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read.
pub(in crate::store) async fn change(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Vec<i64>> {
    let mut rows: Vec<ChangeRow<'_>> =
        steps(changes).zip(changes).map(|(steps, change)| ChangeRow { steps, change }).collect();
    let moved: Vec<i64> = sqlx::query_scalar(MOVE).bind(list(&rows)).fetch_all(&mut *connection).await?;
    let moved: HashSet<i64> = moved.into_iter().collect();
    let is_moved = |change: &Change| moved.contains(&change.atendimento_id);
    let stale = rows.iter().filter(|row| row.steps > 0 && !is_moved(row.change));
    let refused = stale.map(|row| row.change.atendimento_id).collect();
    rows.retain(|row| is_moved(row.change));
    if !rows.is_empty() {
        sqlx::query(WRITE).bind(list(&rows)).execute(&mut *connection).await?;
    }
    let marks: Vec<_> = changes
        .iter()
        .filter(|change| is_moved(change))
        .filter_map(|change| change.idempotency.as_ref().map(|mark| (change.usuario_id, &*mark.key, mark.fingerprint)))
        .collect();
    if !marks.is_empty() {
        sqlx::query(MARK).bind(list(&marks)).execute(connection).await?;
    }
    Ok(refused)
}
