-- No id is given twice, also where the row of the highest one was deleted by hand: an old audit entry, or a list that
-- was made of them, would name somebody else. AUTOINCREMENT changes nothing in how rows are stored, so the schema alone
-- is edited, as "Making Other Kinds Of Table Schema Changes" in SQLite's page about ALTER TABLE says. To copy the tables
-- would take minutes where histories are long: foreign keys are looked up row by row.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER PRIMARY KEY,', 'INTEGER PRIMARY KEY AUTOINCREMENT,')
WHERE type = 'table' AND name IN ('nivel', 'perfil', 'usuario', 'motivo', 'atendimento');
PRAGMA writable_schema = RESET;
-- Lets other connections notice it.
CREATE TABLE esquema_novo (id INTEGER) STRICT;
DROP TABLE esquema_novo;

INSERT INTO sqlite_sequence (name, seq) SELECT 'nivel', coalesce(max(id), 0) FROM nivel;
INSERT INTO sqlite_sequence (name, seq) SELECT 'perfil', coalesce(max(id), 0) FROM perfil;
INSERT INTO sqlite_sequence (name, seq) SELECT 'usuario', coalesce(max(id), 0) FROM usuario;
INSERT INTO sqlite_sequence (name, seq) SELECT 'motivo', coalesce(max(id), 0) FROM motivo;
INSERT INTO sqlite_sequence (name, seq) SELECT 'atendimento', coalesce(max(id), 0) FROM atendimento;

INSERT INTO compatibilidade (versao, desde) VALUES (8, 4);
