//! Pieces of secrets, in whichever case, with whatever stands between their letters, and in base64 and hex.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, Engine};

/// Shorter pieces may be of any word.
const SHORTEST: usize = 10;

/// The pieces by what stands for them and by their length, as hashes: nobody can read them here.
#[derive(Default)]
pub(super) struct Pieces {
    by_kind: BTreeMap<(&'static str, usize), HashSet<u64>>,
    state: RandomState,
}

impl Pieces {
    /// Those of `secret`: of a long one, each of ten letters; of a shorter one, those that are most of it.
    pub(super) fn add(&mut self, secret: &str, stand_in: &'static str) {
        let own = letters(secret).0;
        let length = if stand_in == "<token>" { SHORTEST } else { SHORTEST.max(own.len() * 3 / 4) };
        self.add_form(&own, length, stand_in);
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.add_form(hex.as_bytes(), length.max(2 * SHORTEST), stand_in);
        // In base64 a text looks otherwise after one byte more, and after two; its first and last letters depend on others.
        for (before, cut) in [(0, 0), (1, 2), (2, 3)] {
            let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
            for encoded in [BASE64_STANDARD.encode(&bytes), BASE64_URL_SAFE.encode(&bytes)] {
                let end = encoded.trim_end_matches('=').len().saturating_sub(1);
                let inner = letters(encoded.get(cut..end).unwrap_or_default()).0;
                self.add_form(&inner, length, stand_in);
            }
        }
    }

    fn add_form(&mut self, form: &[u8], length: usize, stand_in: &'static str) {
        let hashes = form.windows(length).map(|piece| self.state.hash_one(piece)).collect::<Vec<_>>();
        self.by_kind.entry((stand_in, length)).or_default().extend(hashes);
    }

    /// `text` without them, and without the rest of the words in which they stand.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.by_kind.iter().rev().fold(text.to_owned(), |text, ((stand_in, length), hashes)| {
            let (letters, places) = letters(&text);
            let is_piece: Vec<bool> =
                letters.windows(*length).map(|piece| hashes.contains(&self.state.hash_one(piece))).collect();
            let (mut shown, mut at, mut from) = (String::with_capacity(text.len()), 0, 0);
            while let Some(first) = is_piece[from..].iter().position(|is_piece| *is_piece).map(|first| from + first) {
                let mut last = first;
                while let Some(next) =
                    (last + 1..is_piece.len().min(last + length + 1)).rev().find(|next| is_piece[*next])
                {
                    last = next;
                }
                let is_part = |letter: char| letter.is_alphanumeric() || "-_=".contains(letter);
                let start = text[..places[first]].trim_end_matches(is_part).len().max(at);
                let rest = &text[places[last + length - 1]..];
                let end = text.len() - rest.trim_start_matches(is_part).len();
                shown.push_str(&text[at..start]);
                shown.push_str(stand_in);
                (at, from) = (end, last + 1);
            }
            shown + &text[at..]
        })
    }
}

/// The letters and digits of ASCII in `text`, without case, and where each stands.
fn letters(text: &str) -> (Vec<u8>, Vec<usize>) {
    let found = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric());
    found.map(|(at, byte)| (byte.to_ascii_lowercase(), at)).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxODAxfQ.c2VjcmV0LXNpZ25hdHVyZS1vZi1pdA";

    #[test]
    fn a_token_is_hidden_whatever_was_done_to_it() {
        let mut pieces = Pieces::default();
        pieces.add(TOKEN, "<token>");
        let [_, payload, signature] = TOKEN.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
        let spaced: String = TOKEN.chars().map(|letter| format!("{letter} ")).collect();
        let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        for (name, written) in [
            ("cut", TOKEN[2..].to_owned()),
            ("its beginning", TOKEN[..30].to_owned()),
            ("upper case", TOKEN.to_uppercase()),
            ("lower case", TOKEN.to_lowercase()),
            ("payload", payload.to_owned()),
            ("signature", signature.to_owned()),
            ("spaced", spaced.trim().to_owned()),
            ("base64", BASE64_STANDARD.encode(TOKEN)),
            ("base64 within another", BASE64_STANDARD.encode(format!("t={TOKEN}"))),
            ("hex", hex.clone()),
            ("hex in capitals", hex.to_uppercase()),
        ] {
            assert_eq!(pieces.redacted(&format!("t: '{written}'.")), "t: '<token>'.", "{name}");
        }
        let harmless = r#"{"message":"JWT signature does not match locally computed signature."}"#;
        assert_eq!(pieces.redacted(harmless), harmless);
    }

    #[test]
    fn of_a_senha_most_has_to_be_there() {
        let mut pieces = Pieces::default();
        pieces.add("atendimento-2024-x", "<senha>");
        assert_eq!(pieces.redacted("Atendimento atualizado"), "Atendimento atualizado");
        assert_eq!(pieces.redacted("'ATENDIMENTO-2024'"), "'<senha>'");
        pieces.add("1234", "<senha>");
        assert_eq!(pieces.redacted("12345"), "12345");
    }
}
