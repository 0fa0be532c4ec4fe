-- The idempotency keys of the changes of the last 24 hours, each written together with its change.
-- impressao: the first 64 bits of the SHA-256 of the request's body.
CREATE TABLE idempotencia (
    usuario_id INTEGER NOT NULL REFERENCES usuario,
    chave      TEXT    NOT NULL,
    impressao  INTEGER NOT NULL,
    em         INTEGER NOT NULL,
    PRIMARY KEY (usuario_id, chave)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotencia_em ON idempotencia (em);
