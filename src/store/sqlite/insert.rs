//! Atendimentos that are new, from a command or an import.

use std::collections::HashSet;

use sqlx::sqlite::SqliteConnection;

use super::store::list;
use crate::store::error::Result;
use crate::store::rows::NewAtendimento;

/// $1 lists `[protocolo, status]`.
const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT value ->> 0, value ->> 1, agora FROM json_each($1), relogio WHERE true
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

/// Inserts those whose protocolo is new, and returns their protocolos.
pub(in crate::store) async fn insert(
    connection: &mut SqliteConnection,
    novos: &[NewAtendimento],
) -> Result<HashSet<String>> {
    let novos: Vec<_> = novos.iter().map(|novo| (&novo.protocolo, novo.status.code())).collect();
    let inserted: Vec<String> = sqlx::query_scalar(INSERT).bind(list(&novos)).fetch_all(connection).await?;
    Ok(inserted.into_iter().collect())
}
