-- Who registered an atendimento: the first entry of its history in the console. Only a registration writes it.
CREATE INDEX auditoria_atendimento_criado ON auditoria (objeto) WHERE acao = 'atendimento.criar';

INSERT INTO compatibilidade (versao, desde) VALUES (13, 4);
