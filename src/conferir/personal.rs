//! What belongs to the users who logged in, and is neither written down nor shown.

use super::answers::is_contracts;
use super::spans::spans;
use crate::domain::atendimento::Status;

/// Stands for it.
const HIDDEN: &str = "…";

/// Names, numbers and the like, as they stood in the answers to logins.
#[derive(Clone, Debug, Default)]
pub struct Personal(Vec<String>);

impl Personal {
    pub fn add(&mut self, values: impl IntoIterator<Item = String>) {
        for value in values {
            // What an atendimento may be in is nobody's name.
            if !value.trim().is_empty() && !self.0.contains(&value) && Status::from_nome(&value).is_none() {
                self.0.push(value);
            }
        }
        self.0.sort_by_key(|value| (std::cmp::Reverse(value.len()), value.clone()));
    }

    pub(super) fn all(&self) -> impl Iterator<Item = String> {
        self.0.clone().into_iter()
    }

    /// Whether `value` is one of them.
    pub(super) fn has(&self, value: &str) -> bool {
        self.0.iter().any(|own| own == value)
    }

    /// Those that tell of somebody wherever they stand. A short word may be any, and so may a small number.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|value| {
            let letters = value.chars().count();
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
            let is_one_word = value.chars().all(char::is_alphabetic);
            letters >= if is_number || is_one_word { 8 } else { 5 } && !is_contracts(value)
        })
    }

    /// `text` without them: where they are a value of its JSON, or stand in it as words of their own and tell of somebody.
    pub fn hidden(&self, text: &str) -> String {
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        for span in spans(text) {
            let is_own = match &span.value {
                serde_json::Value::String(value) => self.has(value),
                serde_json::Value::Number(number) => self.has(&number.to_string()),
                _ => false,
            };
            if is_own {
                shown.push_str(&text[at..span.range.start]);
                shown.push_str(&format!("\"{HIDDEN}\""));
                at = span.range.end;
            }
        }
        shown.push_str(&text[at..]);
        self.telling().fold(shown, |text, value| without_words(&text, value))
    }
}

/// `text` with [`HIDDEN`] for `value`, where that is no part of a longer word.
fn without_words(text: &str, value: &str) -> String {
    let (mut shown, mut at) = (String::new(), 0);
    for (start, _) in text.match_indices(value) {
        let end = start + value.len();
        let is_word = |letter: char| letter.is_alphanumeric();
        if start >= at && !text[..start].ends_with(is_word) && !text[end..].starts_with(is_word) {
            shown.push_str(&text[at..start]);
            shown.push_str(HIDDEN);
            at = end;
        }
    }
    shown + &text[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_that_tell_of_somebody_are_hidden() {
        let mut personal = Personal::default();
        let values = [
            "Ana",
            "Status",
            "Fulana de Tal",
            "000.000.001-91",
            "11987654321",
            "4711",
            "Aberto",
            "a@b.br",
            "Atendimento",
            "Fernanda",
            "",
        ];
        personal.add(values.map(str::to_owned));
        for (text, shown) in [
            ("Senha de Fulana de Tal inválida", "Senha de … inválida"),
            ("Fulana de Talha", "Fulana de Talha"),
            ("Atendimento de Fernanda", "Atendimento de …"),
            ("banana, Ana, Status não encontrado 4711", "banana, Ana, Status não encontrado 4711"),
            ("CPF 000.000.001-91, tel. 11987654321; a@b.br", "CPF …, tel. …; …"),
            (r#"{"nome":"Ana","n":4711,"x":"Aberto","y":14711}"#, r#"{"nome":"…","n":"…","x":"Aberto","y":14711}"#),
        ] {
            assert_eq!(personal.hidden(text), shown);
        }
    }
}
