-- What a migration says to servers that do not know it: how new a server has to be to work with it.
-- Every migration from this one on adds its own row (see docs/ARCHITECTURE.md, "How to add").
-- versao: the number of a migration. desde: a server works with it if the newest migration that it
-- knows has this number or a later one.
CREATE TABLE compatibilidade (
    versao INTEGER PRIMARY KEY,
    desde  INTEGER NOT NULL CHECK (desde <= versao)
) STRICT;

INSERT INTO compatibilidade (versao, desde) VALUES (4, 4);
