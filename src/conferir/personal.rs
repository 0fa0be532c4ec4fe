//! What belongs to the users who logged in, and is neither written down nor shown.

use std::ops::Range;
use std::sync::OnceLock;

use super::answers::is_contracts;
use super::secrets::replaced;
use super::spans::{rewritten, spans};
use super::spelled::{Spelled, squeezed};
use crate::domain::atendimento::Status;

/// Stands for it.
const HIDDEN: &str = "…";

/// Names, numbers and the like, as they stood in the answers to logins.
#[derive(Clone, Debug, Default)]
pub struct Personal {
    values: Vec<String>,
    /// Those that tell of somebody however they are written: made when a text needs them.
    spelled: OnceLock<Spelled>,
}

/// A value has so many letters at least that is looked for in other spellings: fewer may be those of any word.
const SPELLED: usize = 8;
/// The same of a word that is looked for letter by letter.
const BY_LETTER: usize = 3;

impl Personal {
    pub fn add(&mut self, values: impl IntoIterator<Item = String>) {
        for value in values {
            // What an atendimento may be in is nobody's name.
            if !value.trim().is_empty() && !self.values.contains(&value) && Status::from_nome(&value).is_none() {
                self.values.push(value);
                self.spelled = OnceLock::new();
            }
        }
        self.values.sort_by_key(|value| (std::cmp::Reverse(value.len()), value.clone()));
    }

    fn spelled(&self) -> &Spelled {
        self.spelled.get_or_init(|| {
            let is_long =
                |value: &&str| squeezed(value).chars().count() >= SPELLED && !value.chars().all(char::is_alphabetic);
            let numbers: Vec<String> = self.telling().flat_map(numbers).collect();
            Spelled::whole(self.telling().filter(is_long).chain(numbers.iter().map(String::as_str)))
        })
    }

    /// Where `text` has a word of theirs letter by letter, as in `Z-o-r-a`: so no other is written.
    fn by_letter(&self, text: &str) -> Vec<Range<usize>> {
        let words = self.values.iter().flat_map(|value| value.split(|letter: char| !letter.is_alphabetic()));
        let words: Vec<String> = words.filter(|word| word.chars().count() >= BY_LETTER).map(squeezed).collect();
        let is_one = |place: &Range<usize>| {
            let letters = squeezed(&text[place.clone()]);
            words.iter().any(|word| letters.contains(word.as_str()))
        };
        spaced(text).into_iter().filter(is_one).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = String> {
        self.values.clone().into_iter()
    }

    /// Whether `value` is one of them.
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|own| own == value)
    }

    /// Those that tell of somebody wherever they stand. A short word may be any, and so may a small number.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str).filter(|value| {
            let letters = value.chars().count();
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
            let is_one_word = value.chars().all(char::is_alphabetic);
            letters >= if is_number || is_one_word { 8 } else { 5 } && !is_contracts(value)
        })
    }

    /// Those that tell of somebody in a sentence that names whoever did something: they, and the names of which they are made.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let is_name = |name: &&str| name.starts_with(char::is_uppercase);
        let parts = self.values.iter().filter(|value| value.contains(char::is_whitespace));
        let parts = parts.flat_map(|value| value.split_whitespace()).filter(is_name);
        let all = self.values.iter().map(String::as_str).chain(parts);
        all.filter(|value| value.chars().count() >= BY_LETTER && !is_contracts(value))
    }

    /// `text` without them: where they are a value of its JSON, or stand in it as words of their own and tell of somebody.
    pub fn hidden(&self, text: &str) -> String {
        let shown = rewritten(text, &spans(text), str::to_owned, |span, raw| {
            let is_own = match &span.value {
                serde_json::Value::String(value) => self.has(value),
                serde_json::Value::Number(number) => self.has(&number.to_string()),
                _ => false,
            };
            if is_own { format!("\"{HIDDEN}\"") } else { raw.to_owned() }
        });
        let shown = self.telling().fold(shown, |text, value| without_words(&text, value));
        let shown = replaced(&shown, self.by_letter(&shown), HIDDEN);
        replaced(&shown, self.spelled().places(&shown), HIDDEN)
    }
}

