//! Limits of fields, and what goes beyond the page. All of it is ours, and refused: nothing is changed.
//!
//! What has no motivo is refused by a server that knows nothing of these limits, too.

use super::MOTIVO_REQUIRED;
use crate::conferir::case::Case;

pub(super) const CASES: &[Case] = &[
    Case::change("limits/protocolo-longest", r#"{"protocolo": "<64 9>", "status": "Aberto"}"#)
        .says(404, "Atendimento não encontrado"),
    Case::change("limits/protocolo-too-long", r#"{"protocolo": "<65 9>", "status": "Aberto"}"#)
        .says(400, "protocolo – valor inválido"),
    Case::change("limits/protocolo-with-nul", r#"{"protocolo": "1\u0000", "status": "Aberto"}"#)
        .says(400, "protocolo – valor inválido"),
    Case::change("limits/protocolo-decimal", r#"{"protocolo": <protocolo inteiro>.0, "status": "Cancelado"}"#)
        .says(400, MOTIVO_REQUIRED),
    Case::change("limits/status-longest", r#"{"protocolo": "<protocolo>", "status": "<255 x>"}"#)
        .says(404, "Status não encontrado"),
    Case::change("limits/status-too-long", r#"{"protocolo": "<protocolo>", "status": "<256 x>"}"#)
        .says(400, "status – valor inválido"),
    Case::change("limits/status-with-nul", r#"{"protocolo": "<protocolo>", "status": "Aberto\u0000"}"#)
        .says(400, "status – valor inválido"),
    Case::change(
        "limits/motivo-longest",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<255 x>"}"#,
    )
    .says(404, "Motivo não encontrado"),
    Case::change(
        "limits/motivo-too-long",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<256 x>"}"#,
    )
    .says(400, "motivoStatus – valor inválido"),
    Case::change(
        "limits/motivo-with-nul",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "a\u0000"}"#,
    )
    .says(400, "motivoStatus – valor inválido"),
    Case::change(
        "limits/motivo-number",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": 99991231999999}"#,
    )
    .says(404, "Motivo não encontrado"),
    Case::change(
        "limits/comentario-number",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": 4711, "visivelCliente": "False"}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/comentario-longest",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "<20000 x>", "visivelCliente": "False"}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/comentario-too-long",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "<20001 x>", "visivelCliente": "False"}"#,
    )
    .says(400, "comentario – valor inválido"),
    Case::change(
        "limits/comentario-with-nul",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "a\u0000", "visivelCliente": "False"}"#,
    )
    .says(400, "comentario – valor inválido"),
    Case::change(
        "limits/visivel-cliente-in-any-case",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "visivelCliente": "tRuE"}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/visivel-cliente-trimmed",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "visivelCliente": " true\n"}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/visivel-cliente-number",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "visivelCliente": 1}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/visivel-cliente-other-number",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "visivelCliente": 2}"#,
    )
    .says(400, "visivelCliente – valor inválido"),
    Case::change(
        "limits/visivel-cliente-blank",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "comentario": "<comentario>", "visivelCliente": " "}"#,
    )
    .says(400, "visivelCliente – esse campo é obrigatório"),
    Case::change(
        "limits/status-atual-blank",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "statusAtual": " "}"#,
    )
    .says(400, MOTIVO_REQUIRED),
    Case::change(
        "limits/visivel-cliente-list",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "visivelCliente": ["True"]}"#,
    )
    .says(400, "visivelCliente – valor inválido"),
    Case::change("limits/idempotency-key-empty", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
        .with("idempotency-key", "")
        .says(400, "Idempotency-Key – valor inválido"),
    Case::change("limits/simular-neither", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
        .on("/api/atendimentos/status?simular=sim")
        .says(400, "simular – valor inválido"),
    Case::change("limits/lote-empty", r#"{"itens": []}"#)
        .on("/api/atendimentos/status/lote")
        .says(400, "itens – valor inválido"),
    Case::change("limits/lote-missing", r"{}")
        .on("/api/atendimentos/status/lote")
        .says(400, "itens – esse campo é obrigatório"),
    Case::read("reads/status-protocolo-missing", "/api/atendimentos/status")
        .says(400, "protocolo – esse campo é obrigatório"),
    Case::read("reads/status-unknown-protocolo", "/api/atendimentos/status?protocolo=<outro protocolo>")
        .says(404, "Atendimento não encontrado"),
    Case::read("reads/historico-unknown-protocolo", "/api/atendimentos/<outro protocolo>/historico")
        .says(404, "Atendimento não encontrado"),
    Case::read("reads/transicoes-unknown-protocolo", "/api/atendimentos/<outro protocolo>/transicoes")
        .says(404, "Atendimento não encontrado"),
    Case::other("reads/motivos-without-token", "GET", "/api/motivos").says(401, "Token is missing"),
];
