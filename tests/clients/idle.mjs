// 2,000 POSTs through nginx, all at the moment when its idle connections to the server reach nginx's own limit.
// A server that closes an idle connection first meets requests that are on their way: nginx answers them 502.
// Usage: node idle.mjs PROGRAM [NGINX_SECONDS]; starts a demo of its own. KEEP_ALIVE_SECONDS is the demo's limit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn, startDemo, startNginx } from './processes.mjs';

const [program, seconds = '60'] = process.argv.slice(2);
const LIMIT = Number(seconds) * 1000;
const CONNECTIONS = 2000;
const GATHERING = 10_000; // for as many requests to be on their way at once

const { url, demo, stopped } = await startDemo(program);
const nginx = await startNginx(new URL(url).host, seconds);
const token = await logIn(url);
const agent = new Agent({ keepAlive: true });

/** The status code of a request through nginx that the server answers no sooner than at `due`. */
function send(method, path, due, body) {
  const headers = { Authorization: `Bearer ${token}`, 'X-Sandbox-Atraso': Math.max(0, Math.round(due - performance.now())) };
  return new Promise((resolve, reject) => {
    const sent = request(nginx.url + path, { method, headers, agent }, async answer => {
      await buffer(answer);
      resolve(answer.statusCode);
    });
    sent.on('error', reject).end(body);
  });
}

/** How many answers there were of each status code. */
async function counted(requests) {
  const codes = {};
  for (const code of await Promise.all(requests)) codes[code] = (codes[code] ?? 0) + 1;
  return codes;
}

/** How many connections the server has. */
function established() {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').map(line => line.trim().split(/\s+/));
  return lines.filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === '01').length;
}

// They are answered together, so that as many connections become idle together.
const idle = performance.now() + GATHERING;
const warming = [];
for (let sent = 0; sent < CONNECTIONS; sent++) {
  warming.push(send('GET', '/health/live', idle));
  if (sent % 100 === 99) await sleep(100);
}
assert.deepEqual(await counted(warming), { 200: CONNECTIONS });
const opened = established();
assert.ok(opened > CONNECTIONS / 2, `only ${opened} connections`);

await sleep(idle + LIMIT * 0.9 - performance.now());
assert.equal(established(), opened, 'the server closed idle connections before nginx did');

// From a little before the limit to a little after it.
await sleep(idle + LIMIT - 250 - performance.now());
const changing = [];
for (let sent = 0; sent < CONNECTIONS; sent++) {
  const body = JSON.stringify({ protocolo: String(20221104000001 + (sent % 30)), status: 'Em atendimento', motivoStatus: 'Duplicado' });
  changing.push(send('POST', '/api/atendimentos/status', idle + LIMIT + GATHERING / 2, body));
}
assert.deepEqual(await counted(changing), { 200: CONNECTIONS }, nginx.log());

agent.destroy();
demo.kill('SIGINT');
assert.equal(await stopped, 0);
console.log(`${CONNECTIONS} POSTs were answered 200 after ${seconds} s of idle connections`);
