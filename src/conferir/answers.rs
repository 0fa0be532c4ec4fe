//! The names under which a dialect speaks of the contract's answers. The kit knows them by itself, from the texts of its
//! cases; a test holds them against the server's.

use std::sync::LazyLock;

use super::case::{Case, ExpectedAnswer, MADE};
use crate::dialect::answer_key;
use crate::sensitive::folded;

/// An answer as a dialect names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerName {
    pub name: &'static str,
    /// The field, where the answer is about one of many.
    pub field: Option<&'static str>,
}

impl AnswerName {
    /// What a dialect's file calls it.
    pub fn key(self) -> String {
        answer_key(self.name, self.field)
    }
}

const NAMES: [(&str, &str); 26] = [
    ("Recurso não encontrado", "no_route"),
    ("Método não permitido", "no_method"),
    ("Corpo da requisição inválido: não é um objeto JSON", "body_not_an_object"),
    ("Corpo da requisição muito grande", "body_too_large"),
    ("Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252", "unknown_charset"),
    ("Content-Encoding não suportado; envie o corpo sem compressão", "content_coding"),
    ("Este campo é obrigatório – login", "required_login"),
    ("Este campo é obrigatório senha", "required_senha"),
    ("protocolo – valor inválido, envie como texto", "inexact_protocolo"),
    ("Usuário não encontrado", "unknown_user"),
    ("Senha inválida", "wrong_senha"),
    ("Token is missing", "token_missing"),
    ("Unsigned Claims JWTs are not supported.", "token_unsigned"),
    ("Token revogado", "token_revoked"),
    ("Acess denied", "access_denied"),
    ("Atendimento não encontrado", "unknown_atendimento"),
    ("Status não encontrado", "unknown_status"),
    ("motivoStatus – esse campo é obrigatório", "motivo_required"),
    ("Motivo não encontrado", "unknown_motivo"),
    ("Idempotency-Key já usada com outra requisição", "reused_key"),
    ("Atendimento já está neste status", "same_status"),
    ("motivoStatus – não se aplica a esta alteração", "motivo_unneeded"),
    ("Muitas tentativas, tente novamente mais tarde", "throttled"),
    ("Houve um problema para gerar um token", "token_failed"),
    ("Erro interno", "internal"),
    ("Serviço indisponível", "unavailable"),
];

/// How texts with values begin.
const BEGINNINGS: [(&str, &str); 6] = [
    ("Corpo da requisição inválido: JSON malformado", "body_malformed"),
    ("Corpo da requisição inválido: JSON incompleto", "body_incomplete"),
    ("Corpo da requisição inválido: campo ", "body_duplicate_field"),
    ("JWT strings must contain exactly 2 period characters. Found: ", "token_periods"),
    ("JWT signature does not match locally computed signature.", "token_untrusted"),
    ("JWT expired at ", "token_expired"),
];

/// Whether `word` stands in a text of the contract, with or without accents, so that it is nobody's name.
pub(super) fn is_contracts(word: &str) -> bool {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let of_fields = ["esse campo é obrigatório", "valor inválido"];
        let texts = NAMES.iter().chain(&BEGINNINGS).map(|(text, _)| *text);
        texts.chain([MADE]).chain(of_fields).map(folded).collect()
    });
    let word = folded(word);
    TEXTS.iter().any(|text| text.contains(&word))
}

/// The name of the error that `case` is answered with.
pub(super) fn error_of(case: &Case) -> Option<AnswerName> {
    if let ExpectedAnswer::Message(text) = case.answer { error_name(text) } else { None }
}

/// The name of the error that the contract answers with `text`.
pub fn error_name(text: &'static str) -> Option<AnswerName> {
    let whole = NAMES.iter().find(|(known, _)| *known == text);
    let begun = || BEGINNINGS.iter().find(|(known, _)| text.starts_with(known));
    if let Some((_, name)) = whole.or_else(begun) {
        return Some(AnswerName { name, field: None });
    }
    let of_field = |end: &str, name| text.strip_suffix(end).map(|field| AnswerName { name, field: Some(field) });
    of_field(" – esse campo é obrigatório", "required").or_else(|| of_field(" – valor inválido", "invalid"))
}
