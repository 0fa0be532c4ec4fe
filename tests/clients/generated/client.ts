// Uses the generated TypeScript client: logs in, changes a status, reads it back, and is told of a refusal.
// Usage: node client.js BASE_URL, with the generated client beside it as `generated`.
import { AtendimentoFromJSON, CitrusApi, Configuration, LeiturasApi, ResponseError, Status } from './generated/index.js';

declare const process: { argv: string[] };

const protocolo = '20221104000001';

function equal(is: unknown, expected: unknown) {
  if (is !== expected) throw new Error(`${is} is not ${expected}`);
}

let accessToken = '';
const configuration = new Configuration({ basePath: process.argv[2], accessToken: () => accessToken });
const citrus = new CitrusApi(configuration);
const leituras = new LeiturasApi(configuration);

const token = await citrus.login({ credenciais: { login: 'user.api', senha: '1234' } });
equal(token.expiresIn, 3600);
accessToken = token.accessToken;

const alteracao = { protocolo, status: Status.Finalizado, comentario: 'Resolvido', visivelCliente: 'True' };
equal((await citrus.alterarStatus({ alteracao })).message, 'Atendimento atualizado com sucesso');
const dryRun = await citrus.alterarStatus({ alteracao: { protocolo, status: Status.Finalizado }, simular: true });
equal(dryRun.de, Status.Finalizado);
const read = await leituras.lerStatus({ protocolo });
equal(read.protocolo, protocolo);
equal(read.status, Status.Finalizado);
const { historico } = await leituras.lerHistorico({ protocolo, limite: 200 });
equal(historico[historico.length - 1]?.comentario?.texto, 'Resolvido');

equal(AtendimentoFromJSON({ protocolo, status: 'Aberto', motivoStatus: null, atualizadoEm: '2026-11-23T10:00:00Z', novo: [1] }).status, Status.Aberto);
const refusal = await citrus.alterarStatus({ alteracao: { protocolo: '0', status: Status.Aberto } }).catch(error => error);
if (!(refusal instanceof ResponseError)) throw refusal;
equal((await refusal.response.json()).message, 'Atendimento não encontrado');

console.log('logged in, changed a status, read it back');
