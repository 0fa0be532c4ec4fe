-- Names are unique by `chave`: trimmed, NFC, case-folded (see domain/texto.rs).
CREATE TABLE nivel (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nome        text   NOT NULL,
    chave       text   COLLATE "C" NOT NULL UNIQUE,
    superior_id bigint REFERENCES nivel
);

CREATE TABLE liberacao (
    nivel_id  bigint NOT NULL REFERENCES nivel,
    permissao text   NOT NULL,
    PRIMARY KEY (nivel_id, permissao)
);

CREATE TABLE perfil (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nome     text   NOT NULL,
    chave    text   COLLATE "C" NOT NULL UNIQUE,
    nivel_id bigint REFERENCES nivel
);
COMMENT ON COLUMN perfil.nivel_id IS 'NULL: a root perfil';

CREATE TABLE concessao (
    perfil_id bigint NOT NULL REFERENCES perfil,
    permissao text   NOT NULL,
    PRIMARY KEY (perfil_id, permissao)
);

CREATE TABLE usuario (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login      text    NOT NULL,
    chave      text    COLLATE "C" NOT NULL UNIQUE,
    perfil_id  bigint  NOT NULL REFERENCES perfil,
    senha_hash text    NOT NULL,
    ativo      boolean NOT NULL DEFAULT true,
    geracao    bigint  NOT NULL
);
COMMENT ON COLUMN usuario.geracao IS 'drawn at random; tokens of any other generation are revoked';

CREATE TABLE motivo (
    id    bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nome  text    NOT NULL,
    chave text    COLLATE "C" NOT NULL UNIQUE,
    ativo boolean NOT NULL DEFAULT true
);

-- No changing column is indexed and pages keep room, so that a change stays on its page (HOT).
CREATE TABLE atendimento (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    protocolo     text        COLLATE "C" NOT NULL UNIQUE,
    status        smallint    NOT NULL CHECK (status BETWEEN 1 AND 5),
    revisao       bigint      NOT NULL DEFAULT 0,
    atualizado_em timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN atendimento.status IS '1 Aberto, 2 Em atendimento, 3 Cancelado, 4 Improcedente, 5 Finalizado';
COMMENT ON COLUMN atendimento.revisao IS 'how many changes it has seen; every change is guarded by it';

-- One row a change, its comment included: a change is there whole or not at all, and the key
-- makes two changes of one revision impossible.
CREATE TABLE historico (
    atendimento_id  bigint      NOT NULL REFERENCES atendimento,
    revisao         bigint      NOT NULL,
    em              timestamptz NOT NULL,
    de              smallint    NOT NULL CHECK (de BETWEEN 1 AND 5),
    para            smallint    NOT NULL CHECK (para BETWEEN 1 AND 5),
    motivo_id       bigint      REFERENCES motivo,
    usuario_id      bigint      REFERENCES usuario,
    comentario      text,
    visivel_cliente boolean,
    PRIMARY KEY (atendimento_id, revisao),
    CHECK ((comentario IS NULL) = (visivel_cliente IS NULL))
);
COMMENT ON COLUMN historico.usuario_id IS 'NULL: an import from the command line';
