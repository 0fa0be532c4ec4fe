-- Moves each atendimento that is still at the revision read, writes the history and the idempotency keys of those
-- alone, and returns the others. $1 is the steps, the rest the columns of the changes. The time is the database's,
-- and the times of one history never go back.
--
-- Lines that end in "pass over" are for a commit that passes over the atendimentos that somebody else holds locked,
-- and over those with a change whose motivo or user is: the foreign keys of the history would wait for it.
-- Lines that end in "keys" are for a batch with idempotency keys. The others do not name the table, so that no lock
-- on it holds them up.
WITH instante AS MATERIALIZED (
    SELECT agora, timestamptz 'epoch' + agora * interval '1 millisecond' AS em FROM relogio
), change AS (
    SELECT * FROM instante, unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[],
                                   $6::bigint[], $7::bigint[], $8::text[], $9::boolean[], $10::text[], $11::bigint[])
        AS change (steps, id, revisao, de, para, motivo_id, usuario_id, comentario, visivel_cliente, chave, impressao)
), usable_motivo AS MATERIALIZED (                                                              -- pass over
    SELECT id FROM motivo WHERE id IN (SELECT motivo_id FROM change) FOR KEY SHARE SKIP LOCKED  -- pass over
), usable_usuario AS MATERIALIZED (                                                             -- pass over
    SELECT id FROM usuario WHERE id IN (SELECT usuario_id FROM change) FOR KEY SHARE SKIP LOCKED -- pass over
), held AS (                                                                                    -- pass over
    SELECT id FROM change                                                                       -- pass over
    WHERE motivo_id IS NOT NULL AND motivo_id NOT IN (SELECT id FROM usable_motivo)             -- pass over
       OR usuario_id IS NOT NULL AND usuario_id NOT IN (SELECT id FROM usable_usuario)          -- pass over
), free AS MATERIALIZED (                                                                       -- pass over
    SELECT a.id FROM atendimento a JOIN change ON change.steps > 0 AND change.id = a.id         -- pass over
    WHERE a.id NOT IN (SELECT id FROM held)                                                     -- pass over
    FOR NO KEY UPDATE OF a SKIP LOCKED                                                          -- pass over
), moved AS (
    UPDATE atendimento a
    SET status = change.para, revisao = change.revisao, atualizado_em = greatest(a.atualizado_em, change.em)
    FROM change
        JOIN free USING (id)                                                                    -- pass over
    WHERE change.steps > 0 AND a.id = change.id AND a.revisao = change.revisao - change.steps
    RETURNING a.id, a.atualizado_em
), written AS (
    INSERT INTO historico
        (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    SELECT id, revisao, atualizado_em, de, para, motivo_id, usuario_id, comentario, visivel_cliente
    FROM change JOIN moved USING (id)
), marked AS (                                                                                  -- keys
    INSERT INTO idempotencia (usuario_id, chave, impressao, em)                                 -- keys
    SELECT usuario_id, chave, impressao, agora                                                  -- keys
    FROM change JOIN moved USING (id)                                                           -- keys
    WHERE chave IS NOT NULL                                                                     -- keys
)
SELECT id FROM change WHERE steps > 0 AND id NOT IN (SELECT id FROM moved)
