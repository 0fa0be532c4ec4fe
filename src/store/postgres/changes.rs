//! The statements of the change queue.

use sqlx::postgres::PgConnection;

use super::super::atendimentos::steps;
use super::Result;
use crate::domain::atendimento::Change;

/// Both halves of a snapshot; a motivo's row has no status.
pub(super) const SNAPSHOT: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo = ANY($1)
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = ANY($2)";

/// Moves each atendimento that is still at the revision read, writes the history and the idempotency
/// keys of those alone, and returns the others. $1 is the steps, the rest the columns of the changes. The time is the
/// database's, and the times of one history never go back.
macro_rules! commit {
    ($free:literal, $moving:literal, $marked:expr) => {
        concat!(
            "
WITH instante AS MATERIALIZED (
    SELECT agora, timestamptz 'epoch' + agora * interval '1 millisecond' AS em FROM relogio
), change AS (
    SELECT * FROM instante, unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[],
                                   $6::bigint[], $7::bigint[], $8::text[], $9::boolean[], $10::text[], $11::bigint[])
        AS change (steps, id, revisao, de, para, motivo_id, usuario_id, comentario, visivel_cliente, chave, impressao)
), ",
            $free,
            "moved AS (
    UPDATE atendimento a
    SET status = change.para, revisao = change.revisao, atualizado_em = greatest(a.atualizado_em, change.em)
    FROM ",
            $moving,
            "
    WHERE change.steps > 0 AND a.id = change.id AND a.revisao = change.revisao - change.steps
    RETURNING a.id, a.atualizado_em
), written AS (
    INSERT INTO historico
        (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    SELECT id, revisao, atualizado_em, de, para, motivo_id, usuario_id, comentario, visivel_cliente
    FROM change JOIN moved USING (id)
)",
            $marked,
            "
SELECT id FROM change WHERE steps > 0 AND id NOT IN (SELECT id FROM moved)"
        )
    };
}

/// For a batch with idempotency keys. The others do not name the table, so that no lock on it holds them up.
macro_rules! marked {
    () => {
        ", marked AS (
    INSERT INTO idempotencia (usuario_id, chave, impressao, em)
    SELECT usuario_id, chave, impressao, agora
    FROM change JOIN moved USING (id)
    WHERE chave IS NOT NULL
)"
    };
}

/// The same, passing over the atendimentos that somebody else holds locked, and those with a change whose motivo
/// or user is: the foreign keys of the history would wait for it.
macro_rules! commit_free {
    ($marked:expr) => {
        commit!(
            "usable_motivo AS MATERIALIZED (
    SELECT id FROM motivo WHERE id IN (SELECT motivo_id FROM change) FOR KEY SHARE SKIP LOCKED
), usable_usuario AS MATERIALIZED (
    SELECT id FROM usuario WHERE id IN (SELECT usuario_id FROM change) FOR KEY SHARE SKIP LOCKED
), held AS (
    SELECT id FROM change
    WHERE motivo_id IS NOT NULL AND motivo_id NOT IN (SELECT id FROM usable_motivo)
       OR usuario_id IS NOT NULL AND usuario_id NOT IN (SELECT id FROM usable_usuario)
), free AS MATERIALIZED (
    SELECT a.id FROM atendimento a JOIN change ON change.steps > 0 AND change.id = a.id
    WHERE a.id NOT IN (SELECT id FROM held)
    FOR NO KEY UPDATE OF a SKIP LOCKED
), ",
            "change JOIN free USING (id)",
            $marked
        )
    };
}

const COMMIT: &str = commit!("", "change", "");
const COMMIT_MARKED: &str = commit!("", "change", marked!());
const COMMIT_FREE: &str = commit_free!("");
const COMMIT_FREE_MARKED: &str = commit_free!(marked!());

/// What a commit does about locks.
#[derive(Clone, Copy)]
pub(super) enum Locked {
    /// Waits for them.
    Wait,
    /// Passes over the atendimentos whose changes would have to.
    PassOver,
}

fn statement(locked: Locked, changes: &[Change]) -> &'static str {
    match (locked, changes.iter().any(|change| change.idempotencia.is_some())) {
        (Locked::Wait, false) => COMMIT,
        (Locked::Wait, true) => COMMIT_MARKED,
        (Locked::PassOver, false) => COMMIT_FREE,
        (Locked::PassOver, true) => COMMIT_FREE_MARKED,
    }
}

/// Writes `changes` and returns the ids of the atendimentos that were no longer as read, or passed over.
pub(super) async fn write(connection: &mut PgConnection, locked: Locked, changes: &[Change]) -> Result<Vec<i64>> {
    let column = || changes.iter();
    let comentario = || changes.iter().map(|change| change.comentario.as_ref());
    let idempotencia = || changes.iter().map(|change| change.idempotencia.as_ref());
    Ok(sqlx::query_scalar(statement(locked, changes))
        .bind(steps(changes).collect::<Vec<i16>>())
        .bind(column().map(|c| c.atendimento_id).collect::<Vec<i64>>())
        .bind(column().map(|c| c.revisao).collect::<Vec<i64>>())
        .bind(column().map(|c| c.de.codigo()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.para.codigo()).collect::<Vec<i16>>())
        .bind(column().map(|c| c.motivo_id).collect::<Vec<Option<i64>>>())
        .bind(column().map(|c| c.usuario_id).collect::<Vec<Option<i64>>>())
        .bind(comentario().map(|c| c.map(|c| &*c.texto)).collect::<Vec<Option<&str>>>())
        .bind(comentario().map(|c| c.map(|c| c.visivel_cliente)).collect::<Vec<Option<bool>>>())
        .bind(idempotencia().map(|i| i.map(|i| &*i.chave)).collect::<Vec<Option<&str>>>())
        .bind(idempotencia().map(|i| i.map(|i| i.impressao)).collect::<Vec<Option<i64>>>())
        .fetch_all(connection)
        .await?)
}
