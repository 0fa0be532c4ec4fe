-- The clock by which all servers measure what they share: failed logins, idempotency keys, histories.
-- Milliseconds since 1970.
CREATE VIEW relogio AS SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER) AS agora;

INSERT INTO compatibilidade (versao, desde) VALUES (5, 4);
