// Walks through the console as people do. See run --help.
// Usage: node walk.mjs PROGRAM CHROMIUM [SCREENSHOTS]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { logIn, startDemo, startNginx } from '../clients/processes.mjs';
import { HOSTILE, PAGES, RECORD } from './pages.mjs';

const [program, executablePath, screenshots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LANGUAGES = ['pt-BR', 'en'];

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
const complaints = [];

/** A browser of its own for one person. */
async function person(baseUrl, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'pt-BR', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('request', request => request.url().startsWith(`${baseUrl}/`) || complaints.push(`asked ${request.url()}`));
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => complaints.push(`a dialog: ${dialog.message()}`));
  // Pages of errors have their status on purpose.
  const isMeant = message => message.type() !== 'error' || /status of 4\d\d/.test(message.text());
  page.on('console', message => isMeant(message) || complaints.push(message.text()));
  return { context, page, at: place => page.goto(`${baseUrl}/console${place && !place.startsWith('?') ? '/' : ''}${place}`) };
}

async function signIn({ page, at }, login = 'admin', senha = '1234') {
  await at('entrar');
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=senha]').fill(senha);
  await page.locator('main button').click();
  if (senha === '1234') await page.waitForURL(url => !url.pathname.endsWith('/entrar'));
}

/** What axe-core finds fault with. */
async function faults(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Opens the menu, where the screen is too narrow for it. */
async function openMenu(page) {
  const button = page.locator('button.menu');
  if (await button.isVisible()) await button.click();
}

/** Goes where the menu leads. */
async function choose(page, name) {
  await openMenu(page);
  await page.locator('nav').getByRole('link', { name }).click();
}

/** Nothing is left in the browser, and no page is wider than its window. */
async function isTidy(page, name) {
  const left = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(left, [0, 0, ''], name);
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(excess, 0, `${name} is too wide`);
  const here = page.locator('nav [aria-current]');
  if (await here.count()) {
    await openMenu(page);
    const { x, width } = await here.boundingBox();
    assert.ok(x >= 0 && x + width <= page.viewportSize().width, `${name} hides where one is in the menu`);
    if (await page.locator('button.menu').isVisible()) {
      assert.deepEqual(await faults(page), [], `${name} with its menu`);
      await page.keyboard.press('Escape');
      assert.ok(await here.isHidden(), `${name} leaves its menu open`);
      const { height } = await page.locator('header.top').boundingBox();
      assert.ok(height <= 64, `the head of ${name} takes ${height} pixels`);
    }
  }
}

/** All pages in one language, one colour scheme and one width. */
async function walk(baseUrl, lang, colorScheme, width) {
  const one = await person(baseUrl, { locale: lang, colorScheme, viewport: { width, height: 844 } });
  const { page, at, context } = one;
  let signedIn = false;
  for (const [name, place, element] of PAGES) {
    await at(place);
    await page.locator(element).first().waitFor();
    const label = `${name}-${lang}-${colorScheme}-${width}`;
    assert.equal(await page.locator('html').getAttribute('lang'), lang, label);
    assert.deepEqual(await faults(page), [], label);
    await isTidy(page, label);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${label}.png`), fullPage: true });
    if (!signedIn) await signIn(one);
    signedIn = true;
  }
  await context.close();
}

/** Changes a status by the keyboard alone, from the sign-in on. */
async function byKeyboard(baseUrl) {
  const { page, at, context } = await person(baseUrl);
  const press = async (key, times = 1) => { for (let time = 0; time < times; time += 1) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement.name || document.activeElement.textContent.trim());
  const reach = async wanted => {
    for (let tabs = 0; tabs < 60; tabs += 1) {
      if (wanted.test(await focused())) {
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, 'none', `${wanted} shows no focus`);
        return;
      }
      await press('Tab');
    }
    assert.fail(`no way to ${wanted}`);
  };
  await at(RECORD);
  assert.equal(await focused(), 'login');
  await page.keyboard.type('admin');
  await press('Tab');
  await page.keyboard.type('1234');
  await press('Enter');
  await page.locator('ol.timeline').waitFor();
  await press('Tab');
  assert.equal(await focused(), 'Pular para o conteúdo');
  await press('Enter');
  const before = await page.locator('ol.timeline > li').count();
  await reach(/^status$/);
  await press('ArrowDown', 2);
  await press('ArrowUp');
  assert.equal(await page.locator('[name=status]:checked').inputValue(), 'Cancelado');
  assert.ok(await page.locator('#motivoStatus').isVisible());
  await reach(/^motivoStatus$/);
  await press('ArrowDown');
  await reach(/^comentario$/);
  await page.keyboard.type('Pelo teclado');
  await reach(/^passo$/);
  await press('Enter');
  await page.getByText('Nada foi gravado ainda').waitFor();
  await reach(/^passo$/);
  await press('Enter');
  await page.getByText('Status alterado para Cancelado.').waitFor();
  assert.equal(await page.locator('ol.timeline > li').count(), before + 1);
  await context.close();
}

let motivos = 0;

/** By mouse: a motivo made and used, an atendimento reopened, the other language, and out. */
async function byMouse(baseUrl, options) {
  const one = await person(baseUrl, options);
  const { page, context } = one;
  await signIn(one, 'admin', 'errada');
  await page.locator('#senha-erro', { hasText: 'A senha não confere.' }).waitFor();
  assert.equal(await page.locator('[name=login]').inputValue(), 'admin');
  await signIn(one);
  await choose(page, 'Motivos');
  motivos += 1;
  const motivo = `Reaberto a pedido ${motivos}`;
  await page.locator('[name=nome]').fill(motivo);
  await page.getByRole('button', { name: 'Criar motivo' }).click();
  await page.getByText(`Motivo “${motivo}” criado.`).waitFor();
  await choose(page, 'Atendimentos');
  await page.locator('select[name=status]').selectOption('Finalizado');
  await page.getByRole('button', { name: 'Procurar' }).click();
  await page.locator('table.cards tbody a').first().click();
  assert.ok(await page.locator('#motivoStatus').isHidden());
  await page.getByLabel('Aberto').check();
  assert.ok(await page.locator('#motivoStatus').isVisible());
  await page.locator('#motivoStatus').selectOption(motivo);
  await page.locator('#comentario').fill('O cliente ligou de novo.');
  await page.getByLabel('Visível ao cliente').check();
  await page.getByRole('button', { name: 'Conferir' }).click();
  // axe-core is a script, too.
  if (options?.javaScriptEnabled !== false) assert.deepEqual(await faults(page), []);
  if (screenshots) await page.screenshot({ path: join(screenshots, 'conferir.png'), fullPage: true });
  await page.getByRole('button', { name: 'Corrigir' }).click();
  assert.equal(await page.locator('#comentario').inputValue(), 'O cliente ligou de novo.');
  await page.getByRole('button', { name: 'Conferir' }).click();
  await page.getByRole('button', { name: 'Alterar agora' }).click();
  await page.getByText('Status alterado para Aberto.').waitFor();
  const shown = page.url();
  if (options?.javaScriptEnabled !== false) {
    // To the page that asked for the confirmation: as it is now, and nothing is sent again.
    await page.goBack();
    await page.locator('#alterar').waitFor();
    await page.goForward();
  }
  // What is half typed stays; a reload leads back to the page.
  await page.locator('#comentario').fill('Meia palavra');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Change the status' }).waitFor();
  assert.equal(await page.locator('#comentario').inputValue(), 'Meia palavra');
  if (options?.javaScriptEnabled !== false) {
    await page.reload();
    assert.equal(page.url(), shown);
  }
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You have signed out.').waitFor();
  await context.close();
}

/** Administers by mouse: switches turned, a user registered and moved, and what was done looked up. */
async function administer(baseUrl, name, options) {
  const one = await person(baseUrl, options);
  const { page, context } = one;
  const question = async (label, act) => {
    // axe-core is a script, too.
    if (options.javaScriptEnabled !== false) assert.deepEqual(await faults(page), [], label);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${label}.png`), fullPage: true });
    await act();
  };
  await signIn(one);
  await choose(page, 'Níveis');
  // All that is wrong is said at once, and the focus is on it.
  await page.getByRole('button', { name: 'Criar nível' }).click();
  await page.getByText('2 campos precisam de correção:').waitFor();
  await page.locator('[role=alert]:focus').waitFor();
  await question(`recusado-${name}`, () => page.getByRole('link', { name: 'Escolha abaixo de qual nível ele fica.' }).click());
  assert.match(page.url(), /#superior$/);
  await page.locator('[name=nome]').fill(`Loja ${name}`);
  await page.locator('[name=superior]').selectOption('Filial');
  await page.getByRole('button', { name: 'Criar nível' }).click();
  await page.getByText(`Nível “Loja ${name}” criado.`).waitFor();
  await page.getByRole('link', { name: 'Liberações Suporte' }).click();
  await page.getByRole('switch', { name: /Consultar motivos/ }).uncheck();
  await page.getByRole('button', { name: 'Conferir' }).click();
  await page.getByText('1 usuário perde a permissão').waitFor();
  await question(`recolher-${name}`, () => page.getByRole('button', { name: 'Corrigir' }).click());
  await page.getByText('sua escolha; agora está ligada').waitFor();
  await choose(page, 'Perfis');
  await page.locator('[name=nome]').fill(`Caixa ${name}`);
  await page.locator('[name=nivel]').selectOption('Suporte');
  await page.getByRole('button', { name: 'Criar perfil' }).click();
  await page.getByText(`Perfil “Caixa ${name}” criado.`).waitFor();
  await page.getByRole('switch', { name: /Alterar status/ }).check();
  await page.getByRole('button', { name: 'Conferir' }).click();
  await question(`conceder-${name}`, () => page.getByRole('button', { name: 'Confirmar' }).click());
  await page.getByText(`Permissões de “Caixa ${name}” alteradas.`).waitFor();
  await choose(page, 'Usuários');
  const login = `caixa.${name}`;
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=perfil]').selectOption(`Caixa ${name}`);
  await page.locator('[name=senha]').fill('uma senha');
  await page.locator('[name=senha_de_novo]').fill('uma senha');
  await page.getByRole('button', { name: 'Criar usuário' }).click();
  await page.getByText(`Usuário “${login}” criado`).waitFor();
  await page.locator('[name=procura]').fill(login);
  await page.getByRole('button', { name: 'Procurar' }).click();
  await page.getByRole('link', { name: `Administrar ${login}` }).click();
  await page.getByRole('link', { name: 'Mudar de perfil' }).click();
  await page.locator('[name=perfil]').selectOption('Consulta');
  await page.getByRole('button', { name: 'Conferir' }).click();
  await question(`mudar-${name}`, () => page.getByRole('button', { name: 'Mudar de perfil' }).click());
  await page.getByText(`“${login}” agora é do perfil “Consulta”.`).waitFor();
  await page.getByRole('link', { name: 'Desativar' }).click();
  await page.getByRole('button', { name: 'Desativar' }).click();
  await page.getByText(`“${login}” desativado.`).waitFor();
  await page.goBack();
  await page.goBack();
  await choose(page, 'Auditoria');
  await page.locator('[name=usuario]').fill(login);
  await page.locator('[name=acao]').selectOption('usuario.perfil');
  await page.getByRole('button', { name: 'Filtrar' }).click();
  await page.locator('.audit tbody tr').first().waitFor();
  assert.equal(await page.locator('.audit tbody tr').count(), 1);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Exportar CSV' }).click()]);
  assert.match(readFileSync(await file.path(), 'utf8'), /^\ufeff"id";"quando \(Brasília\)";.*\r\n"\d+";"\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d";/);
  await context.close();
}

