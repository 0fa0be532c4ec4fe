//! What no report shows and no recording keeps: senhas and tokens, however a server writes them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

use super::jwt::jwt_at;
use super::spelled::{Spelled, letters, squeezed};
use super::views::View;

#[derive(Default)]
pub(super) struct Secrets {
    /// Each with what stands for it.
    known: Vec<(SecretString, &'static str)>,
    /// Parts of them in each spelling, by what stands for them.
    parts: BTreeMap<&'static str, Spelled>,
}

impl Secrets {
    pub(super) fn of(senha: SecretString) -> Self {
        let mut secrets = Self::default();
        secrets.add(senha, "<senha>");
        secrets
    }

    pub(super) fn add_token(&mut self, token: &str) {
        self.add(SecretString::from(token), "<token>");
    }

    pub(super) fn has(&self, secret: &str) -> bool {
        self.known.iter().any(|(known, _)| known.expose_secret() == secret)
    }

    /// Those of `other`, too.
    pub(super) fn add_all(&mut self, other: Self) {
        other.known.into_iter().for_each(|(secret, stand_in)| self.add(secret, stand_in));
    }

    fn add(&mut self, secret: SecretString, stand_in: &'static str) {
        let text = secret.expose_secret();
        if text.is_empty() || self.has(text) {
            return;
        }
        self.parts.entry(stand_in).or_default().add(text);
        self.known.push((secret, stand_in));
        // Tokens before senhas, and a longer one before one that is a part of it.
        self.known.sort_by_key(|(secret, stand_in)| (Reverse(*stand_in), Reverse(secret.expose_secret().len())));
    }

    /// Whether `text` has one of them, or a part of it, in whichever spelling.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.redacted(text) != text
    }

    /// `text` without them, and without whatever else looks like a token.
    pub(super) fn redacted(&self, text: &str) -> String {
        let mut text = without_jwts(text);
        let mut readings = Reading::all(&text);
        for (secret, stand_in) in &self.known {
            let places = places_of(&readings, secret.expose_secret());
            if !places.is_empty() {
                text = replaced(&text, places, stand_in);
                readings = Reading::all(&text);
            }
        }
        let parts = self.parts.iter().rev();
        parts.fold(text, |text, (stand_in, parts)| replaced(&text, parts.places(&text), stand_in))
    }
}

/// A view of a text, letter by letter, each with where it begins.
struct Reading {
    view: View,
    letters: Vec<char>,
    starts: Vec<usize>,
}

impl Reading {
    fn all(text: &str) -> Vec<Self> {
        let reading = |view: View| {
            let (letters, starts) = letters(&view.text).unzip();
            Self { view, letters, starts }
        };
        View::all(text).into_iter().map(reading).collect()
    }
}

/// Where a text that is read so has all of `secret`.
fn places_of(readings: &[Reading], secret: &str) -> Vec<Range<usize>> {
    let own: Vec<char> = letters(secret).map(|(letter, _)| letter).collect();
    let mut places = Vec::new();
    for Reading { view, letters, starts } in readings {
        let mut at = 0;
        while !own.is_empty()
            && let Some(found) = letters[at..].windows(own.len()).position(|part| part == own)
        {
            let (first, end) = (at + found, at + found + own.len());
            places.push(view.place(starts[first]..starts.get(end).copied().unwrap_or(view.text.len())));
            at = end;
        }
    }
    places
}

/// `text` with `stand_in` for each of `places`, or for those that touch.
pub(super) fn replaced(text: &str, mut places: Vec<Range<usize>>, stand_in: &str) -> String {
    places.sort_by_key(|place| (place.start, Reverse(place.end)));
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    for place in places {
        if place.start >= at {
            shown.push_str(&text[at..place.start]);
            shown.push_str(stand_in);
        }
        at = at.max(place.end);
    }
    shown + &text[at..]
}

/// Whether `text` has all of `value`, in whichever spelling.
pub(super) fn has_all(text: &str, value: &str) -> bool {
    let value = squeezed(value);
    View::all(text).iter().any(|view| squeezed(&view.text).contains(&value))
}

