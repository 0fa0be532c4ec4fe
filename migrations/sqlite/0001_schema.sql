-- Names are unique by `chave`: trimmed, NFC, case-folded (see domain/texto.rs).
CREATE TABLE nivel (
    id          INTEGER PRIMARY KEY,
    nome        TEXT    NOT NULL,
    chave       TEXT    NOT NULL UNIQUE,
    superior_id INTEGER REFERENCES nivel
) STRICT;

CREATE TABLE liberacao (
    nivel_id  INTEGER NOT NULL REFERENCES nivel,
    permissao TEXT    NOT NULL,
    PRIMARY KEY (nivel_id, permissao)
) STRICT, WITHOUT ROWID;

-- nivel_id is NULL for a root perfil.
CREATE TABLE perfil (
    id       INTEGER PRIMARY KEY,
    nome     TEXT    NOT NULL,
    chave    TEXT    NOT NULL UNIQUE,
    nivel_id INTEGER REFERENCES nivel
) STRICT;

CREATE TABLE concessao (
    perfil_id INTEGER NOT NULL REFERENCES perfil,
    permissao TEXT    NOT NULL,
    PRIMARY KEY (perfil_id, permissao)
) STRICT, WITHOUT ROWID;

-- geracao is drawn at random; tokens of any other generation are revoked.
CREATE TABLE usuario (
    id         INTEGER PRIMARY KEY,
    login      TEXT    NOT NULL,
    chave      TEXT    NOT NULL UNIQUE,
    perfil_id  INTEGER NOT NULL REFERENCES perfil,
    senha_hash TEXT    NOT NULL,
    ativo      INTEGER NOT NULL DEFAULT 1 CHECK (ativo IN (0, 1)),
    geracao    INTEGER NOT NULL
) STRICT;

CREATE TABLE motivo (
    id    INTEGER PRIMARY KEY,
    nome  TEXT    NOT NULL,
    chave TEXT    NOT NULL UNIQUE,
    ativo INTEGER NOT NULL DEFAULT 1 CHECK (ativo IN (0, 1))
) STRICT;

-- status: 1 Aberto, 2 Em atendimento, 3 Cancelado, 4 Improcedente, 5 Finalizado.
-- revisao: how many changes it has seen; every change is guarded by it.
-- Times are milliseconds since 1970 in UTC.
CREATE TABLE atendimento (
    id            INTEGER PRIMARY KEY,
    protocolo     TEXT    NOT NULL UNIQUE,
    status        INTEGER NOT NULL CHECK (status BETWEEN 1 AND 5),
    revisao       INTEGER NOT NULL DEFAULT 0,
    atualizado_em INTEGER NOT NULL
) STRICT;

-- One row a change, its comment included: a change is there whole or not at all, and the key
-- makes two changes of one revision impossible. usuario_id is NULL for an import.
CREATE TABLE historico (
    atendimento_id  INTEGER NOT NULL REFERENCES atendimento,
    revisao         INTEGER NOT NULL,
    em              INTEGER NOT NULL,
    de              INTEGER NOT NULL CHECK (de BETWEEN 1 AND 5),
    para            INTEGER NOT NULL CHECK (para BETWEEN 1 AND 5),
    motivo_id       INTEGER REFERENCES motivo,
    usuario_id      INTEGER REFERENCES usuario,
    comentario      TEXT,
    visivel_cliente INTEGER CHECK (visivel_cliente IN (0, 1)),
    PRIMARY KEY (atendimento_id, revisao),
    CHECK ((comentario IS NULL) = (visivel_cliente IS NULL))
) STRICT, WITHOUT ROWID;
