-- Whose failures a bucket counts, so that those of a login can be forgotten on all addresses. NULL where it counts
-- several logins, and in rows that nobody has touched since.
ALTER TABLE tentativa ADD COLUMN login bytea;
CREATE INDEX tentativa_login ON tentativa (login) WHERE login IS NOT NULL;
COMMENT ON COLUMN tentativa.login IS 'digest of the login: the key of its bucket for all addresses';

INSERT INTO compatibilidade (versao, desde) VALUES (6, 4);