/// Where letters of `text` stand alone one after the other, with the same sign between them.
fn spaced(text: &str) -> Vec<Range<usize>> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let stands_alone = |at: usize| {
        let is_part =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|(_, letter)| letter.is_alphanumeric());
        is_part(Some(at)) && !is_part(at.checked_sub(1)) && !is_part(Some(at + 1))
    };
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        let sign = letters.get(start + 1).map(|(_, sign)| *sign);
        while stands_alone(at) && letters.get(at + 1).map(|(_, sign)| *sign) == sign && stands_alone(at + 2) {
            at += 2;
        }
        // Its last letter may begin another run.
        if at > start {
            places.push(letters[start].0..letters.get(at + 1).map_or(text.len(), |(end, _)| *end));
        } else {
            at += 1;
        }
    }
    places
}

/// The number that `value` is, as digits alone and as a CPF is written: servers write the one they keep as the other.
fn numbers(value: &str) -> Vec<String> {
    let is_number = |letter: char| letter.is_ascii_digit() || " .-/()+".contains(letter);
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < SPELLED || !value.chars().all(is_number) {
        return Vec::new();
    }
    let cpf =
        (digits.len() == 11).then(|| format!("{}.{}.{}-{}", &digits[..3], &digits[3..6], &digits[6..9], &digits[9..]));
    [digits].into_iter().chain(cpf).filter(|number| number != value).collect()
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
    use crate::conferir::spellings::{left_of, spellings};

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
            ("Atendimento de Fernanda", "Atendimento de …"),
            ("banana, Ana, Status não encontrado 4711", "banana, Ana, Status não encontrado 4711"),
            ("CPF 000.000.001-91, tel. 11987654321; a@b.br", "CPF …, tel. …; …"),
            (r#"{"nome":"Ana","n":4711,"x":"Aberto","y":14711}"#, r#"{"nome":"…","n":"…","x":"Aberto","y":14711}"#),
        ] {
            assert_eq!(personal.hidden(text), shown);
        }
    }

    #[test]
    fn a_name_is_hidden_letter_by_letter_whatever_stands_between() {
        let mut personal = Personal::default();
        personal.add(["Zoraide Canária".to_owned(), "Eva".to_owned()]);
        for name in ["Zoraide", "ZORAIDE", "canaria", "Canária", "Eva"] {
            for separator in ["-", "_", ".", " ", "|", "/", "·", ",", "\u{0}", "\n"] {
                let spelled = name.chars().map(String::from).collect::<Vec<_>>().join(separator);
                let shown = personal.hidden(&format!("Sem acesso: {spelled}!"));
                assert_eq!(shown, "Sem acesso: …!", "{spelled}");
            }
        }
        for text in ["Ezovar: a-b-c, e v o", "Eva-porado e a u a", "z-o-r-a i-d-e"] {
            assert_eq!(personal.hidden(text), text);
        }
    }

    #[test]
    fn what_tells_of_somebody_is_hidden_in_each_spelling() {
        for value in ["Fulana de Tal", "123.456.789-09", "(11) 98765-4321", "ana.lima@example.com"] {
            let mut personal = Personal::default();
            personal.add([value.to_owned()]);
            let is_cut = |name: &str| ["without", "a form", "Basic", "split"].iter().any(|cut| name.starts_with(cut));
            for (name, spelled) in spellings(value).into_iter().filter(|(name, _)| !is_cut(name)) {
                let shown = personal.hidden(&format!("Erro: {spelled}"));
                assert!(left_of(&shown, &spelled).is_none(), "{name}: {spelled} became {shown}");
            }
            assert_eq!(
                personal.hidden("Atendimento 20221104000005 atualizado"),
                "Atendimento 20221104000005 atualizado"
            );
        }
        let mut personal = Personal::default();
        personal.add(["123.456.789-09".to_owned()]);
        for written in [
            "12345678909",
            "1 2 3 4 5 6 7 8 9 0 9",
            "MTIzLjQ1Ni43ODktMDk=",
            "MTIzNDU2Nzg5MDk=",
            "%31%32%33%34%35%36%37%38%39%30%39",
        ] {
            assert_eq!(personal.hidden(&format!("CPF {written}.")), "CPF ….", "{written}");
        }
    }
}
