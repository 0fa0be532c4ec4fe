// Runs the commands of a Markdown page in one shell, and compares each answer with the page.
// A ```sh block is a command, the block after it the whole answer; without one, the answer is empty.
// `…` in an answer stands for anything within a line.
// Usage: node curl-page.mjs PAGE BASE_URL; the page says http://127.0.0.1:8080 instead.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [page, baseUrl] = process.argv.slice(2);
const text = readFileSync(page, 'utf8').replaceAll('http://127.0.0.1:8080', baseUrl);

const steps = [];
for (const [, language, block] of text.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
  if (language === 'sh') steps.push({ command: block, answer: '' });
  else if (steps.length > 0 && steps.at(-1).answer === '') steps.at(-1).answer = block;
}
if (steps.length === 0) throw new Error(`${page} has no command`);

// Each answer ends with a NUL, which no answer contains. Errors of the commands are part of it.
const script = steps.map(({ command }) => `${command}printf '\\0'\n`).join('');
const { stdout, error } = spawnSync('bash', ['-ec', `exec 2>&1\n${script}`], { encoding: 'utf8' });
if (error) throw error;
const answers = stdout.split('\0');

const escape = part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const trim = answer => answer.replace(/\n$/, '');
const differs = ({ answer }, index) =>
  answers.length < index + 2 || !new RegExp(`^${trim(answer).split('…').map(escape).join('.+')}$`).test(trim(answers[index]));
const wrong = steps.findIndex(differs);
if (wrong >= 0) {
  const { command, answer } = steps[wrong];
  console.error(`${page}: command ${wrong + 1} of ${steps.length}\n\n${command}\nshould answer\n${answer}\nand answered\n${answers[wrong]}`);
  process.exit(1);
}
console.log(`${steps.length} commands answered as the page says`);
