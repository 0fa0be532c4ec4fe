-- What the server writes for 96 changes, as one statement: distinct atendimentos, locked in the order of their ids.
WITH asked AS MATERIALIZED (
    -- Some more than 96, because a few come twice.
    SELECT DISTINCT (20221104000001 + floor(random() * :protocolos))::bigint::text AS protocolo
    FROM generate_series(1, 112) LIMIT 96
), old AS MATERIALIZED (
    SELECT a.id, a.status AS de, 1 + floor(random() * 5)::int AS para
    FROM asked JOIN atendimento a USING (protocolo)
    ORDER BY a.id FOR NO KEY UPDATE OF a
), moved AS (
    UPDATE atendimento a SET status = old.para, revisao = a.revisao + 1, atualizado_em = now()
    FROM old WHERE a.id = old.id
    RETURNING a.id, a.revisao, old.de, old.para
)
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
SELECT id, revisao, now(), de, para, 1 + floor(random() * :motivos), 1 + floor(random() * :usuarios),
       'Cliente avisado por telefone, sem retorno.', true
FROM moved;