/** What the pages of administration show: a nível below another, long and hostile names, a permission not released. */
async function populate(baseUrl, headers) {
  const send = async (method, path, body) => {
    const answer = await fetch(`${baseUrl}/api/admin/${path}`, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, await answer.text());
  };
  await send('POST', 'niveis', { nome: 'Filial', superior: 'Suporte' });
  await send('PUT', 'niveis/3/permissoes/alterar-status');
  await send('POST', 'perfis', { nome: 'Balcão', nivel: 'Filial' });
  await send('PUT', 'perfis/4/permissoes/alterar-status');
  await send('POST', 'usuarios', { login: 'ana.souza', perfil: 'Balcão', senha: 'uma senha' });
  await send('POST', 'usuarios', { login: HOSTILE, perfil: 'Balcão', senha: 'uma senha' });
  await send('POST', 'usuarios', { login: 'm'.repeat(255), perfil: 'Consulta', senha: 'uma senha' });
  await send('POST', 'motivos', { nome: `Motivo ${'longo '.repeat(41)}`.trim() });
  await send('POST', 'niveis', { nome: 'W'.repeat(255), superior: 'Filial' });
  await send('POST', 'perfis', { nome: `Perfil ${'longo '.repeat(41)}`.trim(), nivel: 'Filial' });
  await send('POST', 'usuarios/6/desativar');
}

