//! How things stand, for people who look. Nothing is indexed for it: one scan of the atendimentos finds those that were
//! changed lately, and the histories of those alone are read. It is done in portions, so that no statement takes long.

use super::engine::Store;
use super::error::Result;
use super::reads::{HistoricoRow, change_of};
use super::rows::status_of;
use crate::domain::atendimento::Status;
use crate::domain::record::StoredChange;

/// Changes of one user, or of imports, in one hour.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct HourOfChanges {
    /// How many hours ago, by the clock's hours: 0 is the one that goes on.
    pub hours_ago: i64,
    /// The login; `None` for an import from the command line.
    pub usuario: Option<String>,
    pub changes: i64,
}

#[derive(sqlx_macros::FromRow)]
struct StatusRow {
    status: i16,
    number: i64,
}

#[derive(sqlx_macros::FromRow)]
struct LatestRow {
    protocolo: String,
    #[sqlx(flatten)]
    change: HistoricoRow,
}

/// Of the ids after $1 and up to $2.
const BY_STATUS: &str = "SELECT status, count(*) AS number FROM atendimento WHERE id > $1 AND id <= $2 GROUP BY status";

/// Of the ids after $1 and up to $2, in the hour that goes on and the 23 before. An atendimento was last changed no earlier than any of its changes.
const BY_HOUR_POSTGRES: &str = "
WITH since AS MATERIALIZED (
    SELECT agora / 3600000 AS hour,
           timestamptz 'epoch' + (agora / 3600000 - 23) * interval '1 hour' AS beginning
    FROM relogio)
SELECT c.hours_ago, u.login AS usuario, c.changes
FROM (
    SELECT (SELECT hour FROM since) - floor(extract(epoch FROM h.em) / 3600)::bigint AS hours_ago, h.usuario_id,
           count(*) AS changes
    FROM atendimento a JOIN historico h ON h.atendimento_id = a.id
    WHERE a.id > $1 AND a.id <= $2
      AND a.atualizado_em >= (SELECT beginning FROM since) AND h.em >= (SELECT beginning FROM since)
    GROUP BY 1, 2) c
LEFT JOIN usuario u ON u.id = c.usuario_id";
const BY_HOUR_SQLITE: &str = "
WITH since AS MATERIALIZED (SELECT agora / 3600000 AS hour, (agora / 3600000 - 23) * 3600000 AS beginning FROM relogio)
SELECT c.hours_ago, u.login AS usuario, c.changes
FROM (
    SELECT (SELECT hour FROM since) - h.em / 3600000 AS hours_ago, h.usuario_id, count(*) AS changes
    FROM atendimento a CROSS JOIN historico h ON h.atendimento_id = a.id
    WHERE a.id > $1 AND a.id <= $2
      AND a.atualizado_em >= (SELECT beginning FROM since) AND h.em >= (SELECT beginning FROM since)
    GROUP BY 1, 2) c
LEFT JOIN usuario u ON u.id = c.usuario_id";

/// Of the $1 atendimentos that were changed last, the change.
const LATEST: &str = "
SELECT a.protocolo, h.revisao, h.em, h.de, h.para, m.nome AS motivo, u.login AS usuario, h.comentario, h.visivel_cliente
FROM (SELECT id, protocolo, revisao, atualizado_em FROM atendimento WHERE revisao > 0
      ORDER BY atualizado_em DESC LIMIT $1) a
JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
ORDER BY h.em DESC, a.protocolo DESC";

const HOUR: &str = "SELECT agora / 3600000 FROM relogio";

impl Store {
    /// The greatest id of an atendimento; 0 where there is none.
    pub async fn last_atendimento(&self) -> Result<i64> {
        let row: Option<(i64,)> = self.command_row("SELECT coalesce(max(id), 0) FROM atendimento", &[]).await?;
        Ok(row.map_or(0, |(id,)| id))
    }

    /// How many atendimentos there are of each status that has some, of those with an id after `after` and up to `until`.
    pub async fn atendimentos_by_status(&self, after: i64, until: i64) -> Result<Vec<(Status, i64)>> {
        let rows: Vec<StatusRow> = self.command_rows(BY_STATUS, &[after.into(), until.into()]).await?;
        rows.into_iter().map(|row| Ok((status_of(row.status)?, row.number))).collect()
    }

    /// The changes of the last 24 hours of the same, by hour and user.
    pub async fn changes_by_hour(&self, after: i64, until: i64) -> Result<Vec<HourOfChanges>> {
        let statement = match self {
            Self::Postgres(_) => BY_HOUR_POSTGRES,
            Self::Sqlite(_) => BY_HOUR_SQLITE,
        };
        self.command_rows(statement, &[after.into(), until.into()]).await
    }

    /// The latest change of each of the `limit` atendimentos that were changed last, newest first, with the protocolo.
    pub async fn latest_changes(&self, limit: u32) -> Result<Vec<(String, StoredChange)>> {
        let rows: Vec<LatestRow> = self.command_rows(LATEST, &[i64::from(limit).into()]).await?;
        rows.into_iter().map(|LatestRow { protocolo, change }| Ok((protocolo, change_of(change)?.1))).collect()
    }

    /// The hour that goes on by the database's clock, counted from 1970.
    pub async fn present_hour(&self) -> Result<i64> {
        let row: Option<(i64,)> = self.command_row(HOUR, &[]).await?;
        Ok(row.map_or(0, |(hour,)| hour))
    }
}
