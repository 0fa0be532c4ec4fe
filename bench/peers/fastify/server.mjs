// The status change as Fastify and pg are usually used: a pool, and one transaction a request. See ../README.md.

import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import jwt from "@fastify/jwt";
import Fastify from "fastify";
import pg from "pg";

const STATUSES = ["aberto", "em atendimento", "cancelado", "improcedente", "finalizado"];
const BAD_SIGNATURE =
  "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.";

// Named statements are prepared once a connection.
const USUARIO = {
  name: "usuario",
  text: `
    SELECT u.id, u.ativo, u.geracao,
           EXISTS (SELECT FROM concessao c WHERE c.perfil_id = p.id AND c.permissao = 'alterar-status')
           AND (p.nivel_id IS NULL OR EXISTS
               (SELECT FROM liberacao l WHERE l.nivel_id = p.nivel_id AND l.permissao = 'alterar-status')) AS permitido
    FROM usuario u JOIN perfil p ON p.id = u.perfil_id
    WHERE u.id = $1`,
};
const ATENDIMENTO = {
  name: "atendimento",
  text: "SELECT id, status, revisao FROM atendimento WHERE protocolo = $1 FOR UPDATE",
};
const MOTIVO = { name: "motivo", text: "SELECT id FROM motivo WHERE chave = $1 AND ativo" };
const UPDATE = {
  name: "update",
  text: "UPDATE atendimento SET status = $2, revisao = revisao + 1, atualizado_em = now() WHERE id = $1",
};
const INSERT = {
  name: "insert",
  text: `
    INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    VALUES ($1, $2::bigint + 1, now(), $3, $4, $5, $6, $7, $8)`,
};

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.statusCode = status;
  }
}

if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
} else {
  await serve();
}

async function serve() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL) });
  const app = Fastify();
  app.register(jwt, {
    secret: process.env.JWT_SECRET,
    verify: { algorithms: ["HS256"], allowedIss: "citrus-status", allowedAud: "citrus-status" },
  });
  // Fastify's own parser does not say where the fault is.
  app.addContentTypeParser("application/json", { parseAs: "string" }, async (_, body) => parse(body));
  app.setErrorHandler((error, _, reply) => {
    if (!error.statusCode) console.error(error);
    return reply.code(error.statusCode ?? 500).send({ message: error.statusCode ? error.message : "Erro interno" });
  });
  const schema = { response: { "2xx": { type: "object", properties: { message: { type: "string" } } } } };
  app.post("/api/atendimentos/status", { onRequest: verify, schema }, async (request) => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await change(client, request.user, request.body);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
    return { message: "Atendimento atualizado com sucesso" };
  });
  await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
}

async function change(client, claims, body) {
  const query = async (statement, ...values) => (await client.query({ ...statement, values })).rows[0];
  const usuario = await query(USUARIO, claims.sub);
  if (!usuario?.ativo || usuario.geracao !== claims.jti.split(".")[0]) throw new Refusal(401, "Token revogado");
  if (!usuario.permitido) throw new Refusal(403, "Acess denied");

  const { protocolo, status, motivo, comentario, visivelCliente } = read(body);
  const atendimento = await query(ATENDIMENTO, protocolo);
  if (!atendimento) throw new Refusal(404, "Atendimento não encontrado");
  const { id, status: de, revisao } = atendimento;
  const para = STATUSES.indexOf(status) + 1;
  if (!para) throw new Refusal(404, "Status não encontrado");
  const motivoId = motivo && (await query(MOTIVO, motivo))?.id;
  if ([3, 4].includes(para) || (de === 5 && para !== 5)) {
    required("motivoStatus", motivo);
    if (!motivoId) throw new Refusal(404, "Motivo não encontrado");
  }

  await query(UPDATE, id, para);
  await query(INSERT, id, revisao, de, para, motivoId, usuario.id, comentario, visivelCliente);
}

async function verify(request) {
  try {
    await request.jwtVerify();
  } catch (error) {
    if (error.code === "FST_JWT_NO_AUTHORIZATION_IN_HEADER") throw new Refusal(401, "Token is missing");
    if (error.code === "FST_JWT_AUTHORIZATION_TOKEN_EXPIRED") throw new Refusal(401, await expired(request));
    throw new Refusal(401, BAD_SIGNATURE);
  }
}

async function expired(request) {
  const { exp } = await request.jwtDecode();
  const text = (time) => new Date(time).toISOString().replace(/\.\d+/, "");
  const now = Date.now();
  return (
    `JWT expired at ${text(exp * 1000)}. Current time: ${text(now)}, ` +
    `a difference of ${now - exp * 1000} milliseconds.  Allowed clock skew: 0 milliseconds.`
  );
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch (error) {
    const before = body.slice(0, Number(/position (\d+)/.exec(error.message)?.[1])).split("\n");
    const place = `linha ${before.length}, coluna ${Buffer.byteLength(before.at(-1)) + 1}`;
    throw new Refusal(400, `Corpo da requisição inválido: JSON malformado na ${place}`);
  }
}

function read(body) {
  if (typeof body.protocolo === "number" && !(Number.isSafeInteger(body.protocolo) && body.protocolo >= 0)) {
    throw new Refusal(400, "protocolo – valor inválido, envie como texto");
  }
  const protocolo = required("protocolo", text(body, "protocolo", 64)).trim();
  const status = required("status", text(body, "status", 255)).trim().toLowerCase();
  const motivo = text(body, "motivoStatus", 255)?.trim().normalize().toLowerCase();
  const comentario = text(body, "comentario", 20000);
  const visivel = text(body, "visivelCliente", 255)?.trim().toLowerCase();
  if (visivel && !["true", "1", "false", "0"].includes(visivel)) invalid("visivelCliente");
  if (!comentario) return { protocolo, status, motivo };
  required("visivelCliente", visivel);
  return { protocolo, status, motivo, comentario, visivelCliente: visivel === "true" || visivel === "1" };
}

/** The text of a field, unless it is missing or blank. */
function text(body, name, max) {
  const value = body[name] ?? "";
  if (typeof value === "object") invalid(name);
  const text = String(value);
  if ((text.length > max && [...text].length > max) || text.includes("\0")) invalid(name);
  return text.trim() ? text : undefined;
}

function invalid(name) {
  throw new Refusal(400, `${name} – valor inválido`);
}

function required(name, value) {
  if (value === undefined) throw new Refusal(400, `${name} – esse campo é obrigatório`);
  return value;
}