/** A link on another site leads a person who is signed in to the page, although the browser keeps the cookie back. */
async function byLink(baseUrl) {
  const link = `<a href="${baseUrl}/console/motivos">motivos</a>`;
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(link));
  await new Promise(listening => site.listen(0, '127.0.0.1', listening));
  const elsewhere = `http://localhost:${site.address().port}/`;
  for (const [login, end] of [['admin', 'table.cards'], [null, '[name=senha]']]) {
    const context = await browser.newContext();
    const page = await context.newPage();
    if (login) await signIn({ page, at: place => page.goto(`${baseUrl}/console/${place}`) }, login);
    await page.goto(elsewhere);
    await page.getByRole('link').click();
    await page.locator(end).waitFor();
    await context.close();
  }
  site.close();
}

/** What was typed when a session ended outlives a reload and the way back, on each page that has it. */
async function afterTheSession(baseUrl) {
  for (const javaScriptEnabled of [true, false]) {
    const one = await person(baseUrl, { javaScriptEnabled });
    const { page, at, context } = one;
    const typed = () => page.locator('#comentario').inputValue();
    await signIn(one);
    await at(RECORD);
    await page.locator('#comentario').fill('Meia palavra');
    await context.clearCookies({ name: 'citrus-sessao' });
    await page.getByRole('button', { name: 'Conferir' }).click();
    await page.getByText('A sessão terminou. Entre de novo.').waitFor();
    await page.reload();
    await page.locator('[name=login]').fill('admin');
    await page.locator('[name=senha]').fill('1234');
    await page.locator('main button').click();
    await page.locator('#comentario').waitFor();
    assert.equal(await typed(), 'Meia palavra');
    await page.reload();
    assert.equal(await typed(), 'Meia palavra');
    await choose(page, 'Motivos');
    await page.locator('[name=nome]').waitFor();
    await page.goBack();
    assert.equal(await typed(), 'Meia palavra');
    await context.close();
  }
}

