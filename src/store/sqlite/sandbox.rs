//! Starting over, for a sandbox.

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, raw_sql};

use super::insert::new_rows;
use super::store::{BEGIN, SqliteStore, list};
use crate::store::attempt::{LOCK_WAIT, retry_on_contention};
use crate::store::error::Result;
use crate::store::rows::{Example, FORGET};

/// $1 lists `[protocolo, status]`, $2 is the first id.
const INSERT_FROM: &str = "
INSERT INTO atendimento (id, protocolo, status, atualizado_em)
SELECT $2 + key, value ->> 0, value ->> 1, agora FROM json_each($1), relogio";

/// $1 lists `[nome, chave]`.
const INSERT_MOTIVOS: &str = "
INSERT INTO motivo (nome, chave) SELECT value ->> 0, value ->> 1 FROM json_each($1)";

impl SqliteStore {
    pub async fn start_over(&self, example: &Example) -> Result<()> {
        let start = |mut connection: PoolConnection<Sqlite>| async {
            let started = start_over(&mut connection, example).await;
            (connection, started)
        };
        retry_on_contention(LOCK_WAIT, || self.write_once(start)).await
    }
}

/// In a transaction. In an empty table SQLite would count ids from 1 again.
async fn start_over(connection: &mut SqliteConnection, example: &Example) -> Result<()> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let first_id: i64 =
        sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM atendimento").fetch_one(&mut *transaction).await?;
    raw_sql(FORGET).execute(&mut *transaction).await?;
    let motivos: Vec<_> = example.motivos.iter().map(|motivo| (&motivo.texto, motivo.key.as_str())).collect();
    sqlx::query(INSERT_MOTIVOS).bind(list(&motivos)).execute(&mut *transaction).await?;
    let novos = new_rows(&example.atendimentos);
    sqlx::query(INSERT_FROM).bind(novos).bind(first_id).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
