//! Atendimentos that are new, from a command or an import.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;

use crate::domain::atendimento::Snapshot;
use crate::store::error::Result;
use crate::store::rows::{NewAtendimento, snapshot_of};

const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT protocolo, status, timestamptz 'epoch' + agora * interval '1 millisecond'
FROM relogio, unnest($1::text[], $2::smallint[]) AS novo (protocolo, status)
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

const LOCK: &str = "
SELECT protocolo AS chave, id, status, revisao FROM atendimento WHERE protocolo = ANY($1) ORDER BY id FOR NO KEY UPDATE";

/// Inserts those whose protocolo is new, and returns their protocolos.
pub(in crate::store) async fn insert(
    connection: &mut PgConnection,
    novos: &[NewAtendimento],
) -> Result<HashSet<String>> {
    let inserted: Vec<String> = sqlx::query_scalar(INSERT)
        .bind(novos.iter().map(|novo| novo.protocolo.as_str()).collect::<Vec<&str>>())
        .bind(novos.iter().map(|novo| novo.status.code()).collect::<Vec<i16>>())
        .fetch_all(connection)
        .await?;
    Ok(inserted.into_iter().collect())
}

/// The atendimentos of `protocolos`, locked until the transaction ends.
pub(in crate::store) async fn lock(connection: &mut PgConnection, protocolos: &[&str]) -> Result<Snapshot> {
    snapshot_of(sqlx::query_as(LOCK).bind(protocolos).fetch_all(connection).await?)
}