/** A form that no server takes: the way back leads to its page, and no further. */
async function whileNobodyAnswers(baseUrl) {
  const one = await person(baseUrl);
  const { page, at, context } = one;
  await signIn(one);
  await at('auditoria');
  await at('motivos');
  const here = page.url();
  await page.locator('[name=nome]').fill('Meia palavra');
  await page.route('**/motivos', route => route.abort('connectionrefused'), { times: 1 });
  await page.getByRole('button', { name: 'Criar motivo' }).click({ noWaitAfter: true });
  await page.waitForFunction(() => window.location.protocol === 'chrome-error:');
  await page.goBack();
  await page.locator('[name=nome]').waitFor();
  assert.equal(page.url(), here);
  // Nor does the address of a page that has taken its form tell of this.
  await page.locator('[name=nome]').fill(`Depois ${here}`);
  await page.getByRole('button', { name: 'Criar motivo' }).click();
  await page.locator('.notice').waitFor();
  assert.equal(page.url(), here);
  await context.close();
}

try {
  const { url } = await startDemo(program);
  const headers = { authorization: `Bearer ${await logIn(url)}` };
  const change = body => fetch(`${url}/api/atendimentos/status`, { method: 'POST', headers, body: JSON.stringify(body) });
  const protocolo = '20221104000001';
  await change({ protocolo, status: 'Em atendimento', comentario: 'Já estamos vendo.\nVolto em breve.', visivelCliente: true });
  await change({ protocolo, status: 'Cancelado', motivoStatus: 'Duplicado', comentario: HOSTILE, visivelCliente: false });
  await change({ protocolo, status: 'Aberto' });
  await populate(url, { authorization: `Bearer ${await logIn(url, 'admin')}` });
  for (let number = 6; number < 26; number += 1) await change({ protocolo: `202211040000${String(number).padStart(2, '0')}`, status: 'Finalizado' });

  const walks = LANGUAGES.flatMap(lang => ['light', 'dark'].map(scheme => [lang, scheme]));
  await Promise.all(walks.map(([lang, scheme]) => walk(url, lang, scheme, 1280)));
  await Promise.all([walk(url, 'pt-BR', 'light', 360), walk(url, 'en', 'dark', 360)]);
  await byKeyboard(url);
  await byLink(url);
  await afterTheSession(url);
  await whileNobodyAnswers(url);
  await byMouse(url);
  await byMouse(url, { javaScriptEnabled: false });
  await administer(url, 'rato', {});
  await administer(url, 'sem-script', { javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
  const nginx = await startNginx(new URL(url).host, 60);
  await byMouse(`${nginx.url}/a/citrus`, {});
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
console.log('walked through the console by mouse, by keyboard, without scripts and under a prefix');
process.exit();
