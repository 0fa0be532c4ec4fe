-- The idempotency keys of the changes of the last 24 hours, each written together with its change.
CREATE TABLE idempotencia (
    usuario_id bigint NOT NULL REFERENCES usuario,
    chave      text   COLLATE "C" NOT NULL,
    impressao  bigint NOT NULL,
    em         bigint NOT NULL,
    PRIMARY KEY (usuario_id, chave)
);
CREATE INDEX idempotencia_em ON idempotencia (em);
COMMENT ON COLUMN idempotencia.impressao IS 'the first 64 bits of the SHA-256 of the request''s body';
COMMENT ON COLUMN idempotencia.em IS 'milliseconds since 1970 in UTC';
