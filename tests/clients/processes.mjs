// Programs that the tests of clients run, and nginx in front of a server.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

// So that what is to be done at the exit is done.
process.on('SIGTERM', () => process.exit(1));

/** The exit code of a command and what it printed. */
export async function run([program, ...args], environment) {
  const child = spawn(program, args, { env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment } });
  const exited = new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { stdout, stderr, code };
}

/** A token of the example's user.api. */
export async function logIn(baseUrl, usuario = 'user.api') {
  const login = { method: 'POST', body: JSON.stringify({ login: usuario, senha: '1234' }) };
  return (await (await fetch(`${baseUrl}/api/usuario/login`, login)).json()).accessToken;
}

/** Starts `citrus-status demo` on a free port, with `args` besides. It ends with this process. */
export async function startDemo(program, ...args) {
  const stdio = ['ignore', 'pipe', 'ignore'];
  const child = spawn(program, ['demo', '--bind', '127.0.0.1:0', ...args], { cwd: tmpdir(), stdio });
  process.on('exit', () => child.kill('SIGKILL'));
  const stopped = new Promise(resolve => child.on('exit', resolve));
  const url = await new Promise(announced => {
    const lines = createInterface(child.stdout);
    lines.on('line', line => line.startsWith('citrus-status demo on ') && announced(line.slice(22)));
  });
  return { url, demo: child, stopped };
}

function freePort() {
  return new Promise(found => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

const connects = port =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.end();
  });

/**
 * Starts nginx in front of `upstream`, a host and port; nginx.conf says what it serves where. It keeps idle
 * connections for `keepAlive` seconds, and ends with this process.
 */
export async function startNginx(upstream, keepAlive) {
  const folder = mkdtempSync(join(tmpdir(), 'citrus-status-nginx-'));
  const port = await freePort();
  const settings = { FOLDER: folder, UPSTREAM: upstream, KEEP_ALIVE: keepAlive, PORT: port };
  const template = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8').replace(/^#.*\n/gm, '');
  writeFileSync(join(folder, 'nginx.conf'), template.replace(/\b(FOLDER|UPSTREAM|KEEP_ALIVE|PORT)/g, name => settings[name]));
  const log = join(folder, 'error.log');
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', log], { stdio: 'inherit', env });
  nginx.unref();
  process.on('exit', () => {
    nginx.kill();
    rmSync(folder, { recursive: true });
  });
  while (!(await connects(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx: ${readFileSync(log, 'utf8')}`);
  }
  return { url: `http://127.0.0.1:${port}`, log: () => readFileSync(log, 'utf8') };
}
