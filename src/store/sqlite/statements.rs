//! The statements that SQLite alone reads. Lists travel as JSON.

/// Takes the write lock at once: a transaction that reads first could not be upgraded later.
pub(in crate::store) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Changes nothing, and fails where nothing can be changed; `BEGIN IMMEDIATE` alone passes on a read-only file.
pub(super) const TOUCH: &str = "BEGIN IMMEDIATE; UPDATE atendimento SET revisao = revisao WHERE false; ROLLBACK";

/// A change of any atendimento, with a revision that no change has, and its end. What is written as it was, SQLite
/// would not write at all. The comment is long and random, so that it needs pages of its own.
pub(super) const TRIAL: &str = "
INSERT INTO historico (atendimento_id, revisao, em, de, para, comentario, visivel_cliente)
SELECT id, -1, atualizado_em, status, status, hex(randomblob(8192)), false FROM atendimento ORDER BY id LIMIT 1;
DELETE FROM historico WHERE revisao = -1 AND atendimento_id = (SELECT min(id) FROM atendimento)";

/// Both halves of a snapshot; a motivo's row has no status.
pub(super) const SNAPSHOT: &str = "
SELECT protocolo, id, status, revisao FROM atendimento WHERE protocolo IN (SELECT value FROM json_each($1))
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave IN (SELECT value FROM json_each($2))";

/// Moves each atendimento that is still at the revision read; its times never go back. $1 lists the changes, see `write`.
pub(super) const MOVE: &str = "
UPDATE atendimento
SET revisao = change.value ->> 2, status = change.value ->> 4, atualizado_em = max(atualizado_em, (SELECT agora FROM relogio))
FROM json_each($1) AS change
WHERE change.value ->> 0 > 0
  AND atendimento.id = change.value ->> 1
  AND atendimento.revisao = (change.value ->> 2) - (change.value ->> 0)
RETURNING id";

pub(super) const WRITE: &str = "
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
SELECT atendimento.id, value ->> 2, atualizado_em, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
FROM json_each($1) JOIN atendimento ON atendimento.id = value ->> 1";

/// $1 lists `[usuario, chave, impressao]`.
pub(super) const MARK: &str = "
INSERT INTO idempotencia (usuario_id, chave, impressao, em)
SELECT value ->> 0, value ->> 1, value ->> 2, agora FROM json_each($1), relogio";

/// $1 lists `[usuario, chave]`.
pub(super) const KEYS: &str = "
SELECT usuario_id, chave, impressao FROM idempotencia
WHERE (usuario_id, chave) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))";

/// $1 lists `[protocolo, status]`.
pub(super) const INSERT: &str = "
INSERT INTO atendimento (protocolo, status, atualizado_em)
SELECT value ->> 0, value ->> 1, agora FROM json_each($1), relogio WHERE true
ON CONFLICT (protocolo) DO NOTHING
RETURNING protocolo";

/// $1 lists `[protocolo, status]`, $2 is the first id.
pub(super) const INSERT_FROM: &str = "
INSERT INTO atendimento (id, protocolo, status, atualizado_em)
SELECT $2 + key, value ->> 0, value ->> 1, agora FROM json_each($1), relogio";

/// $1 lists `[nome, chave]`.
pub(super) const INSERT_MOTIVOS: &str = "
INSERT INTO motivo (nome, chave) SELECT value ->> 0, value ->> 1 FROM json_each($1)";
