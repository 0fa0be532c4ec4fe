-- For administration's pages. An entry of the audit trail tells on which níveis its author and the user whom it is about
-- stood at that time: a later move lets nobody see what was done elsewhere. Without a reference, because a nível may be
-- removed and its entries stay. NULL: a command, a root perfil, no user, or an entry of an older release.
ALTER TABLE auditoria ADD COLUMN autor_nivel_id INTEGER;
ALTER TABLE auditoria ADD COLUMN usuario_nivel_id INTEGER;

CREATE INDEX auditoria_em ON auditoria (em, id);
CREATE INDEX auditoria_acao ON auditoria (acao, em, id);
CREATE INDEX auditoria_autor_nivel ON auditoria (autor_nivel_id, em, id) WHERE autor_nivel_id IS NOT NULL;
CREATE INDEX auditoria_usuario_nivel ON auditoria (usuario_nivel_id, em, id) WHERE usuario_nivel_id IS NOT NULL;
CREATE INDEX usuario_perfil ON usuario (perfil_id, id);

INSERT INTO compatibilidade (versao, desde) VALUES (11, 4);
