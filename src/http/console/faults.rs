//! What is wrong with a form: all of it at once, each beside its field, as a colleague at that form would say it.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use super::phrases::{self, filled, number};
use super::texts::Texts;
use crate::domain::atendimento::Denial;
use crate::domain::senha::{SENHA_MIN, SenhaFault};
use crate::domain::text::{COMENTARIO_MAX, HIDDEN, LOGIN_MAX, NOME_MAX, NameKey, PROTOCOLO_MAX, PSEUDONYM, SENHA_MAX};
use crate::http::answer::catalogue::{ApiError, Limit};
use crate::service::provisioning::Kind;
use crate::service::throttle::Throttled;

/// The fields of all forms in which something may be wrong.
pub const LOGIN: &str = "login";
pub const SENHA: &str = "senha";
pub const SENHA_AGAIN: &str = "senha_de_novo";
/// The present one, where somebody sets their own.
pub const SENHA_NOW: &str = "senha_atual";
pub const PERFIL: &str = "perfil";
pub const NOME: &str = "nome";
pub const NIVEL: &str = "nivel";
pub const SUPERIOR: &str = "superior";
pub const PROTOCOLO: &str = "protocolo";
pub const STATUS: &str = "status";
pub const MOTIVO: &str = "motivoStatus";
pub const COMENTARIO: &str = "comentario";

