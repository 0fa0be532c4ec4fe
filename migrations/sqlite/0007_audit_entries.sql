-- What administrators have changed: an entry for each change, written in the same transaction. Entries are added, never
-- changed or removed. They name users by their ids alone, so that an anonymised login is in none of them.
-- em: milliseconds since 1970. origem: where the change came from: comando, the command line.
-- autor: who ran the command, a user of the operating system; autor_id: who asked for it, where that is a user of ours.
-- lugar: from where, the name of the host. acao: such as usuario.senha (see src/domain/audit.rs).
-- objeto: what was changed, if it is not a user: a name, a protocolo, a file. usuario_id: the user that was changed.
-- antes, depois: as it was, and as it is since then, as JSON; NULL: there was nothing, or nothing to tell.
CREATE TABLE auditoria (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    em         INTEGER NOT NULL,
    origem     TEXT    NOT NULL,
    autor      TEXT,
    autor_id   INTEGER REFERENCES usuario,
    lugar      TEXT    NOT NULL,
    acao       TEXT    NOT NULL,
    objeto     TEXT,
    usuario_id INTEGER REFERENCES usuario,
    antes      TEXT,
    depois     TEXT,
    CHECK ((autor IS NULL) <> (autor_id IS NULL))
) STRICT;

INSERT INTO compatibilidade (versao, desde) VALUES (7, 4);
