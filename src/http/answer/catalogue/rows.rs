//! One row for each error. The answer, the documents and the sandbox take everything from it.

use axum::http::StatusCode;
use time::macros::datetime;

use super::codes::{self, Code};
use super::{ApiError, AuditedUser, Cut, Limit};
use crate::auth::token::Rejection::{Expired, Periods, Unsigned, Untrusted};
use crate::domain::atendimento::Denial::*;
use crate::domain::atendimento::{Atendimento, Status};
use crate::json::JsonError;
use crate::service::provisioning::Kind;
use crate::service::throttle::Throttled as Exhausted;

/// All that we say about an error. In its texts, each `{}` stands for a parameter of the error.
pub struct Row {
    /// What a dialect's file calls it.
    pub name: &'static str,
    pub status: StatusCode,
    pub code: Code,
    /// The text of the answer: the contract's, byte for byte.
    pub text: &'static str,
    /// What happened, in Portuguese and in English.
    pub detail: [&'static str; 2],
    /// The field, parameter or header at fault.
    pub field: Option<&'static str>,
    /// Whether a problem lists the values that the field can have.
    pub lists_values: bool,
    /// Which part of it the vendor's page has.
    pub mark: &'static str,
    /// Whether the connection can't be used again: where the next request begins is in doubt, or not waited for.
    pub ends_connection: bool,
    /// How a sandbox calls it that is asked for it; `None` where it answers a faulty request alone.
    pub forced_as: Option<&'static str>,
}

const fn row(name: &'static str, status: StatusCode, code: Code, text: &'static str) -> Row {
    Row {
        name,
        status,
        code,
        text,
        detail: [""; 2],
        field: None,
        lists_values: false,
        mark: "[ours]",
        ends_connection: false,
        forced_as: None,
    }
}

impl Row {
    const fn detail(self, portuguese: &'static str, english: &'static str) -> Self {
        Self { detail: [portuguese, english], ..self }
    }

    const fn field(self, name: &'static str) -> Self {
        Self { field: Some(name), ..self }
    }

    const fn listing_values(self) -> Self {
        Self { lists_values: true, ..self }
    }

    const fn documented(self) -> Self {
        Self { mark: "[doc]", ..self }
    }

    const fn text_documented(self) -> Self {
        Self { mark: "[doc: texto]", ..self }
    }

    const fn ending_connection(self) -> Self {
        Self { ends_connection: true, ..self }
    }

    const fn forcible(self) -> Self {
        Self { forced_as: Some(self.code.word), ..self }
    }

    /// The same, where another error goes by the code.
    const fn forcible_by_name(self) -> Self {
        Self { forced_as: Some(self.name), ..self }
    }
}

/// Declares the row of each error, and one error of each row as an example: `Variant => row`, or
/// `Variant(pattern) as Variant(example) => row`. A variant without a row does not compile.
macro_rules! rows {
    ($($variant:ident $(($inner:pat) as $example:expr)? => $row:expr;)+) => {
        impl ApiError {
            pub fn row(&self) -> &'static Row {
                match self {
                    $(Self::$variant $(($inner))? => const { &$row },)+
                }
            }

            pub fn one_of_each() -> Vec<Self> {
                vec![$(rows!(@example $variant $($example)?)),+]
            }
        }
    };
    (@example $variant:ident) => { Self::$variant };
    (@example $variant:ident $example:expr) => { $example };
}

