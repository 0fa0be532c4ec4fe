-- Who is signed in to the console; in no backup. Times are milliseconds since 1970 by the servers' clocks.
-- chave: digest of the id that the browser has. geracao: that of the user at the login; a session of any other
-- generation is over. vista_em: the latest request, to the minute.
CREATE TABLE sessao (
    chave      BLOB    PRIMARY KEY,
    usuario_id INTEGER NOT NULL REFERENCES usuario,
    geracao    INTEGER NOT NULL,
    criada_em  INTEGER NOT NULL,
    vista_em   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO compatibilidade (versao, desde) VALUES (10, 4);
