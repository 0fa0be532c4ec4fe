// The page at /docs of servers in dialects, in a real browser: after a login, what is sent next carries the token where the
// dialect takes it, wherever the dialect's answer has it. The contract's header would be refused.
// Usage: node docs-dialect.mjs PROGRAM CHROMIUM; starts demos of its own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startDemo } from './processes.mjs';

const DIALECTS = [
  {
    text: `[login]\ncodigo = 201\ncorpo = '{"data":{"usuario":"<login>","jwt":"<token>"}}'\n[token]\ncabecalhos = ['x-access-token']`,
    header: 'x-access-token',
    value: /^eyJ[^ ]+$/,
  },
  {
    text: `[login]\ncorpo = '{"token":"<token>"}'\n[token]\ncabecalhos = ['Authorization: JWT', 'token']`,
    header: 'authorization',
    value: /^JWT eyJ[^ ]+$/,
  },
  {
    text: `escapes = 'nenhum'\n[login]\ncontent_type = 'text/plain'\ncorpo = 'Bearer <token>'`,
    header: 'authorization',
    value: /^Bearer eyJ[^ ]+$/,
  },
];

const [program, executablePath] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'citrus-status-dialects-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });

/** Sends `operation` of the `page` as it stands; its request and the status code of the answer. */
async function send(page, operation) {
  const block = page.locator(`#operations-Citrus-${operation}`);
  await block.locator('.opblock-summary-control').click();
  const [response] = await Promise.all([
    page.waitForResponse(response => response.url().includes('/api/')),
    block.locator('.execute').click(),
  ]);
  await block.locator('.live-responses-table').waitFor();
  return [response.request(), response.status()];
}

try {
  for (const [number, { text, header, value }] of DIALECTS.entries()) {
    const file = join(folder, `${number}.toml`);
    writeFileSync(file, text);
    const { url, demo, stopped } = await startDemo(program, '--dialeto', file);
    const page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = [];
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${url}/docs`);
    const [, loggedIn] = await send(page, 'login');
    assert.ok(loggedIn < 300);
    const [request, changed] = await send(page, 'alterarStatus');
    assert.match((await request.allHeaders())[header], value);
    assert.equal(changed, 200);
    // The curl line that the page offers is what was sent.
    assert.match((await page.locator('#operations-Citrus-alterarStatus .curl').innerText()).toLowerCase(), new RegExp(`'${header}: `));
    assert.deepEqual(complaints, []);
    await page.close();
    demo.kill('SIGINT');
    assert.equal(await stopped, 0);
  }
} finally {
  await browser.close();
}
console.log(`logged in and changed a status in ${DIALECTS.length} dialects`);
