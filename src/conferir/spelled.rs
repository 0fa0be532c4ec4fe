//! Whether a text gives a secret away, in whichever spelling.

use super::answers::is_contracts;
use super::views::views;
use crate::sensitive::folded;

/// So many signs in a row give a secret away, and a shorter one as a word of its own.
const PART: usize = 8;

/// Whether `text` has `secret`, or a part of it, with any escapes, case, accents and signs between.
pub(super) fn gives_away(text: &str, secret: &str) -> bool {
    let own: Vec<char> = squeezed(secret).chars().collect();
    views(text).into_iter().chain([text.to_owned()]).any(|text| {
        if own.len() < PART {
            let text = folded(&text);
            let secret = folded(secret);
            let is_word = |letter: char| letter.is_alphanumeric();
            return !secret.is_empty()
                && text
                    .match_indices(&secret)
                    .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + secret.len()..].starts_with(is_word));
        }
        let text = squeezed(&text);
        let mut parts = own.windows(PART).map(|part| part.iter().collect::<String>());
        parts.any(|part| text.contains(&part) && !is_contracts(&part))
    })
}

/// Whether `text` has all of `value`, in whichever spelling.
pub(super) fn has_all(text: &str, value: &str) -> bool {
    let value = squeezed(value);
    views(text).iter().map(String::as_str).chain([text]).any(|text| squeezed(text).contains(&value))
}

/// The letters and digits of `text` alone, without case and accents.
fn squeezed(text: &str) -> String {
    folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_each_spelling() {
        const SENHA: &str = "S3nh@Canário#97x";
        for text in [
            SENHA,
            "S3NH@CANÁRIO#97X",
            "senha=S%253nh%2540Can%25C3%25A1rio%252397x",
            "\\u0053\\u0033\\u006e\\u0068\\u0040Can\\u00e1rio",
            "S3nh@CanÃ¡rio#97x",
            "nh@Canário#97x",
            "S3nh@Canário",
            "S 3 n h @ C a n á r i o # 9 7 x",
            "S3nh-@Can-ário",
            "s3nh@canario",
        ] {
            assert!(gives_away(text, SENHA), "{text}");
        }
        for text in ["", "senha inválida", "Canário", "S3nh"] {
            assert!(!gives_away(text, SENHA), "{text}");
        }
        assert!(gives_away("sessão 1234.", "1234") && !gives_away("sessão 1234567", "1234"));
        assert!(!gives_away("Atendimento não encontrado", "atendimento2022") && !gives_away("x", ""));
    }
}
