//! What was erased leaves the write-ahead log, too. In the file itself it is overwritten: see `secure_delete`.

use std::time::Duration;

use sqlx::raw_sql;
use sqlx::sqlite::SqliteConnection;
use tokio::time::sleep;

use super::store::SqliteStore;
use crate::store::error::Result;

/// How often the log is tried to be emptied while others read.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

impl SqliteStore {
    /// Folds the write-ahead log into the file and empties it; false where somebody reads or writes at each try.
    pub async fn empty_log(&self) -> Result<bool> {
        let mut connection = self.commands.acquire().await?;
        // Most of it, without holding anybody up.
        checkpoint(&mut connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
        // While a try waits for readers, nobody writes.
        raw_sql("PRAGMA busy_timeout = 50").execute(&mut *connection).await?;
        let mut is_empty = false;
        for _ in 0..TRIES {
            is_empty = checkpoint(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
            if is_empty {
                break;
            }
            sleep(PAUSE).await;
        }
        // Another one waits as commands do.
        connection.close().await?;
        Ok(is_empty)
    }
}

/// Whether nobody stood in the way.
async fn checkpoint(connection: &mut SqliteConnection, statement: &'static str) -> Result<bool> {
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as(statement).fetch_one(connection).await?;
    Ok(busy == 0)
}
