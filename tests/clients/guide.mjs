// Runs the clients of docs/clients/ against a demo, through a proxy that fails as networks and servers do.
// Usage: node guide.mjs BASE_URL PYTHON JAVA_CLASS_PATH
import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import { buffer } from 'node:stream/consumers';
import test from 'node:test';
import { logIn, run } from './processes.mjs';

const [baseUrl, python, classPath] = process.argv.slice(2);
const CLIENTS = {
  Python: [python, 'docs/clients/client.py'],
  Node: ['node', 'docs/clients/client.mjs'],
  Java: ['java', '-cp', classPath, 'Client'],
  curl: ['docs/clients/client.sh'],
};
const HISTORY_OF = { Python: '20221104000006', Node: '20221104000007', Java: '20221104000008', curl: '20221104000009' };
const COMMENT = 'Resolvido por "telefone"\\\nà tarde, R$ 5 ✓';
const CHANGE = ['Finalizado', '', COMMENT];
const DONE = [
  'motivos: Aberto por engano, Atendimento já finalizado, Duplicado, Fora do escopo',
  'transitions: Aberto, Em atendimento, Cancelado (motivo), Improcedente (motivo), Finalizado',
  'Atendimento atualizado com sucesso',
  'status: Finalizado',
  '',
].join('\n');

// What may happen to logins, reads and changes, one after the other; after the last, nothing more. A word is a
// code of the sandbox. `lost`: it does not reach the server. `cut`: it does, and the answer is lost. `gateway`: a
// proxy's own answer.
const CASES = [
  { what: 'changes a status', logins: 1, changes: 1 },
  { what: 'repeats what was not answered, under one key', change: ['lost', 'cut'], logins: 1, changes: 3 },
  {
    what: 'repeats what cannot be done now',
    login: ['unavailable'], change: ['unavailable', 'in_progress', 'gateway'], logins: 2, changes: 4,
  },
  {
    what: 'logs in again when the token is revoked, not trusted, expired',
    read: ['revoked_token', '', 'untrusted_token'], change: ['expired_token'], logins: 4, changes: 2,
  },
  { what: 'logs in again once', change: Array(9).fill('untrusted_token'), logins: 2, changes: 2, fails: /401 untrusted_token: JWT sig/ },
  { what: 'gives up', change: Array(9).fill('unavailable'), logins: 1, changes: 5, fails: /503 unavailable: Serviço indisponível/ },
  { what: 'does not repeat a refusal', args: ['Cancelado'], logins: 1, changes: 1, fails: /400 motivo_required: motivoStatus – esse/ },
  { what: 'does not repeat a wrong senha', senha: '4321', logins: 1, changes: 0, fails: /401 wrong_password: Senha inválida/ },
  { what: 'does not repeat a throttled login', login: ['throttled'], logins: 1, changes: 0, fails: /429 throttled: Muitas tentativas/ },
];

/** A proxy in front of the demo, where the case's failures happen. `seen` counts, and collects the keys. */
async function faulty({ login = [], read = [], change = [] }) {
  const seen = { logins: 0, reads: 0, changes: 0, keys: new Set() };
  const fault = ({ method, url, headers }) => {
    if (url === '/api/usuario/login') return login[seen.logins++];
    if (method !== 'POST') return read[seen.reads++];
    seen.keys.add(headers['idempotency-key']);
    return change[seen.changes++];
  };
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const failure = fault(request);
    if (failure === 'lost') return request.socket.destroy();
    if (failure === 'gateway') return response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>502</h1>');
    const headers = failure && failure !== 'cut' ? { ...request.headers, 'X-Sandbox-Falha': failure } : request.headers;
    forward(baseUrl + request.url, { method: request.method, headers }, async answer => {
      const content = await buffer(answer);
      if (failure === 'cut') return request.socket.destroy();
      response.writeHead(answer.statusCode, answer.headers).end(content);
    }).end(body);
  });
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return { server, seen, url: `http://127.0.0.1:${server.address().port}/` };
}

async function history(protocolo) {
  const headers = { Authorization: `Bearer ${await logIn(baseUrl)}` };
  return (await (await fetch(`${baseUrl}/api/atendimentos/${protocolo}/historico`, { headers })).json()).historico;
}

async function check(client, { args = CHANGE, senha = '1234', logins, changes, fails, ...failures }) {
  const { server, seen, url } = await faulty(failures);
  const protocolo = HISTORY_OF[client];
  const environment = { HELPDESK_URL: url, HELPDESK_LOGIN: 'user.api', HELPDESK_SENHA: senha };
  const { stdout, stderr, code } = await run([...CLIENTS[client], protocolo, ...args], environment);
  server.close();
  server.closeAllConnections();

  const printed = stdout + stderr;
  assert.deepEqual({ logins: seen.logins, changes: seen.changes }, { logins, changes }, printed);
  assert.equal(seen.keys.size, Math.min(changes, 1));
  assert.doesNotMatch(printed, new RegExp(`${senha}|eyJ`), 'a secret was printed');
  const comments = (await history(protocolo)).map(entry => entry.comentario);
  if (fails) {
    assert.match(stderr, fails);
    assert.equal(code, 1);
    assert.deepEqual(comments, []);
  } else {
    assert.deepEqual({ stdout, code }, { stdout: DONE, code: 0 }, printed);
    assert.deepEqual(comments, [{ texto: COMMENT, visivelCliente: false }]);
  }
}

for (const { what, ...scenario } of CASES) {
  test(what, { concurrency: true }, async t => {
    await fetch(`${baseUrl}/sandbox/reset`, { method: 'POST' });
    await Promise.all(Object.keys(CLIENTS).map(client => t.test(client, () => check(client, scenario))));
  });
}
