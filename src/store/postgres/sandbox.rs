//! Starting over, for a sandbox.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, raw_sql};

use super::insert::insert;
use super::store::PostgresStore;
use crate::store::attempt::{LOCK_WAIT, retry_on_contention};
use crate::store::error::Result;
use crate::store::rows::{Example, FORGET};

/// Waits until all changes under way have ended, as long as a lane waits for a lock, and lets none begin.
/// The sequence comes first, as where an atendimento is registered, and then the atendimentos, as in a commit: so that
/// none of them ever wait for each other.
const LOCK_TABLES: &str = "
LOCK TABLE sequencia, atendimento, historico, motivo, idempotencia, tentativa IN SHARE ROW EXCLUSIVE MODE";

impl PostgresStore {
    pub async fn start_over(&self, example: &Example) -> Result<()> {
        // To do it twice is to do it once.
        let start = || {
            self.lanes.run(true, |mut lane| async {
                let started = start_over(&mut lane, example).await;
                (lane, started)
            })
        };
        retry_on_contention(LOCK_WAIT, start).await
    }
}

/// Those of the example stay, and so do their ids.
const DELETE_MOTIVOS: &str = "DELETE FROM motivo WHERE chave <> ALL ($1::text[])";
const INSERT_MOTIVOS: &str = "
INSERT INTO motivo (nome, chave, ativo) SELECT * FROM unnest($1::text[], $2::text[], $3::bool[])
ON CONFLICT (chave) DO UPDATE SET nome = excluded.nome, ativo = excluded.ativo";

/// In a transaction; the other ids are those of a sequence, which gives none twice.
async fn start_over(connection: &mut PgConnection, example: &Example) -> Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::query(LOCK_TABLES).execute(&mut *transaction).await?;
    raw_sql(FORGET).execute(&mut *transaction).await?;
    let motivos = || example.motivos.iter();
    let keys: Vec<&str> = motivos().map(|motivo| motivo.nome.key.as_str()).collect();
    sqlx::query(DELETE_MOTIVOS).bind(&keys).execute(&mut *transaction).await?;
    sqlx::query(INSERT_MOTIVOS)
        .bind(motivos().map(|motivo| motivo.nome.texto.as_str()).collect::<Vec<&str>>())
        .bind(&keys)
        .bind(motivos().map(|motivo| motivo.ativo).collect::<Vec<bool>>())
        .execute(&mut *transaction)
        .await?;
    insert(&mut transaction, &example.atendimentos).await?;
    Ok(transaction.commit().await?)
}
