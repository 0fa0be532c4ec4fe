// Changes the status of an atendimento: node client.mjs PROTOCOLO STATUS [MOTIVO] [COMENTARIO]
// HELPDESK_URL, HELPDESK_LOGIN and HELPDESK_SENHA say where, and as whom. Needs Node 18 or newer.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 5;
const TIMEOUT = 35_000; // the server gives up after 30 s
const NOT_NOW = [408, 409, 502, 503, 504];

/** An answer that the same request would get again. */
class Refused extends Error {
  constructor(status, problem) {
    const { code = 'no code', message = 'not an answer of the server' } = problem ?? {};
    super(`${status} ${code}: ${message}`);
    Object.assign(this, { status, code });
  }
}

/** Keeps one token and its connections. Make one, and use it for everything. */
class Client {
  #url;
  #credentials;
  #token;

  constructor(url, login, senha) {
    this.#url = url.replace(/\/+$/, '');
    this.#credentials = { login, senha };
  }

  async motivos() {
    return (await this.#call('GET', '/api/motivos')).motivos;
  }

  async transitions(protocolo) {
    return (await this.#call('GET', `/api/atendimentos/${encodeURIComponent(protocolo)}/transicoes`)).transicoes;
  }

  async status(protocolo) {
    return (await this.#call('GET', `/api/atendimentos/status?protocolo=${encodeURIComponent(protocolo)}`)).status;
  }

  /** Makes the change once, however often it has to be sent. */
  async change({ protocolo, status, motivo, comentario, visivel = false, key = randomUUID() }) {
    const comment = comentario ? { comentario, visivelCliente: visivel ? 'True' : 'False' } : {};
    const body = { protocolo, status, motivoStatus: motivo, ...comment };
    return (await this.#call('POST', '/api/atendimentos/status', body, { 'Idempotency-Key': key })).message;
  }

  /** Sends a request with the token. Logs in where there is none, and once more where it is not accepted. */
  async #call(...request) {
    if (!this.#token) await this.#logIn();
    let answer = await this.#send(...request);
    if (answer.status === 401) {
      await this.#logIn();
      answer = await this.#send(...request);
    }
    return accepted(answer);
  }

  async #logIn() {
    this.#token = undefined;
    this.#token = accepted(await this.#send('POST', '/api/usuario/login', this.#credentials)).accessToken;
  }

  /** Sends a request, again where there is no answer or the server says "not now". */
  async #send(method, path, body, more = {}) {
    const headers = { Accept: 'application/problem+json', ...more };
    if (body) headers['Content-Type'] = 'application/json';
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    for (let attempt = 1; ; attempt++) {
      let pause = 2 ** (attempt - 2);
      try {
        const signal = AbortSignal.timeout(TIMEOUT);
        const response = await fetch(this.#url + path, { method, headers, body: JSON.stringify(body), signal });
        const text = await response.text();
        if (!NOT_NOW.includes(response.status) || attempt === ATTEMPTS) return { status: response.status, text };
        pause = Math.max(pause, Number(response.headers.get('Retry-After')) || 0);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
      await sleep(pause * 1000 * (1 + Math.random() / 5));
    }
  }
}

function accepted({ status, text }) {
  if (status === 200) return JSON.parse(text);
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // Not the server's answer, but a proxy's.
  }
  throw new Refused(status, problem);
}

const { HELPDESK_URL, HELPDESK_LOGIN, HELPDESK_SENHA } = process.env;
const [protocolo, status, motivo, comentario] = process.argv.slice(2);
if (!status) {
  console.error('usage: client.mjs PROTOCOLO STATUS [MOTIVO] [COMENTARIO]');
  process.exit(2);
}
try {
  const client = new Client(HELPDESK_URL, HELPDESK_LOGIN, HELPDESK_SENHA);
  console.log('motivos:', (await client.motivos()).join(', '));
  const transitions = await client.transitions(protocolo);
  console.log('transitions:', transitions.map(to => to.para + (to.motivoObrigatorio ? ' (motivo)' : '')).join(', '));
  console.log(await client.change({ protocolo, status, motivo, comentario }));
  console.log('status:', await client.status(protocolo));
} catch (error) {
  console.error('not done:', error.cause?.message ?? error.message);
  process.exitCode = 1;
}
