-- What a migration says to servers that do not know it: how new a server has to be to work with it.
-- Every migration from this one on adds its own row (see docs/ARCHITECTURE.md, "How to add").
CREATE TABLE compatibilidade (
    versao bigint PRIMARY KEY,
    desde  bigint NOT NULL CHECK (desde <= versao)
);
COMMENT ON COLUMN compatibilidade.versao IS 'the number of a migration';
COMMENT ON COLUMN compatibilidade.desde IS 'a server works with it if the newest migration that it knows has this number or a later one';

INSERT INTO compatibilidade (versao, desde) VALUES (4, 4);