/// What is wrong, each with the field that it is about; with none for the form as a whole.
#[derive(Default)]
pub struct Faults(Vec<(&'static str, Fault)>);

enum Fault {
    Refused(ApiError),
    /// What only the form asks for.
    Said(&'static str),
}

impl Faults {
    /// What a service says against a form of these `fields`.
    pub fn of(error: &ApiError, fields: &[&'static str]) -> Self {
        let error = error.told();
        Self(vec![(field_of(error, fields), Fault::Refused(error.clone()))])
    }

    /// One that only the form finds.
    pub fn one(field: &'static str, text: &'static str) -> Self {
        Self(vec![(field, Fault::Said(text))])
    }

    /// What the field holds, or what is wrong with it.
    pub fn take<T>(&mut self, field: &'static str, outcome: Result<T, impl Into<ApiError>>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push((field, Fault::Refused(error.into())));
                None
            }
        }
    }

    /// The same for what only the form asks for.
    pub fn say(&mut self, field: &'static str, text: &'static str) {
        self.0.push((field, Fault::Said(text)));
    }

    /// Fails where anything is wrong.
    pub fn none(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The first, for the log.
    pub fn first(&self) -> ApiError {
        match self.0.first() {
            Some((_, Fault::Refused(error))) => error.clone(),
            Some((field, Fault::Said(_))) => ApiError::Invalid(field),
            None => ApiError::Internal,
        }
    }

    /// Whether the same is refused whatever is typed.
    pub fn is_final(&self) -> bool {
        matches!(self.first(), ApiError::Beyond(_) | ApiError::LastRootAdministrator | ApiError::Anonymised)
    }

    /// Whether the form has made something before, with other values.
    pub fn is_of_used_key(&self) -> bool {
        matches!(self.first(), ApiError::Denied(Denial::KeyReused))
    }

    /// The status to answer with.
    pub fn status(&self) -> StatusCode {
        self.first().status()
    }

    /// `page`, with how long to wait before another attempt.
    pub fn timed(&self, mut page: Response) -> Response {
        if let Some(wait) = self.first().into_response().headers().get(RETRY_AFTER) {
            page.headers_mut().insert(RETRY_AFTER, wait.clone());
        }
        page
    }

    /// Each in words, where `typed` says what stands in a field.
    pub fn told<'a>(&self, typed: impl Fn(&'static str) -> &'a str, texts: &Texts) -> Vec<(&'static str, String)> {
        let told = |(field, fault): &(&'static str, Fault)| {
            let text = match fault {
                Fault::Refused(error) => sentence(error, field, typed(field), texts),
                Fault::Said(text) => (*text).to_owned(),
            };
            (*field, text)
        };
        self.0.iter().map(told).collect()
    }
}

/// The one of `fields` that `error` is about; none where it is about the form as a whole.
fn field_of(error: &ApiError, fields: &[&'static str]) -> &'static str {
    let row_field = error.row().field.map(|field| error.fill(field));
    let chosen: &[&str] = match error {
        ApiError::Missing(Kind::Perfil) => &[PERFIL],
        ApiError::Missing(Kind::Nivel) => &[NIVEL, SUPERIOR],
        ApiError::Beyond(Limit::RootOnly | Limit::Permissao) => &[PERFIL, NIVEL, SUPERIOR],
        ApiError::DayIsFull => &[PROTOCOLO],
        _ => &[],
    };
    let is_it = |field: &&&'static str| row_field.as_deref() == Some(**field) || chosen.contains(*field);
    fields.iter().find(is_it).copied().unwrap_or_default()
}

/// What `error` says to somebody who has `typed` something into the field; without a field, about the page.
pub fn sentence(error: &ApiError, field: &str, typed: &str, texts: &Texts) -> String {
    match error {
        ApiError::Throttled(throttled) => wait(throttled, texts),
        _ if field.is_empty() => general(error, texts).to_owned(),
        ApiError::Required(_) | ApiError::LoginRequired | ApiError::SenhaRequired => missing(field, texts).to_owned(),
        ApiError::Invalid(_) | ApiError::SenhaUnfit => unfit(field, typed, texts),
        error => special(error, field, texts).unwrap_or_else(|| general(error, texts)).to_owned(),
    }
}

/// Where nothing is in the field.
fn missing(field: &str, texts: &Texts) -> &'static str {
    let faults = &texts.faults;
    match field {
        LOGIN => faults.login,
        SENHA => faults.senha,
        SENHA_NOW => faults.senha_now,
        NOME => faults.nome,
        PERFIL => faults.perfil,
        NIVEL => faults.nivel,
        SUPERIOR => faults.superior,
        STATUS => faults.status,
        MOTIVO => faults.motivo,
        COMENTARIO => faults.comentario,
        PROTOCOLO => faults.protocolo,
        _ => faults.unfit,
    }
}

/// Where the field has what it cannot have.
fn unfit(field: &str, typed: &str, texts: &Texts) -> String {
    let faults = &texts.faults;
    let characters = |text: &str| text.chars().count();
    let (has, max, too_long, hidden) = match field {
        LOGIN if NameKey::new(typed).is_reserved() => {
            return filled(faults.login_reserved, &[PSEUDONYM, HIDDEN]);
        }
        LOGIN => (characters(typed.trim()), LOGIN_MAX, faults.login_long, faults.login_hidden),
        NOME if NameKey::new(typed).is_hidden() => return filled(faults.nome_reserved, &[HIDDEN]),
        NOME => (characters(typed.trim()), NOME_MAX, faults.nome_long, faults.nome_hidden),
        MOTIVO => (characters(typed.trim()), NOME_MAX, faults.motivo_long, faults.motivo_unknown),
        PROTOCOLO => (characters(typed.trim()), PROTOCOLO_MAX, faults.protocolo_long, faults.protocolo_hidden),
        COMENTARIO => (characters(typed), COMENTARIO_MAX, faults.comentario_long, faults.comentario_hidden),
        SENHA if SenhaFault::of_new(typed) == Some(SenhaFault::Short) => return short_senha(typed, texts),
        SENHA if SenhaFault::of_new(typed) == Some(SenhaFault::Blank) => return faults.senha_blank.to_owned(),
        SENHA => (typed.len(), SENHA_MAX, faults.senha_long, faults.senha_hidden),
        SENHA_NOW => return faults.senha_wrong.to_owned(),
        PERFIL => return faults.perfil_unknown.to_owned(),
        NIVEL => return faults.nivel_unknown.to_owned(),
        SUPERIOR => return faults.superior_deep.to_owned(),
        STATUS => return faults.status.to_owned(),
        _ => return faults.unfit.to_owned(),
    };
    if has <= max {
        return hidden.to_owned();
    }
    let [max, has] = [max, has].map(|count| number(count as i64, texts.language));
    filled(too_long, &[&max, &has])
}

fn short_senha(typed: &str, texts: &Texts) -> String {
    let has = phrases::counted(
        typed.chars().count() as i64,
        ["", texts.faults.there_is, texts.faults.there_are],
        texts.language,
    );
    filled(texts.faults.senha_short, &[&SENHA_MIN.to_string(), &has])
}

/// How long somebody has to wait who failed too often.
fn wait(throttled: &Throttled, texts: &Texts) -> String {
    let faults = &texts.faults;
    let seconds = throttled.exhausted.iter().map(|limit| limit.seconds).max().unwrap_or_default();
    if seconds == 0 {
        return faults.throttled.to_owned();
    }
    let (count, words) = if seconds < 120 {
        (seconds, ["", faults.one_second, faults.seconds])
    } else {
        (seconds.div_ceil(60), ["", "", faults.minutes])
    };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    filled(faults.throttled_for, &[&phrases::counted(count, words, texts.language)])
}

/// What is said of this field alone.
fn special(error: &ApiError, field: &str, texts: &Texts) -> Option<&'static str> {
    let faults = &texts.faults;
    Some(match (field, error) {
        (PERFIL, ApiError::Missing(_)) => faults.perfil_unknown,
        (NIVEL | SUPERIOR, ApiError::Missing(_)) => faults.nivel_unknown,
        (PERFIL, ApiError::Beyond(_)) => faults.perfil_beyond,
        (NIVEL, ApiError::Beyond(_)) => faults.nivel_root,
        (SUPERIOR, ApiError::Beyond(_)) => faults.superior_root,
        (PROTOCOLO, ApiError::DayIsFull) => faults.day_is_full,
        (SENHA, ApiError::SenhaSame) => faults.senha_same,
        _ => return None,
    })
}

/// What is said above the form, or on a page of its own.
fn general(error: &ApiError, texts: &Texts) -> &'static str {
    use ApiError::*;
    let faults = &texts.faults;
    match error {
        NotFound | MethodNotAllowed => faults.no_page,
        ForeignPage => texts.entrance.foreign,
        Malformed | Body(_) | Charset | ContentCoding | InexactProtocolo | TokenMissing | Token(_) => {
            faults.not_understood
        }
        TokenRevoked(_) => faults.revoked,
        BodyCut(_) | BodySlow => faults.body_cut,
        BodyTooLarge => faults.body_large,
        Required(_) | LoginRequired | SenhaRequired | Invalid(_) | SenhaUnfit | SenhaSame | UnknownFault(_) => {
            faults.address
        }
        Throttled(_) => faults.throttled,
        UsuarioNotFound => faults.login_unknown,
        UsuarioHidden | SenhaWrong => faults.senha_wrong,
        AccessDenied(_) => faults.not_allowed,
        Denied(denial) => denied(denial, texts),
        Missing(Kind::Nivel) => faults.no_nivel,
        Missing(Kind::Perfil) => faults.no_perfil,
        Missing(Kind::Motivo) => faults.no_motivo,
        Missing(Kind::Usuario | Kind::Atendimento) => faults.no_usuario,
        UnknownPermissao => faults.no_permissao,
        Exists(Kind::Nivel) => faults.nivel_exists,
        Exists(Kind::Perfil) => faults.perfil_exists,
        Exists(Kind::Motivo) => faults.motivo_exists,
        Exists(Kind::Usuario) => faults.login_exists,
        Exists(Kind::Atendimento) => faults.protocolo_exists,
        NotReleased => faults.not_released,
        Beyond(Limit::RootOnly) => faults.root_only,
        Beyond(Limit::OwnNivel) => faults.own_nivel,
        Beyond(Limit::Permissao) => faults.beyond,
        Beyond(Limit::Oneself) => faults.oneself,
        LastRootAdministrator => faults.last_root,
        DayIsFull => faults.day_is_full,
        Anonymised => faults.anonymised,
        InProgress => faults.in_progress,
        Internal | TokenFailed => faults.failed,
        Unavailable => faults.unavailable,
    }
}

