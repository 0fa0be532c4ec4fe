//! What is known to tell of nobody.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::domain::atendimento::Status;
use crate::http::answer::MADE;
use crate::http::answer::catalogue::ApiError;

/// Headers whose values tell nothing of anybody.
pub(super) const HEADERS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "keep-alive",
    "pragma",
    "retry-after",
    "server",
    "transfer-encoding",
    "upgrade",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
];

/// Segments of paths that are no values.
pub(super) const SEGMENTS: [&str; 14] = [
    "api",
    "usuario",
    "login",
    "atendimentos",
    "atendimento",
    "status",
    "lote",
    "historico",
    "transicoes",
    "motivos",
    "health",
    "docs",
    "v1",
    "v2",
];

/// Members of requests, in the spelling of the vendor's page.
pub const MEMBERS: [&str; 8] =
    ["login", "senha", "protocolo", "status", "motivoStatus", "comentario", "visivelCliente", "statusAtual"];

/// Words that servers use to say that they did something, or could not, beside those of our own texts.
const WORDS: [&str; 64] = [
    "a",
    "ao",
    "alterada",
    "alterado",
    "alteração",
    "aplicada",
    "aplicado",
    "as",
    "atualizada",
    "atualização",
    "changed",
    "chamado",
    "com",
    "concluída",
    "concluído",
    "da",
    "de",
    "do",
    "dados",
    "e",
    "efetuada",
    "efetuado",
    "em",
    "error",
    "erro",
    "está",
    "este",
    "esta",
    "executada",
    "falha",
    "feita",
    "feito",
    "foi",
    "gravada",
    "gravado",
    "ilegível",
    "inválida",
    "inválido",
    "malformado",
    "mudança",
    "no",
    "not",
    "o",
    "ok",
    "operação",
    "os",
    "para",
    "por",
    "processada",
    "processado",
    "realizada",
    "realizado",
    "registrada",
    "registrado",
    "registro",
    "salva",
    "salvo",
    "ser",
    "situação",
    "solicitação",
    "success",
    "successfully",
    "ticket",
    "updated",
];

/// `text` with each word that may name somebody replaced, as well as each number of more than three digits.
pub(super) fn only_known_words(text: &str) -> String {
    static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let errors = ApiError::one_of_each();
        let own = errors.iter().map(|error| error.row().text).chain(Status::ALL.map(Status::nome)).chain([MADE]);
        own.flat_map(words).chain(WORDS).chain(MEMBERS).map(str::to_lowercase).collect()
    });
    let (mut kept, mut is_any_known) = (String::with_capacity(text.len()), false);
    let mut rest = text;
    while let Some(word) = words(rest).next() {
        let start = word.as_ptr() as usize - rest.as_ptr() as usize;
        let is_number = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = is_number || KNOWN.contains(&word.to_lowercase());
        is_any_known |= is_known;
        kept.push_str(&rest[..start]);
        kept.push_str(if is_known { word } else { "<texto>" });
        rest = &rest[start + word.len()..];
    }
    if is_any_known || rest.len() == text.len() { kept + rest } else { "<texto>".to_owned() }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A target without its values: known segments, and the names of known parameters.
pub fn target(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| if segment.is_empty() || SEGMENTS.contains(&segment) { segment } else { "<segmento>" })
        .collect();
    let parameters = query.map(|query| {
        let shown = query.split('&').map(|parameter| match parameter {
            "simular=true" | "simular=false" => parameter,
            _ => "<parâmetro>",
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    segments.join("/") + &parameters.unwrap_or_default()
}

/// Whether a text from a server can tell of nobody: no address, no long number, nothing that may be a token.
pub(super) fn is_harmless(text: &str) -> bool {
    let has_long_number = text
        .split(|letter: char| !letter.is_ascii_digit() && !".-/".contains(letter))
        .any(|run| run.bytes().filter(u8::is_ascii_digit).count() >= 5);
    text.len() <= 4096
        && !text.contains('@')
        && !has_long_number
        && !text.split(|letter: char| letter.is_whitespace() || "\"'<>(){}:,;".contains(letter)).any(is_token)
}

/// Whether `text` may be a token: three parts of base64, or a long word with digits in it.
pub(super) fn is_token(text: &str) -> bool {
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=~".contains(&byte));
    let is_code = text.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let is_jwt = text.len() >= 16 && is_code && text.matches('.').count() == 2 && text.split('.').all(is_word);
    is_jwt || (text.len() >= 20 && is_word(text) && text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether `text` is a date with a time and nothing more.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    (16..=35).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:T. Z+".contains(byte))
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
}

/// The name of a header, if it isn't too long to be one.
pub fn header_name(name: &str) -> &str {
    if name.len() <= 64 { name } else { "<cabeçalho>" }
}

/// The value of the header `name`, if that is harmless, or what stands for it.
pub fn header_value(name: &str, value: &[u8]) -> String {
    let is_known = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let text = std::str::from_utf8(value).ok().filter(|text| is_known && text.len() <= 200);
    text.map_or_else(|| stand_in(name, value), |text| tokens_replaced(text).into_owned())
}

/// What stands for the value of a header: its scheme, if it has a usual one, and its length.
fn stand_in(name: &str, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
    let scheme = scheme
        .filter(|scheme| ["bearer", "basic", "token", "jwt"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    match scheme {
        Some(scheme) if name.eq_ignore_ascii_case("authorization") => format!("{scheme} <{} bytes>", value.len()),
        _ => format!("<{} bytes>", value.len()),
    }
}

/// `text` with its long words that may be tokens replaced.
fn tokens_replaced(text: &str) -> Cow<'_, str> {
    if text.split([' ', ';', ',', '=', '"']).any(is_token) { "<token>".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_shape() {
        for token in ["eyJhbGciOi.eyJzdWIiOi.c2ln", "0123456789abcdef0123", "f47ac10b-58cc-4372-a567-0e02b2c3d479"] {
            assert!(is_token(token), "{token}");
            assert!(!is_harmless(&format!("token {token}")), "{token}");
        }
        for text in ["Atendimento", "api.atendimentos.status", "2022110400", "Usuário não encontrado"] {
            assert!(!is_token(text), "{text}");
        }
        for text in ["a@b.br", "CPF 123.456.789-00", "fone 99999-1234"] {
            assert!(!is_harmless(text), "{text}");
        }
        assert!(is_harmless("motivoStatus – esse campo é obrigatório"));
    }

    #[test]
    fn of_a_success_the_words_stay_that_name_nobody() {
        for (text, kept) in [
            ("Atendimento atualizado com sucesso", "Atendimento atualizado com sucesso"),
            ("Status alterado por Maria da Silva.", "Status alterado por <texto> da <texto>."),
            ("O atendimento já está com este status", "O atendimento já está com este status"),
            ("ok, jsilva/2022 (12)", "ok, <texto>/<texto> (12)"),
            ("Ana Maria", "<texto>"),
            (" - ", " - "),
            ("", ""),
        ] {
            assert_eq!(only_known_words(text), kept);
        }
    }

    #[test]
    fn a_target_keeps_what_it_asks_and_not_of_whom() {
        assert_eq!(
            target("/api/atendimentos/2022/historico?simular=true&cpf=1"),
            "/api/atendimentos/<segmento>/historico?simular=true&<parâmetro>"
        );
    }
}
