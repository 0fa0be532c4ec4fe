//! The change queue's statements, on its own connections.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::postgres::PgConnection;

use super::store::PostgresStore;
use crate::domain::atendimento::{Change, Snapshot};
use crate::store::error::{Result, StoreError};
use crate::store::rows::{ScopedKey, fingerprints, snapshot_of, steps};

/// Both halves of a snapshot; a motivo's row has no status.
const SNAPSHOT: &str = "
SELECT protocolo AS chave, id, status, revisao FROM atendimento WHERE protocolo = ANY($1)
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = ANY($2)";

const KEYS: &str = "
SELECT usuario_id, chave, impressao
FROM idempotencia JOIN unnest($1::bigint[], $2::text[]) AS asked (usuario_id, chave) USING (usuario_id, chave)";

/// `commit.sql` as each commit needs it.
static COMMIT: LazyLock<Commit> = LazyLock::new(|| {
    let all = include_str!("commit.sql");
    let waiting = without("pass over", all);
    Commit {
        wait: without("keys", &waiting),
        wait_with_keys: waiting,
        pass_over: without("keys", all),
        pass_over_with_keys: all.to_owned(),
    }
});

struct Commit {
    wait: String,
    wait_with_keys: String,
    pass_over: String,
    pass_over_with_keys: String,
}

/// `statement` without its lines for `purpose`.
fn without(purpose: &str, statement: &str) -> String {
    let lines = statement.lines().filter(|line| !line.ends_with(&format!("-- {purpose}")));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What a commit does about locks.
#[derive(Clone, Copy)]
enum Locked {
    /// Waits for them.
    Wait,
    /// Passes over the atendimentos whose changes would have to.
    PassOver,
}

impl PostgresStore {
    pub async fn snapshot(&self, protocolos: &[&str], motivos: &[&str]) -> Result<Snapshot> {
        let load = self.lanes.run(true, |mut lane| async {
            let rows = sqlx::query_as(SNAPSHOT).bind(protocolos).bind(motivos).fetch_all(&mut *lane).await;
            (lane, rows)
        });
        snapshot_of(load.await?)
    }

    pub async fn idempotency_keys(&self, keys: &[ScopedKey]) -> Result<HashMap<ScopedKey, i64>> {
        let load = self.lanes.run(true, |mut lane| async {
            let rows = sqlx::query_as(KEYS)
                .bind(keys.iter().map(|(usuario_id, _)| *usuario_id).collect::<Vec<i64>>())
                .bind(keys.iter().map(|(_, key)| key.as_str()).collect::<Vec<&str>>())
                .fetch_all(&mut *lane)
                .await;
            (lane, rows)
        });
        Ok(fingerprints(load.await?))
    }

    pub async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        let commit = |locked| {
            self.lanes.run(false, move |mut lane| async move {
                let refused = match self.check_commits(&mut lane).await {
                    Ok(()) => write(&mut lane, locked, changes).await,
                    Err(error) => Err(error),
                };
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
}

/// Writes `changes`, waits for locks, and returns the ids of the atendimentos that were no longer as read.
pub(in crate::store) async fn change(connection: &mut PgConnection, changes: &[Change]) -> Result<Vec<i64>> {
    write(connection, Locked::Wait, changes).await
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read, or passed over.
async fn write(connection: &mut PgConnection, locked: Locked, changes: &[Change]) -> Result<Vec<i64>> {
    let statement = match (locked, changes.iter().any(|change| change.idempotency.is_some())) {
        (Locked::Wait, false) => &COMMIT.wait,
        (Locked::Wait, true) => &COMMIT.wait_with_keys,
        (Locked::PassOver, false) => &COMMIT.pass_over,
        (Locked::PassOver, true) => &COMMIT.pass_over_with_keys,
    };
    let column = || changes.iter();
    let comentario = || changes.iter().map(|change| change.comentario.as_ref());
    let idempotency = || changes.iter().map(|change| change.idempotency.as_ref());
    Ok(sqlx::query_scalar(statement.as_str())
        .bind(steps(changes).collect::<Vec<i16>>())
        .bind(column().map(|c| c.atendimento_id).collect::<Vec<i64>>())
        .bind(column().map(|c| c.revisao).collect::<Vec<i64>>())
        .bind(column().map(|c| c.de.code()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.para.code()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.motivo_id).collect::<Vec<Option<i64>>>())
        .bind(column().map(|c| c.usuario_id).collect::<Vec<Option<i64>>>())
        .bind(comentario().map(|c| c.map(|c| &*c.texto)).collect::<Vec<Option<&str>>>())
        .bind(comentario().map(|c| c.map(|c| c.visivel_cliente)).collect::<Vec<Option<bool>>>())
        .bind(idempotency().map(|i| i.map(|i| &*i.key)).collect::<Vec<Option<&str>>>())
        .bind(idempotency().map(|i| i.map(|i| i.fingerprint)).collect::<Vec<Option<i64>>>())
        .fetch_all(connection)
        .await?)
}
