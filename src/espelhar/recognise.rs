//! Which error of ours an answer is: by its text, or by its whole body.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::exchange::Exchange;
use crate::conferir::asked;
use crate::dialect::{Asked, Dialect, Facts, Gap};
use crate::http::answer::catalogue::ApiError;

/// An error of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub name: &'static str,
    pub code: u16,
    /// Its whole text.
    pub said: String,
}

impl Recognised {
    pub(super) fn of(error: &ApiError) -> Self {
        let row = error.row();
        Self { name: row.name, code: row.status.as_u16(), said: error.message().into_owned() }
    }

    /// Whether our server, which refuses the request for this whatever its atendimento is, never gets to `other`.
    pub(super) fn comes_instead_of(&self, other: &Self) -> bool {
        // The token and the permission are judged before the request, and nothing is judged where the server fails.
        const BEFORE_REQUEST: [&str; 4] = ["access_denied", "internal", "unavailable", "token_"];
        // The atendimento is looked for before the rules hold.
        const BEFORE_RULES: [&str; 4] = ["unknown_atendimento", "same_status", "reused_key", "in_progress"];
        const RULES: [&str; 5] =
            ["unknown_status", "motivo_required", "motivo_unneeded", "other_status", "other_revision"];
        let is_one = |names: &[&str]| names.iter().any(|name| other.name.starts_with(name));
        let is_same = (self.name, self.field()) == (other.name, other.field());
        !(is_same || is_one(&BEFORE_REQUEST) || RULES.contains(&self.name) && is_one(&BEFORE_RULES))
    }

    /// The field, such as that of `status – esse campo é obrigatório`.
    pub fn field(&self) -> Option<&str> {
        self.said.split_once(" – ").map(|(field, _)| field)
    }
}

/// Whether only an odd request draws the error `name`: where another one says the same, it is that.
fn is_rare(name: &str) -> bool {
    name == "inexact_protocolo"
}

/// The contract's error `name`.
pub(super) fn contract(name: &str) -> Option<Recognised> {
    let errors = ApiError::one_of_each();
    let row = errors.iter().map(ApiError::row).find(|row| row.name == name)?;
    Some(Recognised { name: row.name, code: row.status.as_u16(), said: row.text.to_owned() })
}

/// The errors of a server that answers in a dialect.
pub struct KnownErrors {
    dialect: Arc<Dialect>,
    /// Every text of one, split at its gaps, with its name; the most telling ones first.
    texts: Vec<(Vec<String>, &'static str, u16)>,
    /// Those whose bodies have no place for a text.
    fixed: Vec<ApiError>,
}

impl KnownErrors {
    pub(super) fn of(dialect: Arc<Dialect>) -> Self {
        let mut texts: Vec<_> = ApiError::told_apart()
            .filter(|error| !error.is_ours_alone())
            .flat_map(|error| {
                let row = error.row();
                let own = dialect.error(row.name, None, row.status.as_u16(), row.text).text.to_owned();
                [own, row.text.to_owned()].map(|text| (split(&text), row.name, row.status.as_u16()))
            })
            .collect();
        texts.sort_by_key(|(parts, name, _)| (Reverse(parts.iter().map(String::len).sum::<usize>()), is_rare(name)));
        let is_fixed = |error: &ApiError| {
            let row = error.row();
            !dialect.error(row.name, error.subject(), row.status.as_u16(), row.text).body.has(&Gap::Texto)
        };
        let fixed = ApiError::told_apart().filter(|error| !error.is_ours_alone() && is_fixed(error));
        let mut fixed: Vec<_> = fixed.collect();
        fixed.sort_by_key(|error| is_rare(error.row().name));
        Self { dialect, texts, fixed }
    }

    /// The one that `body` is, the answer of `exchange`.
    pub(super) fn answered(&self, exchange: &Exchange, body: &str) -> Option<Recognised> {
        let repeating = || self.recognised_beside(body, &values(&asked(exchange)));
        self.recognised(body).or_else(repeating).or_else(|| self.recognised_by_form(exchange, body))
    }

