//! What no report shows: senhas and tokens, however a server writes them.

use std::cmp::Reverse;

use secrecy::{ExposeSecret, SecretString};

use super::entities::letter;
use super::jwt::jwt_at;
use super::pieces::Pieces;
use super::spelled::gives_away;

#[derive(Default)]
pub(super) struct Secrets {
    /// Each with what stands for it.
    known: Vec<(SecretString, &'static str)>,
    pieces: Pieces,
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

    /// Whether `text` has one of them, or a part of it, in whichever spelling.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.known.iter().any(|(known, _)| gives_away(text, known.expose_secret()))
    }

    /// Those of `other`, too.
    pub(super) fn add_all(&mut self, other: Self) {
        other.known.into_iter().for_each(|(secret, stand_in)| self.add(secret, stand_in));
    }

    fn add(&mut self, secret: SecretString, stand_in: &'static str) {
        let is_known = self.known.iter().any(|(known, _)| known.expose_secret() == secret.expose_secret());
        if !secret.expose_secret().is_empty() && !is_known {
            self.pieces.add(secret.expose_secret(), stand_in);
            self.known.push((secret, stand_in));
            // Tokens before senhas, and a longer one before one that is a part of it.
            self.known.sort_by_key(|(secret, stand_in)| (Reverse(*stand_in), Reverse(secret.expose_secret().len())));
        }
    }

    /// `text` without them, and without whatever else looks like a token.
    pub(super) fn redacted(&self, text: &str) -> String {
        let whole = { self.known.iter() }.fold(without_jwts(text), |text, (secret, stand_in)| {
            let signs: Vec<char> = secret.expose_secret().chars().collect();
            without(&text, secret.expose_secret(), &signs, stand_in)
        });
        self.pieces.redacted(&whole)
    }
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

fn without(text: &str, secret: &str, signs: &[char], stand_in: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(sign) = rest.chars().next() {
        let plain = rest.starts_with(secret).then_some(secret.len());
        if let Some(end) = plain.or_else(|| end_of(signs, rest)) {
            shown.push_str(stand_in);
            rest = &rest[end..];
        } else {
            shown.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    shown
}

/// Where the secret of `signs` ends, if `text` begins with it in some form: of JSON, of URLs, of HTML.
fn end_of(signs: &[char], text: &str) -> Option<usize> {
    let mut at = 0;
    for sign in signs {
        let rest = &text[at..];
        let forms = [entity, escape, percent, form_space, plain];
        at +=
            { forms }.iter().find_map(|form| form(rest).filter(|(read, _)| read == sign)).map(|(_, length)| length)?;
    }
    Some(at)
}

/// The sign with which a text begins, and how long it is there.
type Read = Option<(char, usize)>;

fn plain(text: &str) -> Read {
    text.chars().next().map(|sign| (sign, sign.len_utf8()))
}

fn form_space(text: &str) -> Read {
    text.starts_with('+').then_some((' ', 1))
}

/// `%C3%A9`
fn percent(text: &str) -> Read {
    let byte = |at: usize| {
        let digits = text.get(at..at + 3)?.strip_prefix('%')?;
        u8::from_str_radix(digits, 16).ok()
    };
    let first = byte(0)?;
    let length = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(|number| byte(number * 3)).collect();
    let sign = String::from_utf8(bytes?).ok()?.chars().next()?;
    Some((sign, length * 3))
}

/// `\u00e9`, `\/`
fn escape(text: &str) -> Read {
    let rest = text.strip_prefix('\\')?;
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix('u')?.get(..4)?, 16).ok();
    if let Some(first) = unit(rest) {
        let second = rest.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(unit);
        return match (char::decode_utf16([first]).next()?, second) {
            (Ok(sign), _) => Some((sign, 6)),
            (Err(_), Some(second)) => char::decode_utf16([first, second]).next()?.ok().map(|sign| (sign, 12)),
            _ => None,
        };
    }
    let sign = rest.chars().next()?;
    let read = match sign {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '"' | '\'' | '\\' | '/' => sign,
        _ => return None,
    };
    Some((read, 2))
}

/// `&quot;`, `&#39;`, `&#x2F;`
fn entity(text: &str) -> Read {
    let (name, _) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    let sign = letter(name)?;
    Some((sign, name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