fn denied(denial: &Denial, texts: &Texts) -> &'static str {
    let faults = &texts.faults;
    match denial {
        Denial::AtendimentoNotFound => faults.no_atendimento,
        Denial::StatusNotFound => faults.status,
        Denial::SameStatus => faults.status_same,
        Denial::MotivoUnneeded => faults.motivo_unneeded,
        Denial::MotivoRequired => faults.motivo,
        Denial::MotivoNotFound => faults.motivo_unknown,
        Denial::StatusDiffers(_) | Denial::RevisionDiffers(_) => faults.changed,
        Denial::KeyReused => faults.key_reused,
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::{EN, PT};
    use super::*;

    const FIELDS: [&str; 18] = [
        LOGIN,
        SENHA,
        SENHA_AGAIN,
        SENHA_NOW,
        PERFIL,
        NOME,
        NIVEL,
        SUPERIOR,
        PROTOCOLO,
        STATUS,
        MOTIVO,
        COMENTARIO,
        "usuario",
        "acao",
        "de",
        "ate",
        "desde",
        "",
    ];

    /// What is said of any field, and words that only programs know.
    const GENERAL: [&str; 9] =
        ["campo é", "campo não", "The field", "Retry-After", "Allow", "Idempotency", "If-Match", "dialeto", "dialect"];

    #[test]
    fn every_error_at_every_field_is_said_as_a_colleague_would() {
        let long = "x".repeat(30_000);
        for field in FIELDS {
            let of_the_field = [ApiError::Required(field), ApiError::Invalid(field)];
            for error in ApiError::one_of_each().into_iter().chain(of_the_field) {
                for typed in ["", "a\u{200b}b", "anonimo-7", &long] {
                    for texts in [&PT, &EN] {
                        let text = sentence(error.told(), field, typed, texts);
                        assert!(!GENERAL.iter().any(|word| text.contains(word)), "{field} {error:?}: {text}");
                        assert!(text.ends_with('.') && !text.contains("{}"), "{field} {error:?}: {text}");
                    }
                }
            }
        }
    }
}
