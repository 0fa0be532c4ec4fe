//! The status change: first what changes nothing, then a walk through the statuses.

use super::MOTIVO_REQUIRED;
use crate::conferir::case::{Case, Header, MADE};
use crate::domain::atendimento::Status::{Aberto, Cancelado, EmAtendimento, Finalizado, Improcedente};

const NO_ATENDIMENTO: &str = "Atendimento não encontrado";
const NO_MOTIVO: &str = "Motivo não encontrado";
const NO_STATUS: &str = "Status não encontrado";

/// The first change of a run: one that requires the motivo, whatever the status before it. Without a motivo
/// that the server takes, there would be no way back from `Finalizado`.
pub(super) const PROOF: Case = Case::change(
    "the first change",
    r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>"}"#,
)
.makes(Cancelado)
.doc_code();

/// The same for an atendimento that is `Cancelado`: the page does not say whether a status can be set twice.
pub(super) const PROOF_FROM_CANCELADO: Case = Case::change(
    "the first change",
    r#"{"protocolo": "<protocolo>", "status": "Improcedente", "motivoStatus": "<motivo>"}"#,
)
.makes(Improcedente)
.doc_code();

pub(super) const CASES: &[Case] = &[
    // The fields.
    Case::change("status/protocolo-missing", r#"{"status": "<status>"}"#)
        .says(400, "protocolo – esse campo é obrigatório"),
    Case::change("status/protocolo-blank", r#"{"protocolo": " ", "status": "<status>"}"#)
        .says(400, "protocolo – esse campo é obrigatório"),
    Case::change("status/protocolo-list", r#"{"protocolo": ["<protocolo>"], "status": "<status>"}"#)
        .says(400, "protocolo – valor inválido"),
    Case::change("status/protocolo-with-fraction", r#"{"protocolo": <protocolo inteiro>.5, "status": "<status>"}"#)
        .says(400, "protocolo – valor inválido, envie como texto"),
    Case::change("status/status-missing", r#"{"protocolo": "<protocolo>"}"#).says(400, "status – esse campo é obrigatório"),
    Case::change("status/status-blank", r#"{"protocolo": "<protocolo>", "status": ""}"#)
        .says(400, "status – esse campo é obrigatório"),
    Case::change("status/status-no-text", r#"{"protocolo": "<protocolo>", "status": ["Aberto"]}"#)
        .says(400, "status – valor inválido"),
    Case::change("status/status-number", r#"{"protocolo": "<protocolo>", "status": 1}"#)
        .says(404, "Status não encontrado"),
    Case::change(
        "status/comentario-no-text",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": [1], "visivelCliente": "False"}"#,
    )
    .says(400, "comentario – valor inválido"),
    Case::change(
        "status/comentario-without-visivel-cliente",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "<comentario>"}"#,
    )
    .says(400, "visivelCliente – esse campo é obrigatório"),
    Case::change(
        "status/visivel-cliente-neither",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "<comentario>", "visivelCliente": "sim"}"#,
    )
    .says(400, "visivelCliente – valor inválido"),
    Case::change(
        "status/status-atual-unknown",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "statusAtual": "<outro status>"}"#,
    )
    .says(400, "statusAtual – valor inválido"),
    Case::change("status/no-field", "{}").says(400, "protocolo – esse campo é obrigatório"),
    // What is not there.
    Case::change("status/unknown-protocolo", r#"{"protocolo": "<outro protocolo>", "status": "Aberto"}"#)
        .says(404, NO_ATENDIMENTO)
        .doc_code(),
    Case::change("status/unknown-status", r#"{"protocolo": "<protocolo>", "status": "<outro status>"}"#)
        .says(404, NO_STATUS)
        .doc_code(),
    Case::change("status/unknown-protocolo-and-status", r#"{"protocolo": "<outro protocolo>", "status": "<outro status>"}"#)
        .says(404, NO_ATENDIMENTO),
    // The motivo.
    Case::change("status/cancelado-motivo-missing", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
        .says(400, MOTIVO_REQUIRED)
        .doc_code(),
    Case::change("status/improcedente-motivo-missing", r#"{"protocolo": "<protocolo>", "status": "Improcedente"}"#)
        .says(400, MOTIVO_REQUIRED)
        .doc_code(),
    Case::change(
        "status/cancelado-motivo-blank",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": " "}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "status/cancelado-motivo-no-text",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": [1]}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "status/cancelado-motivo-unknown",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<outro motivo>"}"#,
    )
    .says(404, NO_MOTIVO),
    Case::change(
        "status/improcedente-motivo-unknown",
        r#"{"protocolo": "<protocolo>", "status": "Improcedente", "motivoStatus": "<outro motivo>"}"#,
    )
    .says(404, NO_MOTIVO),
    // The walk. Each step starts where the one before ended.
    Case::change("status/em-atendimento", r#"{"protocolo": "<protocolo>", "status": "Em atendimento"}"#)
        .from(Aberto)
        .makes(EmAtendimento)
        .doc_code(),
    Case::change(
        "status/status-atual-other",
        r#"{"protocolo": "<protocolo>", "status": "Aberto", "statusAtual": "Finalizado"}"#,
    )
    .from(EmAtendimento)
    .mismatches("Status atual diferente do esperado", EmAtendimento),
    Case::change("status/if-match-other", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
        .with("if-match", "\"conferir\"")
        .from(EmAtendimento)
        .mismatches("Atendimento alterado desde a leitura", EmAtendimento),
    Case::change(
        "status/status-atual-right",
        r#"{"protocolo": "<protocolo>", "status": "Aberto", "statusAtual": "em ATENDIMENTO"}"#,
    )
    .from(EmAtendimento)
    .makes(Aberto),
    Case::change(
        "status/protocolo-integer",
        r#"{"protocolo": <protocolo inteiro>, "status": "Em atendimento"}"#,
    )
    .from(Aberto)
    .makes(EmAtendimento),
    Case::change(
        "status/field-in-another-spelling",
        r#"{"protocolo": "<protocolo>", "status": "Em atendimento", "Comentário": "<comentario>"}"#,
    )
    .from(EmAtendimento)
    .makes(EmAtendimento)
    .has(Header::Is("ignored-members", "comentario")),
    Case::change("status/idempotency-key", r#"{"protocolo": "<protocolo>", "status": "Em atendimento"}"#)
        .with("idempotency-key", "<chave>")
        .from(EmAtendimento)
        .makes(EmAtendimento),
    Case::change("status/idempotency-key-replayed", r#"{"protocolo": "<protocolo>", "status": "Em atendimento"}"#)
        .with("idempotency-key", "<chave>")
        .says(200, MADE)
        .has(Header::Is("idempotency-replayed", "true")),
    Case::change("status/idempotency-key-of-another-body", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
        .with("idempotency-key", "<chave>")
        .says(422, "Idempotency-Key já usada com outra requisição"),
    Case::change("status/aberto", r#"{"protocolo": "<protocolo>", "status": "Aberto"}"#)
        .from(EmAtendimento)
        .makes(Aberto)
        .doc_code(),
    Case::change("status/same-status-in-other-spelling", r#"{"protocolo": " <protocolo> ", "status": " ABERTO "}"#)
        .from(Aberto)
        .makes(Aberto),
    Case::change(
        "status/cancelado",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>"}"#,
    )
    .from(Aberto)
    .makes(Cancelado)
    .doc_code(),
    Case::change(
        "status/improcedente-with-comment",
        r#"{"protocolo": "<protocolo>", "status": "Improcedente", "motivoStatus": "<motivo>", "comentario": "<comentario>", "visivelCliente": "False"}"#,
    )
    .from(Cancelado)
    .makes(Improcedente)
    .comments(false)
    .doc_code(),
    // The page's own filler for a motivo that is not required.
    Case::change(
        "status/finalizado-with-comment-visible",
        r#"{"protocolo": "<protocolo>", "status": "Finalizado", "motivoStatus": " ", "comentario": "<comentario>", "visivelCliente": "true"}"#,
    )
    .from(Improcedente)
    .makes(Finalizado)
    .comments(true)
    .doc_code(),
    Case::change("status/reopen-aberto-motivo-missing", r#"{"protocolo": "<protocolo>", "status": "Aberto"}"#)
        .from(Finalizado)
        .says(400, MOTIVO_REQUIRED)
        .doc_code(),
    Case::change(
        "status/reopen-em-atendimento-motivo-missing",
        r#"{"protocolo": "<protocolo>", "status": "Em atendimento"}"#,
    )
    .from(Finalizado)
    .says(400, MOTIVO_REQUIRED)
    .doc_code(),
    Case::change(
        "status/reopen-motivo-unknown",
        r#"{"protocolo": "<protocolo>", "status": "Aberto", "motivoStatus": "<outro motivo>"}"#,
    )
    .from(Finalizado)
    .says(404, NO_MOTIVO),
    Case::change(
        "status/reopen-em-atendimento",
        r#"{"protocolo": "<protocolo>", "status": "Em atendimento", "motivoStatus": "<motivo>"}"#,
    )
    .from(Finalizado)
    .makes(EmAtendimento)
    .doc_code(),
    Case::change(
        "status/finalizado-with-motivo",
        r#"{"protocolo": "<protocolo>", "status": "Finalizado", "motivoStatus": "<motivo>"}"#,
    )
    .from(EmAtendimento)
    .makes(Finalizado)
    .doc_code(),
    Case::change(
        "status/reopen-aberto",
        r#"{"protocolo": "<protocolo>", "status": "Aberto", "motivoStatus": "<motivo>"}"#,
    )
    .from(Finalizado)
    .makes(Aberto)
    .doc_code(),
    Case::change(
        "status/visivel-cliente-boolean",
        r#"{"protocolo": "<protocolo>", "status": "Em atendimento", "comentario": "<comentario>", "visivelCliente": false}"#,
    )
    .from(Aberto)
    .makes(EmAtendimento)
    .comments(false),
    Case::change(
        "status/blank-comentario-and-unregistered-motivo",
        r#"{"protocolo": "<protocolo>", "status": "Aberto", "motivoStatus": "<outro motivo>", "comentario": " "}"#,
    )
    .from(EmAtendimento)
    .makes(Aberto),
];
