-- For administration over HTTP: what a creation with an idempotency key made, so that the same answer comes again, and
-- the last protocolo drawn on each day. NULL where the key belongs to a change.
ALTER TABLE idempotencia ADD COLUMN resultado text;
COMMENT ON COLUMN idempotencia.resultado IS 'what was made: an id or a protocolo; NULL for a change';

CREATE TABLE sequencia (
    dia    bigint PRIMARY KEY,
    ultimo bigint NOT NULL
);
COMMENT ON COLUMN sequencia.dia IS 'the day of a protocolo, as its digits: 20221104';
COMMENT ON COLUMN sequencia.ultimo IS 'the number in the last protocolo drawn on that day';

INSERT INTO compatibilidade (versao, desde) VALUES (9, 4);
