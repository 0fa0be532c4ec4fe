// Sends each request of shapes.json by fetch, and prints its status code and answer.
import { readFileSync } from 'node:fs';

const { BASE_URL, TOKEN } = process.env;
const encodings = { 'UTF-8': 'utf8', 'ISO-8859-1': 'latin1', 'UTF-16LE': 'utf16le' };
for (const { path, contentType, charset, body } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': contentType };
  const content = Buffer.from(body, encodings[charset]);
  const answer = await fetch(BASE_URL + path, { method: 'POST', headers, body: content });
  console.log(answer.status, await answer.text());
}