    /// The error that `body` has the text of.
    pub fn recognised(&self, body: &str) -> Option<Recognised> {
        self.recognised_in(&strings(body))
    }

    /// The error that `body` has the text of where it repeats none of `values`, such as `Atendimento 2022 não encontrado`.
    pub fn recognised_beside(&self, body: &str, values: &[String]) -> Option<Recognised> {
        let shortened = |text: String| without(&text, values).filter(|short| *short != text);
        self.recognised_in(&strings(body).into_iter().filter_map(shortened).collect::<Vec<_>>())
    }

    fn recognised_in(&self, strings: &[String]) -> Option<Recognised> {
        let find = |is_whole: bool| {
            self.texts.iter().find_map(|(parts, name, code)| {
                let mut said = strings.iter().filter_map(|text| Some((text, said_within(parts, text)?)));
                let (_, said) = said.find(|(text, said)| !is_whole || *said == text.as_str())?;
                Some(Recognised { name, code: *code, said: said.to_owned() })
            })
        };
        find(true).or_else(|| find(false))
    }

    /// The error that the dialect answers with `body`, where that has no place for a text.
    fn recognised_by_form(&self, exchange: &Exchange, body: &str) -> Option<Recognised> {
        let asked = asked(exchange);
        self.fixed.iter().find_map(|error| {
            let (row, field) = (error.row(), error.subject());
            let form = self.dialect.error(row.name, field, row.status.as_u16(), row.text);
            let facts = Facts {
                texto: form.text,
                codigo: form.code,
                metodo: &exchange.request.head.method,
                caminho: exchange.path(),
                now: exchange.request.at,
                login: None,
                named: Some(asked.named()),
                id: Uuid::nil(),
            };
            let is_its = form.code == exchange.answer.status && form.fits(&facts, body);
            is_its.then(|| Recognised::of(error))
        })
    }
}

/// What a request names, and its answer may repeat.
pub(super) fn asked(exchange: &Exchange) -> Asked {
    asked::in_body(&exchange.request_text().unwrap_or_default())
}

fn values(asked: &Asked) -> Vec<String> {
    let Asked { protocolo, status, motivo, login, usuario: _ } = asked;
    [protocolo, status, motivo, login].into_iter().filter(|text| !text.is_empty()).cloned().collect()
}

/// `text` without the `values` in it, and what stands around each: quotes and brackets. None where nothing would be left.
fn without(text: &str, values: &[String]) -> Option<String> {
    const AROUND: &str = "'\"`“”‘’«»()[]<>:#";
    let mut left = text.to_owned();
    for value in values {
        let stands_alone = |at: &usize| {
            let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            !is_part(left[..*at].chars().next_back()) && !is_part(left[at + value.len()..].chars().next())
        };
        let Some(start) = left.match_indices(value.as_str()).map(|(at, _)| at).find(stands_alone) else { continue };
        let before = left[..start].trim_end_matches(|letter: char| AROUND.contains(letter) || letter == ' ');
        let after = left[start + value.len()..].trim_start_matches(|letter: char| AROUND.contains(letter));
        let between = if after.starts_with(char::is_alphanumeric) && !before.is_empty() { " " } else { "" };
        left = format!("{before}{between}{after}");
    }
    let left = left.trim().to_owned();
    (!left.is_empty()).then_some(left)
}

pub(super) fn split(text: &str) -> Vec<String> {
    text.split("{}").map(str::to_owned).collect()
}

/// What in `text` is `parts` in their order, with something between them, such as in `ERRO: status – valor inválido`.
fn said_within<'a>(parts: &[String], text: &'a str) -> Option<&'a str> {
    let mut places = Vec::with_capacity(parts.len());
    let mut end = 0;
    for part in parts {
        let at = end + text[end..].find(part.as_str())?;
        end = at + part.len();
        places.push(at);
    }
    let is_open = |part: Option<&String>| part.is_some_and(String::is_empty);
    // A value that begins or ends it is one word.
    let start = match is_open(parts.first()) {
        true => text[..*places.get(1)?].rfind(' ').map_or(0, |space| space + 1),
        false => *places.first()?,
    };
    let end = if is_open(parts.last()) { end + text[end..].find(' ').unwrap_or(text.len() - end) } else { end };
    Some(&text[start..end])
}

