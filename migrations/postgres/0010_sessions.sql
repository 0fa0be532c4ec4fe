-- Who is signed in to the console. Times are milliseconds since 1970 by the servers' clocks.
CREATE TABLE sessao (
    chave      bytea  PRIMARY KEY,
    usuario_id bigint NOT NULL REFERENCES usuario,
    geracao    bigint NOT NULL,
    criada_em  bigint NOT NULL,
    vista_em   bigint NOT NULL
);
COMMENT ON TABLE sessao IS 'in no backup: whoever has a copy of it is signed in nowhere';
COMMENT ON COLUMN sessao.chave IS 'digest of the id that the browser has';
COMMENT ON COLUMN sessao.geracao IS 'that of the user at the login; a session of any other generation is over';
COMMENT ON COLUMN sessao.vista_em IS 'the latest request, to the minute';

INSERT INTO compatibilidade (versao, desde) VALUES (10, 4);
