-- What administrators have changed: an entry for each change, written in the same transaction. Entries are added, never
-- changed or removed. They name users by their ids alone, so that an anonymised login is in none of them.
CREATE TABLE auditoria (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    em         timestamptz NOT NULL,
    origem     text        NOT NULL,
    autor      text,
    autor_id   bigint      REFERENCES usuario,
    lugar      text        NOT NULL,
    acao       text        NOT NULL,
    objeto     text,
    usuario_id bigint      REFERENCES usuario,
    antes      text,
    depois     text,
    CHECK ((autor IS NULL) <> (autor_id IS NULL))
);
COMMENT ON COLUMN auditoria.origem IS 'where the change came from: comando, the command line';
COMMENT ON COLUMN auditoria.autor IS 'who ran the command: a user of the operating system';
COMMENT ON COLUMN auditoria.autor_id IS 'who asked for it, where that is a user of ours';
COMMENT ON COLUMN auditoria.lugar IS 'from where: the name of the host';
COMMENT ON COLUMN auditoria.acao IS 'such as usuario.senha (see src/domain/audit.rs)';
COMMENT ON COLUMN auditoria.objeto IS 'what was changed, if it is not a user: a name, a protocolo, a file';
COMMENT ON COLUMN auditoria.usuario_id IS 'the user that was changed';
COMMENT ON COLUMN auditoria.antes IS 'as it was, as JSON; NULL: there was nothing, or nothing to tell';
COMMENT ON COLUMN auditoria.depois IS 'as it is since then, as JSON';

INSERT INTO compatibilidade (versao, desde) VALUES (7, 4);
