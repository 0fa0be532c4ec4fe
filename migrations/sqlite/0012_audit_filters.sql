-- For the filters of the audit trail: each narrows it down to what an index has in order, alone and with an action.
CREATE INDEX auditoria_autor ON auditoria (autor, em, id) WHERE autor IS NOT NULL;
CREATE INDEX auditoria_autor_acao ON auditoria (autor, acao, em, id) WHERE autor IS NOT NULL;
CREATE INDEX auditoria_autor_id ON auditoria (autor_id, em, id) WHERE autor_id IS NOT NULL;
CREATE INDEX auditoria_autor_id_acao ON auditoria (autor_id, acao, em, id) WHERE autor_id IS NOT NULL;
CREATE INDEX auditoria_usuario ON auditoria (usuario_id, em, id) WHERE usuario_id IS NOT NULL;
CREATE INDEX auditoria_usuario_acao ON auditoria (usuario_id, acao, em, id) WHERE usuario_id IS NOT NULL;
CREATE INDEX auditoria_autor_nivel_acao ON auditoria (autor_nivel_id, acao, em, id) WHERE autor_nivel_id IS NOT NULL;
CREATE INDEX auditoria_usuario_nivel_acao ON auditoria (usuario_nivel_id, acao, em, id)
    WHERE usuario_nivel_id IS NOT NULL;

INSERT INTO compatibilidade (versao, desde) VALUES (12, 4);