fn without_jwts(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((start, length)) = jwt_at(rest) {
        shown.push_str(&rest[..start]);
        shown.push_str("<token>");
        rest = &rest[start + length..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;
    use crate::conferir::spellings::{left_of, spellings};

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxODAxfQ.c2VjcmV0LXNpZ25hdHVyZS1vZi1pdA";
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Aabc-_";

    #[test]
    fn a_token_is_found_wherever_it_stands() {
        let secrets = Secrets::default();
        for (before, after) in [
            ("", ""),
            ("Token ", "."),
            ("Token ", ", é"),
            ("t='", "'"),
            ("/x?t=", "&y=1"),
            ("%3D", ""),
            ("x", " y"),
            ("&quot;", "&quot;"),
            ("(", ")..."),
            ("é", "/é"),
        ] {
            assert_eq!(secrets.redacted(&format!("{before}{JWT}{after}")), format!("{before}<token>{after}"));
        }
        // Even without its signature, or a known one cut short.
        assert_eq!(secrets.redacted("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0. x"), "<token> x");
        assert_eq!(secrets.redacted("www.example.com eyJ a.b.c"), "www.example.com eyJ a.b.c");
    }

    #[test]
    fn a_secret_is_found_in_each_form() {
        let mut secrets = Secrets::of(SecretString::from("s\"é 𝄞/<&'+%\\"));
        secrets.add_token("ab+c/d==0123456789");
        for written in [
            "s\"é 𝄞/<&'+%\\",
            r#"s\"é 𝄞\/<&'+%\\"#,
            r"s\u0022\u00e9 \ud834\udd1e\/\u003C\u0026\u0027\u002B%\\",
            "s%22%C3%A9%20%F0%9D%84%9E%2F%3C%26%27%2B%25%5C",
            "s%22%c3%a9+%f0%9d%84%9e/%3c%26'%2b%25%5c",
            "s&quot;&#233; 𝄞&#x2F;&lt;&amp;&#39;+%\\",
        ] {
            assert_eq!(secrets.redacted(&format!("<{written}>")), "<<senha>>", "{written}");
        }
        for written in [
            "ab+c/d==0123456789",
            "ab%2Bc%2Fd%3D%3D0123456789",
            r"ab\u002bc\/d\u003d=0123456789",
            "ab&#43;c&#x2f;d&#61;=0123456789",
        ] {
            assert_eq!(secrets.redacted(&format!("t='{written}'.")), "t='<token>'.", "{written}");
        }
    }

    #[test]
    fn a_token_is_hidden_whatever_was_done_to_it() {
        let mut secrets = Secrets::default();
        secrets.add_token(TOKEN);
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
            assert_eq!(secrets.redacted(&format!("t: '{written}'.")), "t: '<token>'.", "{name}");
        }
        let harmless = r#"{"message":"JWT signature does not match locally computed signature."}"#;
        assert_eq!(secrets.redacted(harmless), harmless);
    }

    /// Whatever a server does to a senha or a token, nobody can read it in a report.
    #[test]
    fn a_canary_is_found_in_each_spelling() {
        for canary in ["Canário-7&Segredo <x>", "k4narioT0ken9Zq8Wv", "S3nh@1á"] {
            let mut secrets = Secrets::of(SecretString::from("outra coisa"));
            secrets.add_token(canary);
            for (name, spelled) in spellings(canary) {
                for text in [
                    spelled.clone(),
                    format!("Erro: {spelled}"),
                    format!("{{\"message\":\"Erro ({spelled})\"}}"),
                    format!("<p>Erro: {spelled}</p>"),
                ] {
                    let shown = secrets.redacted(&text);
                    assert!(left_of(&shown, &spelled).is_none(), "{name}: {text} became {shown}");
                    assert!(shown.contains("<token>"), "{name}: {shown}");
                }
            }
        }
    }

    #[test]
    fn of_a_senha_most_has_to_be_there() {
        let mut secrets = Secrets::of(SecretString::from("atendimento-2024-x"));
        assert_eq!(secrets.redacted("Atendimento atualizado"), "Atendimento atualizado");
        assert_eq!(secrets.redacted("'ATENDIMENTO-2024'"), "'<senha>'");
        secrets.add(SecretString::from("1234"), "<senha>");
        assert_eq!(secrets.redacted("123"), "123");
    }

    fn gives_away(text: &str, senha: &str) -> bool {
        Secrets::of(SecretString::from(senha)).are_in(text)
    }

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
            "x79#oirána",
            "UzNuaEBDYW7DoXJpbyM5N3g=",
            "x: c2VuaGE6UzNuaEBDYW7DoXJpbyM5N3g",
            "53336e68 4043616e c3a1 72696f",
        ] {
            assert!(gives_away(text, SENHA), "{text}");
        }
        for text in ["", "senha inválida", "Canário", "S3nh"] {
            assert!(!gives_away(text, SENHA), "{text}");
        }
        assert!(gives_away("UzNuaEAx.", "S3nh@1") && gives_away("53336E684031", "S3nh@1"));
        assert!(gives_away("sessão 1234.", "1234") && !gives_away("sessão 123", "1234"));
        assert!(
            !gives_away("Atendimento não encontrado", "atendimento2022")
                && !gives_away("Senha inválida", "invalida2022")
                && !gives_away("x", "")
        );
    }
}
