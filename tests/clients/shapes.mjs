// Sends what real clients send, by each of them and through nginx, and compares the answers to the byte.
// Usage: node shapes.mjs BASE_URL PYTHON JAVA_CLASS_PATH
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { logIn, run, startNginx } from './processes.mjs';

const [baseUrl, python, classPath] = process.argv.slice(2);
const file = name => new URL(`shapes/${name}`, import.meta.url).pathname;
const shapes = JSON.parse(readFileSync(file('shapes.json'), 'utf8'));
const nginx = await startNginx(new URL(baseUrl).host, 60);

const CLIENTS = {
  requests: { command: [python, file('send.py')], url: baseUrl },
  fetch: { command: ['node', file('send.mjs')], url: baseUrl },
  'java.net.http': { command: ['java', '-cp', classPath, 'Send'], url: baseUrl },
  curl: { command: [file('send.sh')], url: baseUrl },
  'fetch through nginx': { command: ['node', file('send.mjs')], url: nginx.url },
};

// A token alone differs from run to run.
const shown = answer => answer.replace(/"eyJ[\w.-]+"/, '"…"');

const TOKEN = await logIn(baseUrl);
for (const [client, { command, url }] of Object.entries(CLIENTS)) {
  test(client, async t => {
    const { stdout, stderr, code } = await run([...command, file('shapes.json')], { BASE_URL: url, TOKEN });
    assert.equal(code, 0, stderr);
    const answers = stdout.trimEnd().split('\n');
    assert.equal(answers.length, shapes.length, stdout);
    for (const [index, { what, status, answer }] of shapes.entries()) {
      await t.test(what, () => assert.equal(shown(answers[index]), `${status} ${answer}`));
    }
  });
}