rows! {
    Malformed =>
        row("malformed", StatusCode::BAD_REQUEST, codes::MALFORMED_HTTP, "Requisição HTTP malformada")
            .detail("A requisição não traz Host, ou traz vários.", "The request has no Host, or several of them.")
            .ending_connection();
    Body(JsonError::Utf8(_)) as Self::Body(JsonError::Utf8(7)) =>
        row("body_not_utf8", StatusCode::BAD_REQUEST, codes::INVALID_BODY,
            "Corpo da requisição inválido: não é UTF-8 a partir do byte {}; envie em UTF-8 ou declare o charset em Content-Type")
            .detail("O corpo não pode ser lido: não é UTF-8 a partir do byte {}; envie em UTF-8 ou declare o charset em Content-Type.",
                "The body is not UTF-8 from byte {} on; send it in UTF-8 or declare its charset in Content-Type.");
    Body(JsonError::Charset(_)) as Self::Body(JsonError::Charset("UTF-16LE")) =>
        row("body_not_in_charset", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: não está no charset declarado, {}")
            .detail("O corpo não pode ser lido: não está no charset declarado, {}.",
                "The body is not in the charset that it declares, {}.");
    Body(JsonError::Syntax { .. }) as Self::Body(JsonError::Syntax { line: 1, column: 7 }) =>
        row("body_malformed", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: JSON malformado na linha {}, coluna {}")
            .detail("O corpo não pode ser lido: JSON malformado na linha {}, coluna {}.",
                "The body is malformed JSON at line {}, column {}.");
    Body(JsonError::Incomplete { .. }) as Self::Body(JsonError::Incomplete { line: 1, column: 7 }) =>
        row("body_incomplete", StatusCode::BAD_REQUEST, codes::INVALID_BODY,
            "Corpo da requisição inválido: JSON incompleto, termina na linha {}, coluna {}")
            .detail("O corpo não pode ser lido: JSON incompleto, termina na linha {}, coluna {}.",
                "The body is incomplete JSON; it ends at line {}, column {}.");
    Body(JsonError::NotAnObject) as Self::Body(JsonError::NotAnObject) =>
        row("body_not_an_object", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: não é um objeto JSON")
            .detail("O corpo não pode ser lido: não é um objeto JSON.", "The body is not a JSON object.");
    Body(JsonError::Duplicate(_)) as Self::Body(JsonError::Duplicate("status")) =>
        row("body_duplicate_field", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: campo {} duplicado")
            .detail("O corpo não pode ser lido: campo {} duplicado.", "The body has the field {} twice.")
            .field("{}");
    Body(JsonError::Text(_)) as Self::Body(JsonError::Text("status")) =>
        row("body_malformed_text", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: texto malformado no campo {}")
            .detail("O corpo não pode ser lido: texto malformado no campo {}.", "The body has a malformed text in the field {}.")
            .field("{}");
    BodyCut(_) as Self::BodyCut(Cut::Malformed) =>
        row("body_cut", StatusCode::BAD_REQUEST, codes::INVALID_BODY, "Corpo da requisição inválido: incompleto")
            .detail("O corpo chegou incompleto.", "The body did not arrive whole.");
    BodySlow =>
        row("body_slow", StatusCode::REQUEST_TIMEOUT, codes::INVALID_BODY, "Tempo esgotado à espera do corpo da requisição")
            .detail("O corpo não chegou a tempo.", "The body did not arrive in time.")
            .ending_connection();
    BodyTooLarge =>
        row("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, codes::INVALID_BODY, "Corpo da requisição muito grande")
            .detail("O corpo é muito grande.", "The body is too large.")
            .ending_connection();
    Charset =>
        row("unknown_charset", StatusCode::UNSUPPORTED_MEDIA_TYPE, codes::INVALID_BODY,
            "Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252")
            .detail("O charset do corpo não é conhecido.", "The charset of the body is unknown.")
            .field("Content-Type");
    ContentCoding =>
        row("content_coding", StatusCode::UNSUPPORTED_MEDIA_TYPE, codes::INVALID_BODY,
            "Content-Encoding não suportado; envie o corpo sem compressão")
            .detail("O corpo não pode vir comprimido.", "The body cannot be taken in this Content-Encoding.")
            .field("Content-Encoding");
    Required(_) as Self::Required("status") =>
        row("required", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "{} – esse campo é obrigatório")
            .detail("O campo é obrigatório e não foi enviado.", "The field is required and was not sent.")
            .field("{}").listing_values();
    LoginRequired =>
        row("required_login", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "Este campo é obrigatório – login")
            .detail("O campo é obrigatório e não foi enviado.", "The field is required and was not sent.")
            .field("login").text_documented();
    SenhaRequired =>
        row("required_senha", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "Este campo é obrigatório senha")
            .detail("O campo é obrigatório e não foi enviado.", "The field is required and was not sent.")
            .field("senha").text_documented();
    Invalid(_) as Self::Invalid("visivelCliente") =>
        row("invalid", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "{} – valor inválido")
            .detail("O campo não pode ter este valor.", "The field cannot have this value.")
            .field("{}").listing_values();
    SenhaUnfit =>
        row("unfit_senha", StatusCode::BAD_REQUEST, codes::INVALID_FIELD,
            "senha – valor inválido; uma senha tem de 8 caracteres a 1024 bytes, sem NUL, e não só espaços")
            .detail("Uma senha nova tem de 8 caracteres a 1024 bytes, sem NUL, e não só espaços.",
                "A new senha has 8 characters to 1024 bytes, no NUL, and not only blanks.")
            .field("senha");
    SenhaSame =>
        row("same_senha", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "senha – valor inválido; esta já é a sua senha")
            .detail("A senha nova é igual à atual; escolha outra.", "The new senha is the present one; choose another.")
            .field("senha");
    UnknownFault(_) as Self::UnknownFault(("codigo", "use um destes: internal, unavailable".to_owned())) =>
        row("unknown_fault", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "{} – valor inválido; {}")
            .detail("O sandbox não simula esta falha; a mensagem lista as que simula.", "The sandbox does not simulate this fault; the message lists those that it does.")
            .field("{}");
    InexactProtocolo =>
        row("inexact_protocolo", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "protocolo – valor inválido, envie como texto")
            .detail("O número não é um inteiro exato; envie o protocolo como texto.",
                "The number is no exact integer; send the protocolo as a text.")
            .field("protocolo");
    NotFound =>
        row("no_route", StatusCode::NOT_FOUND, codes::NO_ROUTE, "Recurso não encontrado")
            .detail("Não há recurso neste caminho.", "There is nothing at this path.")
            .forcible();
    MethodNotAllowed =>
        row("no_method", StatusCode::METHOD_NOT_ALLOWED, codes::NO_ROUTE, "Método não permitido")
            .detail("O caminho não aceita este método; veja Allow.", "The path does not take this method; see Allow.");
    ForeignPage =>
        row("foreign_page", StatusCode::FORBIDDEN, codes::FOREIGN_PAGE, "Requisição de uma página de outro site")
            .detail("Páginas de outros sites não mudam nada aqui.", "Pages of other sites change nothing here.");
    Throttled(_) as Self::THROTTLED =>
        row("throttled", StatusCode::TOO_MANY_REQUESTS, codes::THROTTLED, "Muitas tentativas, tente novamente mais tarde")
            .detail("Houve falhas demais; veja Retry-After.", "There were too many failures; see Retry-After.")
            .forcible();
    UsuarioNotFound =>
        row("unknown_user", StatusCode::NOT_FOUND, codes::UNKNOWN_USER, "Usuário não encontrado")
            .detail("Não há usuário ativo com este login.", "There is no active user of this login.")
            .field("login").text_documented().forcible();
    UsuarioHidden =>
        row("hidden_user", StatusCode::UNAUTHORIZED, codes::UNKNOWN_USER, "Senha inválida")
            .detail("A senha não confere.", "The password is wrong.")
            .field("senha");
    SenhaWrong =>
        row("wrong_senha", StatusCode::UNAUTHORIZED, codes::WRONG_PASSWORD, "Senha inválida")
            .detail("A senha não confere.", "The password is wrong.")
            .field("senha").text_documented().forcible();
    TokenFailed =>
        row("token_failed", StatusCode::INTERNAL_SERVER_ERROR, codes::FAILED, "Houve um problema para gerar um token")
            .detail("Não foi possível gerar um token.", "A token could not be made.")
            .text_documented().forcible_by_name();
    TokenMissing =>
        row("token_missing", StatusCode::UNAUTHORIZED, codes::NO_TOKEN, "Token is missing")
            .detail("A requisição não traz um token em Authorization.", "The request has no token in Authorization.")
            .text_documented().forcible();
    // The texts of the next four are those of jjwt 0.11, which stands behind Citrus.
    Token(Periods(_)) as Self::Token(Periods(0)) =>
        row("token_periods", StatusCode::UNAUTHORIZED, codes::UNTRUSTED_TOKEN, "JWT strings must contain exactly 2 period characters. Found: {}")
            .detail("O token não é um JWT.", "The token is not a JWT.");
    Token(Unsigned) as Self::Token(Unsigned) =>
        row("token_unsigned", StatusCode::UNAUTHORIZED, codes::UNTRUSTED_TOKEN, "Unsigned Claims JWTs are not supported.")
            .detail("O token não tem assinatura.", "The token is not signed.");
    Token(Untrusted) as Self::Token(Untrusted) =>
        row("token_untrusted", StatusCode::UNAUTHORIZED, codes::UNTRUSTED_TOKEN,
            "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.")
            .detail("O token não foi emitido por este servidor.", "The token was not issued by this server.")
            .text_documented().forcible();
    Token(Expired { .. }) as Self::EXPIRED =>
        row("token_expired", StatusCode::UNAUTHORIZED, codes::EXPIRED_TOKEN,
            "JWT expired at {}. Current time: {}, a difference of {} milliseconds.  Allowed clock skew: 0 milliseconds.")
            .detail("A validade do token terminou; faça login de novo.", "The token's life is over; log in again.")
            .text_documented().forcible();
    TokenRevoked(_) as Self::TokenRevoked(AuditedUser::NOBODY) =>
        row("token_revoked", StatusCode::UNAUTHORIZED, codes::REVOKED_TOKEN, "Token revogado")
            .detail("O token foi revogado; faça login de novo.", "The token was revoked; log in again.")
            .forcible();
    AccessDenied(_) as Self::AccessDenied(AuditedUser::NOBODY) =>
        row("access_denied", StatusCode::FORBIDDEN, codes::ACCESS_DENIED, "Acess denied")
            .detail("O usuário não tem a permissão necessária.", "The user lacks the permission that this takes.")
            .text_documented().forcible();
    Denied(AtendimentoNotFound) as Self::Denied(AtendimentoNotFound) =>
        row("unknown_atendimento", StatusCode::NOT_FOUND, codes::UNKNOWN_ATENDIMENTO, "Atendimento não encontrado")
            .detail("Não há atendimento com este protocolo.", "There is no atendimento of this protocolo.")
            .field("protocolo").documented().forcible();
    Denied(StatusNotFound) as Self::Denied(StatusNotFound) =>
        row("unknown_status", StatusCode::NOT_FOUND, codes::UNKNOWN_STATUS, "Status não encontrado")
            .detail("Não há status com este nome.", "There is no status of this name.")
            .field("status").listing_values().documented().forcible();
    Denied(SameStatus) as Self::Denied(SameStatus) =>
        row("same_status", StatusCode::CONFLICT, codes::SAME_STATUS, "Atendimento já está neste status")
            .detail("O atendimento já está neste status, e o dialeto não aceita o mesmo.",
                "The atendimento has this status already, and the dialect does not take the same one.")
            .field("status").forcible();
    Denied(MotivoUnneeded) as Self::Denied(MotivoUnneeded) =>
        row("motivo_unneeded", StatusCode::BAD_REQUEST, codes::INVALID_FIELD, "motivoStatus – não se aplica a esta alteração")
            .detail("Esta alteração não leva motivo, segundo o dialeto.", "By the dialect, this change takes no motivo.")
            .field("motivoStatus");
    Denied(MotivoRequired) as Self::Denied(MotivoRequired) =>
        row("motivo_required", StatusCode::BAD_REQUEST, codes::MOTIVO_REQUIRED, "motivoStatus – esse campo é obrigatório")
            .detail("Esta alteração exige um motivo.", "This change requires a motivo.")
            .field("motivoStatus").documented().forcible();
    Denied(MotivoNotFound) as Self::Denied(MotivoNotFound) =>
        row("unknown_motivo", StatusCode::NOT_FOUND, codes::UNKNOWN_MOTIVO, "Motivo não encontrado")
            .detail("Não há motivo ativo com este nome.", "There is no active motivo of this name.")
            .field("motivoStatus").forcible();
    Denied(StatusDiffers(_)) as Self::Denied(StatusDiffers(Status::Finalizado)) =>
        row("other_status", StatusCode::PRECONDITION_FAILED, codes::OTHER_STATUS, "Status atual diferente do esperado")
            .detail("O atendimento está em outro status.", "The atendimento is in another status.")
            .field("statusAtual");
    Denied(RevisionDiffers(_)) as Self::REVISED =>
        row("other_revision", StatusCode::PRECONDITION_FAILED, codes::OTHER_REVISION, "Atendimento alterado desde a leitura")
            .detail("O atendimento foi alterado depois de lido.", "The atendimento was changed after it was read.")
            .field("If-Match");
    Denied(KeyReused) as Self::Denied(KeyReused) =>
        row("reused_key", StatusCode::UNPROCESSABLE_ENTITY, codes::REUSED_KEY, "Idempotency-Key já usada com outra requisição")
            .detail("A chave já veio com outro corpo.", "The key came with another body before.")
            .field("Idempotency-Key").forcible();
    Missing(Kind::Nivel) as Self::Missing(Kind::Nivel) =>
        row("unknown_nivel", StatusCode::NOT_FOUND, codes::UNKNOWN_NIVEL, "Nível não encontrado")
            .detail("Não há este nível, ou não abaixo do seu.", "There is no such nível, or not below yours.");
    Missing(Kind::Perfil) as Self::Missing(Kind::Perfil) =>
        row("unknown_perfil", StatusCode::NOT_FOUND, codes::UNKNOWN_PERFIL, "Perfil não encontrado")
            .detail("Não há este perfil, ou não no seu nível nem abaixo.", "There is no such perfil, or not on your nível or below.");
    Missing(Kind::Motivo) as Self::Missing(Kind::Motivo) =>
        row("unknown_motivo_id", StatusCode::NOT_FOUND, codes::UNKNOWN_MOTIVO, "Motivo não encontrado")
            .detail("Não há este motivo.", "There is no such motivo.");
    Missing(_) as Self::Missing(Kind::Usuario) =>
        row("unknown_usuario", StatusCode::NOT_FOUND, codes::UNKNOWN_USER, "Usuário não encontrado")
            .detail("Não há este usuário, ou não no seu nível nem abaixo.", "There is no such user, or not on your nível or below.");
    UnknownPermissao =>
        row("unknown_permissao", StatusCode::NOT_FOUND, codes::UNKNOWN_PERMISSAO, "Permissão não encontrada")
            .detail("Não há permissão com este nome.", "There is no permission of this name.");
    Exists(Kind::Nivel) as Self::Exists(Kind::Nivel) =>
        row("nivel_exists", StatusCode::CONFLICT, codes::EXISTS, "Nível já existe")
            .detail("O nome já é de outro nível.", "Another nível has this name.").field("nome");
    Exists(Kind::Perfil) as Self::Exists(Kind::Perfil) =>
        row("perfil_exists", StatusCode::CONFLICT, codes::EXISTS, "Perfil já existe")
            .detail("O nome já é de outro perfil.", "Another perfil has this name.").field("nome");
    Exists(Kind::Usuario) as Self::Exists(Kind::Usuario) =>
        row("usuario_exists", StatusCode::CONFLICT, codes::EXISTS, "Usuário já existe")
            .detail("O login já é de outro usuário.", "Another user has this login.").field("login");
    Exists(Kind::Motivo) as Self::Exists(Kind::Motivo) =>
        row("motivo_exists", StatusCode::CONFLICT, codes::EXISTS, "Motivo já existe")
            .detail("O nome já é de outro motivo, talvez inativo.", "Another motivo has this name; it may be inactive.").field("nome");
    Exists(Kind::Atendimento) as Self::Exists(Kind::Atendimento) =>
        row("atendimento_exists", StatusCode::CONFLICT, codes::EXISTS, "Atendimento já existe")
            .detail("O protocolo já é de outro atendimento.", "Another atendimento has this protocolo.").field("protocolo");
    NotReleased =>
        row("not_released", StatusCode::CONFLICT, codes::NOT_RELEASED, "Permissão não liberada para o nível do perfil")
            .detail("Primeiro a permissão precisa ser liberada para o nível do perfil.",
                "The permission has to be released to the nível of the perfil first.");
    Beyond(Limit::RootOnly) as Self::Beyond(Limit::RootOnly) =>
        row("root_only", StatusCode::FORBIDDEN, codes::BEYOND_AUTHORITY, "Somente um administrador raiz pode fazer isto")
            .detail("O topo da hierarquia e os perfis raiz são dos administradores raiz.",
                "The top of the hierarchy and root perfis are for root administrators.");
    Beyond(Limit::OwnNivel) as Self::Beyond(Limit::OwnNivel) =>
        row("own_nivel", StatusCode::FORBIDDEN, codes::BEYOND_AUTHORITY, "Permissões são liberadas a níveis abaixo do seu")
            .detail("O seu nível recebe permissões de quem está acima.", "Your nível has its permissions from above.");
    Beyond(Limit::Permissao) as Self::Beyond(Limit::Permissao) =>
        row("beyond_permissao", StatusCode::FORBIDDEN, codes::BEYOND_AUTHORITY, "Permissão fora da sua alçada")
            .detail("Ninguém passa adiante uma permissão que não pode conceder.",
                "Nobody hands on a permission that they cannot grant.");
    Beyond(Limit::Oneself) as Self::Beyond(Limit::Oneself) =>
        row("oneself", StatusCode::FORBIDDEN, codes::BEYOND_AUTHORITY, "Ninguém amplia as próprias permissões")
            .detail("Outro administrador pode fazê-lo.", "Another administrator can do it.");
    LastRootAdministrator =>
        row("last_root_administrator", StatusCode::CONFLICT, codes::LAST_ADMINISTRATOR, "É o último administrador raiz")
            .detail("Primeiro outro usuário ativo precisa ter um perfil raiz com administrar-perfis e administrar-usuarios.",
                "First another active user needs a root perfil with administrar-perfis and administrar-usuarios.");
    DayIsFull =>
        row("day_is_full", StatusCode::CONFLICT, codes::DAY_IS_FULL, "Não há mais protocolos para o dia")
            .detail("Os 999999 números do dia já são de atendimentos; envie um protocolo.",
                "The 999999 numbers of the day are taken; send a protocolo.");
    Anonymised =>
        row("anonymised", StatusCode::CONFLICT, codes::ANONYMISED, "Usuário anonimizado")
            .detail("Um usuário anonimizado fica como está.", "An anonymised user stays as it is.");
    InProgress =>
        row("in_progress", StatusCode::CONFLICT, codes::IN_PROGRESS, "Requisição com esta Idempotency-Key em andamento")
            .detail("Uma requisição com a mesma chave ainda não foi respondida.",
                "A request of the same key has not been answered yet.")
            .field("Idempotency-Key").forcible();
    Internal =>
        row("internal", StatusCode::INTERNAL_SERVER_ERROR, codes::FAILED, "Erro interno")
            .detail("O servidor falhou; o log dele tem os detalhes.", "The server failed; its log has the details.")
            .forcible();
    Unavailable =>
        row("unavailable", StatusCode::SERVICE_UNAVAILABLE, codes::UNAVAILABLE, "Serviço indisponível")
            .detail("O servidor não pode atender agora; tente de novo.", "The server cannot do it now; try again.")
            .forcible();
}

impl ApiError {
    pub const THROTTLED: Self = Self::Throttled(Exhausted { policies: Vec::new(), exhausted: Vec::new() });
    pub const EXPIRED: Self =
        Self::Token(Expired { at: datetime!(2026-11-23 10:00 UTC), now: datetime!(2026-11-23 10:00:05 UTC) });
    /// An atendimento at another revision than the one that was read.
    pub const REVISED: Self =
        Self::Denied(RevisionDiffers(Atendimento { id: 0, status: Status::Finalizado, revisao: 18 }));
}
