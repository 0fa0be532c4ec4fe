//! Texts with several values, and with numbers.

use crate::http::answer::problem::Language;
use crate::printable::printable;

/// `text` with `values` in the places of its `{}`. A value that has a `{}` in it stays as it is.
pub fn filled(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let first = parts.next().unwrap_or_default().to_owned();
    let values = values.iter().copied().chain(std::iter::repeat(""));
    parts.zip(values).fold(first, |filled, (part, value)| filled + &printable(value) + part)
}

/// The one of `texts` that `count` takes, with the number in it: for none, for one, and for more.
pub fn counted(count: i64, texts: [&str; 3], language: Language) -> String {
    match count {
        0 => texts[0].to_owned(),
        1 => texts[1].to_owned(),
        _ => filled(texts[2], &[&number(count, language)]),
    }
}

/// A number as people write it.
pub fn number(number: i64, language: Language) -> String {
    let separator = language.choose(['.', ',']);
    let digits = number.unsigned_abs().to_string();
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_without_what_steers() {
        assert_eq!(filled("de {} a {}.", &["{}", "b"]), "de {} a b.");
        assert_eq!(filled("{}{}", &["a\u{202e}"]), "a\\u{202e}");
        assert_eq!(filled("nada", &["a"]), "nada");
    }

    #[test]
    fn a_number_takes_its_text() {
        let texts = ["ninguém", "1 usuário", "{} usuários"];
        let told = |count| counted(count, texts, Language::Portuguese);
        assert_eq!([0, 1, 2, 1234].map(told), ["ninguém", "1 usuário", "2 usuários", "1.234 usuários"]);
    }
}
