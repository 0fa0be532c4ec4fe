//! The codes of errors, for programs and for the audit log. The title is what all errors of a code have in common.

pub struct Code {
    pub word: &'static str,
    pub titles: [&'static str; 2],
}

const fn code(word: &'static str, portuguese: &'static str, english: &'static str) -> Code {
    Code { word, titles: [portuguese, english] }
}

pub const ACCESS_DENIED: Code = code("access_denied", "Acesso negado", "Access denied");
pub const ANONYMISED: Code = code("anonymised", "Usuário anonimizado", "Anonymised user");
pub const BEYOND_AUTHORITY: Code = code("beyond_authority", "Fora da sua alçada", "Beyond your authority");
pub const EXISTS: Code = code("exists", "Já existe", "Exists already");
pub const EXPIRED_TOKEN: Code = code("expired_token", "Token expirado", "Expired token");
pub const FAILED: Code = code("failed", "Falha do servidor", "Server failure");
pub const DAY_IS_FULL: Code = code("day_is_full", "Numeração do dia esgotada", "No number left for the day");
pub const FOREIGN_PAGE: Code = code("foreign_page", "Página de outro site", "Page of another site");
pub const IN_PROGRESS: Code = code("in_progress", "Requisição em andamento", "Request in progress");
pub const INVALID_BODY: Code = code("invalid_body", "Corpo da requisição inválido", "Invalid request body");
pub const INVALID_FIELD: Code = code("invalid_field", "Campo inválido", "Invalid field");
pub const LAST_ADMINISTRATOR: Code = code("last_administrator", "Último administrador", "Last administrator");
pub const MALFORMED_HTTP: Code = code("malformed_http", "HTTP malformado", "Malformed HTTP");
pub const MOTIVO_REQUIRED: Code = code("motivo_required", "Motivo obrigatório", "Motivo required");
pub const NO_ROUTE: Code = code("no_route", "Rota ou método inexistente", "No such route or method");
pub const NO_TOKEN: Code = code("no_token", "Token ausente", "Missing token");
pub const NOT_RELEASED: Code = code("not_released", "Permissão não liberada", "Permission not released");
pub const OTHER_REVISION: Code = code("other_revision", "Alterado desde a leitura", "Changed since it was read");
pub const OTHER_STATUS: Code = code("other_status", "Status diferente do esperado", "Not the expected status");
pub const REUSED_KEY: Code = code("reused_key", "Chave de idempotência já usada", "Idempotency key used before");
pub const REVOKED_TOKEN: Code = code("revoked_token", "Token revogado", "Revoked token");
pub const SAME_STATUS: Code = code("same_status", "Já neste status", "In that status already");
pub const THROTTLED: Code = code("throttled", "Muitas tentativas", "Too many attempts");
pub const UNAVAILABLE: Code = code("unavailable", "Serviço indisponível", "Service unavailable");
pub const UNKNOWN_ATENDIMENTO: Code = code("unknown_atendimento", "Atendimento não encontrado", "Unknown atendimento");
pub const UNKNOWN_MOTIVO: Code = code("unknown_motivo", "Motivo não encontrado", "Unknown motivo");
pub const UNKNOWN_NIVEL: Code = code("unknown_nivel", "Nível não encontrado", "Unknown nível");
pub const UNKNOWN_PERFIL: Code = code("unknown_perfil", "Perfil não encontrado", "Unknown perfil");
pub const UNKNOWN_PERMISSAO: Code = code("unknown_permissao", "Permissão não encontrada", "Unknown permission");
pub const UNKNOWN_STATUS: Code = code("unknown_status", "Status não encontrado", "Unknown status");
pub const UNKNOWN_USER: Code = code("unknown_user", "Usuário não encontrado", "Unknown user");
pub const UNTRUSTED_TOKEN: Code = code("untrusted_token", "Token inválido", "Untrusted token");
pub const WRONG_PASSWORD: Code = code("wrong_password", "Senha inválida", "Wrong password");
