-- One change as one statement and one transaction: what PostgreSQL does without a server before it and without rules.
\set protocolo random(20221104000001, 20221104000000 + :protocolos)
\set status random(1, 5)
\set usuario random(1, :usuarios)
\set motivo random(2, :motivos)
WITH old AS (
    SELECT id, status, revisao FROM atendimento WHERE protocolo = (:protocolo)::bigint::text FOR NO KEY UPDATE
), moved AS (
    UPDATE atendimento a SET status = :status, revisao = old.revisao + 1, atualizado_em = now()
    FROM old WHERE a.id = old.id
    RETURNING a.id, a.revisao, old.status AS de
)
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
SELECT id, revisao, now(), de, :status, (SELECT id FROM motivo WHERE chave = 'motivo ' || :motivo AND ativo), :usuario,
       'Cliente avisado por telefone, sem retorno.', true
FROM moved;
