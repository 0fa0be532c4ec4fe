-- The clock by which all servers measure what they share: failed logins, idempotency keys, histories.
-- Milliseconds since 1970.
CREATE VIEW relogio AS SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS agora;

INSERT INTO compatibilidade (versao, desde) VALUES (5, 4);
