-- Whose failures a bucket counts, so that those of a login can be forgotten on all addresses: a digest, the key of the
-- login's bucket for all addresses. NULL where it counts several logins, and in rows that nobody has touched since.
ALTER TABLE tentativa ADD COLUMN login BLOB;
CREATE INDEX tentativa_login ON tentativa (login) WHERE login IS NOT NULL;

INSERT INTO compatibilidade (versao, desde) VALUES (6, 4);
