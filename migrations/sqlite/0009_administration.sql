-- For administration over HTTP: what a creation with an idempotency key made, so that the same answer comes again, and
-- the last protocolo drawn on each day.
-- resultado: an id or a protocolo; NULL where the key belongs to a change. dia: the day of a protocolo, as its digits:
-- 20221104. ultimo: the number in the last protocolo drawn on that day.
ALTER TABLE idempotencia ADD COLUMN resultado TEXT;

CREATE TABLE sequencia (
    dia    INTEGER NOT NULL PRIMARY KEY,
    ultimo INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO compatibilidade (versao, desde) VALUES (9, 4);
