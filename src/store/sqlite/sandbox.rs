//! Starting over, for a sandbox.

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, raw_sql};

use super::insert::insert;
use super::store::{BEGIN, SqliteStore, list};
use crate::store::attempt::{LOCK_WAIT, retry_on_contention};
use crate::store::error::Result;
use crate::store::rows::{Example, FORGET, NewMotivo};

/// Those of the example stay, and so do their ids. $1 lists `[nome, chave, ativo]`.
const MOTIVOS: [&str; 3] = [
    "DELETE FROM motivo WHERE chave NOT IN (SELECT value ->> 1 FROM json_each($1))",
    "UPDATE motivo SET nome = value ->> 0, ativo = value ->> 2 FROM json_each($1) WHERE chave = value ->> 1",
    "INSERT INTO motivo (nome, chave, ativo) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)
     WHERE value ->> 1 NOT IN (SELECT chave FROM motivo)",
];

impl SqliteStore {
    pub async fn start_over(&self, example: &Example) -> Result<()> {
        let start = |mut connection: PoolConnection<Sqlite>| async {
            let started = start_over(&mut connection, example).await;
            (connection, started)
        };
        retry_on_contention(LOCK_WAIT, || self.write_once(start)).await
    }
}

/// In a transaction. Other ids count on.
async fn start_over(connection: &mut SqliteConnection, example: &Example) -> Result<()> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    raw_sql(FORGET).execute(&mut *transaction).await?;
    let row = |motivo: &NewMotivo| (motivo.nome.texto.clone(), motivo.nome.key.as_str().to_owned(), motivo.ativo);
    let motivos: Vec<_> = example.motivos.iter().map(row).collect();
    for statement in MOTIVOS {
        sqlx::query(statement).bind(list(&motivos)).execute(&mut *transaction).await?;
    }
    insert(&mut transaction, &example.atendimentos).await?;
    Ok(transaction.commit().await?)
}