/// All texts in a body: the values in JSON, or else all of it.
fn strings(body: &str) -> Vec<String> {
    fn collect(value: Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text),
            Value::Array(items) => items.into_iter().for_each(|item| collect(item, into)),
            Value::Object(members) => members.into_iter().for_each(|(_, member)| collect(member, into)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match serde_json::from_str(body) {
        Ok(value) => collect(value, &mut found),
        Err(_) => found.push(body.trim().to_owned()),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::answer::MADE;

    #[test]
    fn an_error_that_repeats_its_request_is_recognised() {
        let errors = KnownErrors::of(Arc::new(Dialect::contract()));
        let values = ["20221104000007", "Resolvido", "Queda", "jsilva"].map(str::to_owned);
        for (text, name) in [
            ("Atendimento 20221104000007 não encontrado", "unknown_atendimento"),
            ("Atendimento nº 20221104000007 não encontrado", ""),
            ("Atendimento '20221104000007' não encontrado.", "unknown_atendimento"),
            ("Status \"Resolvido\" não encontrado", "unknown_status"),
            ("Motivo (Queda) não encontrado", "unknown_motivo"),
            ("Usuário não encontrado: jsilva", "unknown_user"),
            ("Atendimento 202211040000071 não encontrado", ""),
        ] {
            let body = serde_json::json!({"message": text}).to_string();
            let known = errors.recognised(&body).or_else(|| errors.recognised_beside(&body, &values));
            assert_eq!(known.map_or("", |known| known.name), name, "{text}");
        }
    }

    #[test]
    fn of_two_that_say_the_same_it_is_the_ordinary_one() {
        let same = "[respostas.inexact_protocolo]\ntexto = 'Nada consta'\n\
                    [respostas.unknown_atendimento]\ntexto = 'Nada consta'\n";
        let known = ["inexact_protocolo", "unknown_atendimento"].map(|name| (name.to_owned(), 0)).into();
        let errors = KnownErrors::of(Arc::new(Dialect::parse(same, &known).unwrap()));
        assert_eq!(errors.recognised("Nada consta").unwrap().name, "unknown_atendimento");
    }

    #[test]
    fn an_error_is_recognised_by_its_text_alone_or_within_another() {
        let errors = KnownErrors::of(Arc::new(Dialect::contract()));
        for (body, name, said) in [
            (r#"{"a":[1,{"b":"Senha inválida"}]}"#, "wrong_senha", "Senha inválida"),
            ("ERRO: Token is missing\n", "token_missing", "Token is missing"),
            (
                "ERRO: motivoStatus – esse campo é obrigatório\n",
                "motivo_required",
                "motivoStatus – esse campo é obrigatório",
            ),
            ("ERRO: status – valor inválido (12)", "invalid", "status – valor inválido"),
            (
                r#"{"m":"motivoStatus – esse campo é obrigatório."}"#,
                "motivo_required",
                "motivoStatus – esse campo é obrigatório",
            ),
            (
                "<p>JWT strings must contain exactly 2 period characters. Found: 0 </p>",
                "token_periods",
                "JWT strings must contain exactly 2 period characters. Found: 0",
            ),
        ] {
            let known = errors.recognised(body).unwrap();
            assert_eq!((known.name, known.said.as_str()), (name, said), "{body}");
        }
        for body in ["", "{}", "Senha invalida", r#"{"message":"ok"}"#, MADE] {
            assert_eq!(errors.recognised(body), None, "{body}");
        }
    }
}
