//! The change queue's statements.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::store::{BEGIN, SqliteStore, list};
use super::table::RowsStatement;
use crate::domain::atendimento::{Change, Snapshot};
use crate::store::attempt::retry_on_contention;
use crate::store::error::{Result, StoreError};
use crate::store::rows::{ScopedKey, fingerprints, snapshot_of, steps};
use crate::store::value::{Param, Time};

/// How long a commit is tried again before the change queue takes up what has come meanwhile.
const COMMIT_WAIT: Duration = Duration::from_millis(500);

/// Both halves of a snapshot; a motivo's row has no status. Rows: protocolo. The last parameter lists motivos, each once:
/// they are joined, because `IN` would make an index and a Bloom filter of them, 18 KB for each batch.
static SNAPSHOT: LazyLock<RowsStatement<1>> = LazyLock::new(|| {
    RowsStatement::new(
        "
WITH asked (protocolo) AS (ROWS)
SELECT protocolo AS chave, id, status, revisao FROM asked CROSS JOIN atendimento USING (protocolo)
UNION ALL
SELECT motivo.chave, motivo.id, NULL, NULL
FROM json_each(?) AS named CROSS JOIN motivo ON motivo.chave = named.value WHERE motivo.ativo",
    )
});

/// $1 lists `[usuario, chave]`.
const KEYS: &str = "
SELECT usuario_id, chave, impressao FROM idempotencia
WHERE (usuario_id, chave) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))";

/// Moves each atendimento that is still at the revision read; its times never go back. Rows: the id, the revision
/// read, the new one, the status.
static MOVE: LazyLock<RowsStatement<4>> = LazyLock::new(|| {
    RowsStatement::new(
        "
WITH change (id, lida, revisao, para) AS (ROWS)
UPDATE atendimento
SET revisao = change.revisao, status = change.para, atualizado_em = max(atualizado_em, (SELECT agora FROM relogio))
FROM change
WHERE atendimento.id = change.id AND atendimento.revisao = change.lida
RETURNING id, atualizado_em",
    )
});

/// Writes the history of the atendimentos that were moved. Rows: its columns.
static WRITE: LazyLock<RowsStatement<9>> = LazyLock::new(|| {
    RowsStatement::new(
        "
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
SELECT * FROM (ROWS) WHERE column1 IS NOT NULL",
    )
});

/// $1 lists `[usuario, chave, impressao]`.
const MARK: &str = "
INSERT INTO idempotencia (usuario_id, chave, impressao, em)
SELECT value ->> 0, value ->> 1, value ->> 2, agora FROM json_each($1), relogio";

impl SqliteStore {
    pub async fn snapshot(&self, protocolos: &[&str], motivos: &[&str]) -> Result<Snapshot> {
        let outcome = async { snapshot(&mut *self.read().await?, protocolos, motivos).await }.await;
        outcome.inspect_err(|error| self.attempts.freshness.note(error))
    }

    pub async fn idempotency_keys(&self, keys: &[ScopedKey]) -> Result<HashMap<ScopedKey, i64>> {
        let query = sqlx::query_as(KEYS).bind(list(keys));
        let rows = async { Ok::<_, StoreError>(query.fetch_all(&mut *self.read().await?).await?) };
        Ok(fingerprints(self.attempts.freshness.in_time(rows).await?))
    }

    pub async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let commit = |mut connection: PoolConnection<Sqlite>| async {
            let refused = commit(&mut connection, changes).await;
            (connection, refused)
        };
        retry_on_contention(COMMIT_WAIT, || self.write_once(commit)).await
    }
}

pub(in crate::store) async fn snapshot(
    connection: &mut SqliteConnection,
    protocolos: &[&str],
    motivos: &[&str],
) -> Result<Snapshot> {
    let asked: Vec<_> = protocolos.iter().map(|protocolo| [Param::from(*protocolo)]).collect();
    let mut rows = Vec::with_capacity(protocolos.len() + motivos.len());
    for part in SNAPSHOT.parts(&asked) {
        let (statement, arguments) = part?;
        let query = sqlx::query_as_with(statement, arguments).bind(list(motivos));
        rows.extend(query.fetch_all(&mut *connection).await?);
    }
    snapshot_of(rows)
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
    let last: Vec<(i16, &Change)> = steps(changes).zip(changes).filter(|(steps, _)| *steps > 0).collect();
    let moves: Vec<_> = last.iter().map(|(steps, change)| move_row(*steps, change)).collect();
    let mut moved = HashMap::new();
    for part in MOVE.parts(&moves) {
        let (statement, arguments) = part?;
        let rows: Vec<(i64, Time)> = sqlx::query_as_with(statement, arguments).fetch_all(&mut *connection).await?;
        moved.extend(rows);
    }
    let is_moved = |change: &Change| moved.contains_key(&change.atendimento_id);
    let refused =
        last.iter().filter(|(_, change)| !is_moved(change)).map(|(_, change)| change.atendimento_id).collect();
    let written = changes.iter().filter_map(|change| Some(history_row(change, *moved.get(&change.atendimento_id)?)));
    let written: Vec<_> = written.collect();
    for part in WRITE.parts(&written) {
        let (statement, arguments) = part?;
        sqlx::query_with(statement, arguments).execute(&mut *connection).await?;
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

/// A row of [`MOVE`], for the last of the `steps` changes of an atendimento.
fn move_row(steps: i16, change: &Change) -> [Param<'_>; 4] {
    let &Change { atendimento_id, revisao, para, .. } = change;
    let lida = revisao - i64::from(steps);
    [atendimento_id.into(), lida.into(), revisao.into(), Param::Small(Some(para.code()))]
}

/// A row of [`WRITE`], for a change made at `em`.
fn history_row(change: &Change, em: Time) -> [Param<'_>; 9] {
    let &Change { atendimento_id, revisao, de, para, motivo_id, usuario_id, .. } = change;
    let comentario = change.comentario.as_ref();
    [
        atendimento_id.into(),
        revisao.into(),
        Param::Time(Some(em)),
        Param::Small(Some(de.code())),
        Param::Small(Some(para.code())),
        motivo_id.into(),
        usuario_id.into(),
        Param::Text(comentario.map(|comentario| &*comentario.texto)),
        Param::Flag(comentario.map(|comentario| comentario.visivel_cliente)),
    ]
}
