// Uses the page at /docs as a person does, in a real browser: logs in, changes a status, reads it, forgets the token, types it in.
// With a PREFIX, nginx serves it there. Nothing may be asked of another host or outside the prefix, and nothing may fail
// that the person did not ask for.
// Usage: node docs-page.mjs BASE_URL CHROMIUM [PREFIX]
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { startNginx } from './processes.mjs';

const [direct, executablePath, prefix] = process.argv.slice(2);
const baseUrl = prefix ? (await startNginx(new URL(direct).host, 60)).url + prefix : direct;
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
const page = await browser.newPage();
page.setDefaultTimeout(30_000);

const elsewhere = [];
const complaints = [];
page.on('request', request => request.url().startsWith(`${baseUrl}/`) || elsewhere.push(request.url()));
page.on('pageerror', error => complaints.push(String(error)));
page.on('console', message => message.type() === 'error' && complaints.push(message.text()));

// Sends an operation as it stands, and returns the status code and the body that the page then shows.
const opened = new Set();
async function send(tag, operation) {
  const block = page.locator(`#operations-${tag}-${operation}`);
  if (!opened.has(operation)) await block.locator('.opblock-summary-control').click();
  opened.add(operation);
  const [response] = await Promise.all([
    page.waitForResponse(response => response.url().includes('/api/')),
    block.locator('.execute').click(),
  ]);
  const shown = block.locator('.live-responses-table');
  const body = await response.text();
  await shown.getByText(Object.values(JSON.parse(body))[0], { exact: false }).first().waitFor();
  assert.match(await shown.locator('.response-col_status').nth(1).innerText(), new RegExp(`^${response.status()}`));
  return [response.status(), body];
}

// The operation's answers as the page describes them: the codes that are open, and the lines of those that are folded.
async function answers(operation) {
  const rows = page.locator(`#operations-Citrus-${operation} .responses-table:not(.live-responses-table) > tbody > tr`);
  const lines = (await rows.locator('button[aria-expanded]').allInnerTexts()).map(text => text.replace(/\s+/g, ' '));
  return [await rows.locator('> .response-col_status').allInnerTexts(), lines];
}

try {
  await page.goto(`${baseUrl}/`);
  const links = await page.locator('a').evaluateAll(links => links.map(link => link.href));
  assert.deepEqual(links, ['/console', '/docs', '/openapi.json', '/health/live', '/health/ready'].map(path => baseUrl + path));
  await page.getByRole('link', { name: 'docs' }).click();
  assert.equal(page.url(), `${baseUrl}/docs`);
  assert.deepEqual(await send('Citrus', 'alterarStatus'), [401, '{"message":"Token is missing"}']);
  // The browser itself complains of the 401.
  assert.deepEqual(complaints.splice(0).filter(text => !text.includes('401')), []);

  const [code, token] = await send('Citrus', 'login');
  assert.equal(code, 200);
  assert.match(await page.locator('#operations-Citrus-login .curl').innerText(), new RegExp(`'${baseUrl}/api/usuario/login'`));
  const [open, folded] = await answers('login');
  assert.deepEqual(open, ['200']);
  assert.match(folded.join(), /^400.+,401Senha inválida,404Usuário não encontrado,/);
  await page.locator('#operations-Citrus-login .folded button').nth(1).click();
  assert.deepEqual((await answers('login'))[0], ['200', '401']);
  const text = await page.locator('#api').innerText();
  assert.ok(text.includes('[nosso]') && !text.includes('[ours]'));
  assert.match(token, /^\{"accessToken":"[^"]+","tokenType":"Bearer","expiresIn":3600\}$/);
  assert.deepEqual(await send('Citrus', 'alterarStatus'), [200, '{"message":"Atendimento atualizado com sucesso"}']);
  const [read, estado] = await send('Leituras', 'lerStatus');
  assert.equal(read, 200);
  assert.match(estado, /^\{"protocolo":"20221104000001","status":"Finalizado",/);
  assert.deepEqual(complaints.splice(0), []);

  const dialog = async steps => {
    await page.locator('.scheme-container .authorize').click();
    await steps();
    await page.locator('.btn-done').click();
  };
  await dialog(() => page.getByRole('button', { name: 'Remove authorization' }).click());
  assert.equal((await send('Citrus', 'alterarStatus'))[0], 401);
  await dialog(async () => {
    await page.locator('.auth-container input').fill(JSON.parse(token).accessToken);
    await page.getByRole('button', { name: 'Apply credentials' }).click();
  });
  assert.equal((await send('Citrus', 'alterarStatus'))[0], 200);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  await page.goto(`${baseUrl}/docs/`);
  assert.equal((await send('Leituras', 'lerMotivos'))[0], 401);
  assert.deepEqual(complaints.splice(0).filter(text => !text.includes('401')), []);
  assert.deepEqual(elsewhere, []);
} finally {
  await browser.close();
}
console.log('logged in, changed a status, read it, forgot the token and typed it in');
