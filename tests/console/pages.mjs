// The pages of the console that the walk looks at, and what they show.

// What the pages show: changes, comments of both kinds, and names that try to be more than names.
export const HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>';
export const RECORD = 'atendimento?protocolo=20221104000001';

/** Each page: its name, its place, and what has to be on it. The first asks for no session. */
export const PAGES = [
  ['entrar', 'entrar', 'form[action$="console/entrar"]'],
  ['painel', '', 'svg.chart'],
  ['atendimentos', 'atendimentos', 'table.cards'],
  ['atendimentos-busca', 'atendimentos?protocolo=2022110400000&status=Aberto', 'table.cards'],
  ['atendimentos-erro', 'atendimentos?de=ontem', '.error'],
  ['atendimentos-nada', 'atendimentos?protocolo=9', '.empty'],
  ['atendimento-novo', 'atendimentos/novo', 'form[action$="atendimentos/novo"]'],
  ['atendimento', RECORD, 'ol.timeline'],
  ['motivos', 'motivos', 'table.cards'],
  ['motivo', 'motivos/1', '.confirm'],
  ['usuarios', 'usuarios', 'table.cards'],
  ['usuarios-nada', 'usuarios?procura=%3Cb%3Eninguem', '.empty'],
  ['usuario', 'usuarios/4', 'dl'],
  ['usuario-eu', 'usuarios/3', '.you'],
  ['usuario-senha', 'usuarios/4/senha', '#senha_de_novo'],
  ['usuario-perfil', 'usuarios/4/perfil', 'select'],
  ['usuario-situacao', 'usuarios/4/situacao', '.danger'],
  ['usuario-revogar', 'usuarios/3/revogar', '.notice.warn'],
  ['minha-senha', 'senha', '#senha_atual'],
  ['perfis', 'perfis', 'table.cards'],
  ['perfil', 'perfis/2', '[role=switch]'],
  ['perfil-filial', 'perfis/4', '[role=switch][disabled]'],
  ['perfil-raiz', 'perfis/1', '.notice.warn'],
  ['niveis', 'niveis', '.depth-2'],
  ['nivel', 'niveis/3', '[role=switch]'],
  ['auditoria', 'auditoria', 'table.audit'],
  ['auditoria-erro', 'auditoria?ate=ontem', '.error'],
  ['auditoria-nada', 'auditoria?acao=backup', '.empty'],
  ['servidor', 'servidor', 'table.settings'],
  ['atendimento-nada', 'atendimento?protocolo=9', '.who'],
  ['nada', 'nada', '.who'],
];
