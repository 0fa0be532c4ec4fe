-- Wrong passwords, counted in token buckets, and where logins succeeded lately (see service/throttle.rs).
-- chave: digest of the login and the address that are counted. cheio_em: when the bucket is full again.
-- sucesso_em: the latest success of that login from that address.
-- Times are milliseconds since 1970.
CREATE TABLE tentativa (
    chave      BLOB    PRIMARY KEY,
    cheio_em   INTEGER NOT NULL,
    sucesso_em INTEGER
) STRICT, WITHOUT ROWID;
