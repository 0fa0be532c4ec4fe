-- Wrong passwords, counted in token buckets, and where logins succeeded lately (see service/throttle.rs).
-- Times are milliseconds since 1970 by the servers' clocks.
CREATE TABLE tentativa (
    chave      bytea  PRIMARY KEY,
    cheio_em   bigint NOT NULL,
    sucesso_em bigint
);
COMMENT ON COLUMN tentativa.chave IS 'digest of the login and the address that are counted';
COMMENT ON COLUMN tentativa.cheio_em IS 'when the bucket is full again';
COMMENT ON COLUMN tentativa.sucesso_em IS 'the latest success of that login from that address';
