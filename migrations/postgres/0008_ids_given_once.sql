-- Nothing is to be done here: PostgreSQL gives no id twice. SQLite's migration of this number makes it do the same.
INSERT INTO compatibilidade (versao, desde) VALUES (8, 4);
