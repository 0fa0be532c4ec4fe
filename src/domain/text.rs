//! Text as the contract compares and limits it.

use std::borrow::Cow;
use std::str::FromStr;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use strsim::damerau_levenshtein;

use crate::printable::{self, printable};

pub const LOGIN_MAX: usize = 255;
/// How the logins of anonymised users begin.
pub const PSEUDONYM: &str = "anonimo-";
/// What stands in the place of a name that the hierarchy hides from its reader.
pub const HIDDEN: &str = "(oculto)";
/// Longest senha, in bytes.
pub const SENHA_MAX: usize = 1024;
pub const PROTOCOLO_MAX: usize = 64;
/// Longest name (status, motivo, nível, perfil), in characters.
pub const NOME_MAX: usize = 255;
/// Longest comentario, in characters.
pub const COMENTARIO_MAX: usize = 20_000;

/// A name in the form in which names are compared: trimmed, NFC, case-folded.
///
/// Two spellings name the same thing exactly when their keys are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameKey(String);

impl NameKey {
    pub fn new(text: &str) -> Self {
        // In ASCII folding is lower case, and there is nothing to compose: the usual text, at a tenth of the cost.
        if text.is_ascii() {
            return Self(text.trim().to_ascii_lowercase());
        }
        let nfc = ComposingNormalizer::new_nfc();
        // Folding can undo composition (U+0390 folds to three code points), so NFC runs on both sides.
        let composed = nfc.normalize(text.trim());
        let folded = CaseMapper::new().fold_string(&composed);
        Self(nfc.normalize(&folded).into_owned())
    }

    pub fn non_blank(text: &str) -> Option<Self> {
        (!is_blank(text)).then(|| Self::new(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether, as a login, it would be taken for that of an anonymised user or of a hidden one.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with(PSEUDONYM) || self.is_hidden()
    }

    /// Whether it would be taken for a name that somebody may not see.
    pub fn is_hidden(&self) -> bool {
        self.0 == HIDDEN
    }
}

/// A name to register: as written and as compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Trimmed and NFC, otherwise as written.
    pub texto: String,
    pub key: NameKey,
}

impl Name {
    /// A name as it is stored.
    pub fn registered(texto: String) -> Self {
        Self { key: NameKey::new(&texto), texto }
    }

    /// Whether `text` may be stored as a name, also as one that was registered before names had to be visible.
    pub fn is_stored(text: &str) -> bool {
        let composed = ComposingNormalizer::new_nfc().normalize(text.trim());
        composed == text && !text.is_empty() && fits(text, NOME_MAX) && !text.contains(char::is_control)
    }

    /// What stands in the place of the login of the anonymised user of that row id.
    pub fn pseudonym(usuario_id: i64) -> Self {
        let texto = format!("{PSEUDONYM}{usuario_id}");
        Self { key: NameKey::new(&texto), texto }
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is not a name: give 1 to {NOME_MAX} characters, nothing that controls or that nobody sees")]
pub struct InvalidName(String);

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let texto = ComposingNormalizer::new_nfc().normalize(text.trim()).into_owned();
        if texto.is_empty() || !fits(&texto, NOME_MAX) || texto.contains(hides) {
            return Err(InvalidName(cut(text).into_owned()));
        }
        Ok(Self { key: NameKey::new(&texto), texto })
    }
}

/// Whether no name may have `c`: nobody sees it, or it hides what is beside it.
pub fn hides(c: char) -> bool {
    printable::hides(c)
}

/// Whether nothing of `text` is seen: it has white space, what nobody sees, and accents without a letter.
pub fn is_unseen(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || hides(c) || printable::combines(c))
}

/// The most characters of a text that a message repeats.
const SHOWN_MAX: usize = 64;

/// `text` as a message repeats it: no more than its first 64 characters, and nothing that steers a terminal.
pub fn cut(text: &str) -> Cow<'_, str> {
    excerpt(text, SHOWN_MAX)
}

/// The first `max` characters of `text` with nothing that steers a terminal, and `…` where there are more.
pub fn excerpt(text: &str, max: usize) -> Cow<'_, str> {
    let beginning = first(text, max);
    if beginning.len() < text.len() { format!("{}…", printable(beginning)).into() } else { printable(text) }
}

pub fn first(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

/// `; did you mean '…'?` with the [`nearest`] of the `known` names; empty where none is near.
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// The one of the `known` names that is nearly `wanted`, if any. Compares as [`NameKey`] does.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names end somewhere, what is typed need not.
    if !fits(wanted, NOME_MAX) {
        return None;
    }
    let wanted = NameKey::new(wanted);
    let distance = |name: &str| {
        let name = NameKey::new(name);
        let most = (name.0.chars().count() / 3).min(2);
        Some(damerau_levenshtein(&wanted.0, &name.0)).filter(|distance| *distance <= most)
    };
    let nearest = known.into_iter().filter_map(|name| Some((distance(name)?, name))).min();
    nearest.map(|(_, name)| name)
}

/// Whether nothing but white space is in `text`.
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Whether `text` may be stored: no NUL (PostgreSQL has none) and at most `max` characters.
pub fn fits(text: &str, max: usize) -> bool {
    // Bytes bound characters from above, so that the usual text is not counted.
    (text.len() <= max || text.chars().count() <= max) && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_case_composition_and_surrounding_space() {
        let composed = NameKey::new("Atendimento já finalizado");
        assert_eq!(composed, NameKey::new("  ATENDIMENTO JA\u{301} FINALIZADO\t"));
        assert_eq!(composed.as_str(), "atendimento já finalizado");
        assert_eq!(NameKey::new("Straße"), NameKey::new("STRASSE"));
        assert_eq!(NameKey::new("\u{390}"), NameKey::new("\u{1fd3}"));
        let ascii: String = (0..128_u8).map(char::from).collect();
        let with_accent = |accent: &str| NameKey::new(&format!("{ascii}{accent}")).0;
        assert_eq!(with_accent("É"), format!("{}é", with_accent("")), "the shorter way says the same");
    }

    #[test]
    fn keys_keep_what_differs() {
        assert_ne!(NameKey::new("ja"), NameKey::new("já"));
        assert_ne!(NameKey::new("a  b"), NameKey::new("a b"));
    }

    #[test]
    fn blank_text_has_no_key() {
        assert_eq!(NameKey::non_blank(" \u{a0}\n"), None);
        assert_eq!(NameKey::non_blank(" x "), Some(NameKey::new("x")));
    }

    #[test]
    fn names_are_trimmed_composed_and_bounded() {
        let nome: Name = " Ja\u{301} ".parse().unwrap();
        assert_eq!((nome.texto.as_str(), nome.key.as_str()), ("Já", "já"));
        for refused in ["", "  ", "a\0b", "a\x1b[2Jb", &"x".repeat(NOME_MAX + 1)] {
            assert!(refused.parse::<Name>().is_err(), "{refused:?}");
        }
    }

    #[test]
    fn names_have_nothing_that_nobody_sees() {
        for hidden in [
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2800}',
            '\u{3164}',
            '\u{e000}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{ffff}',
            '\u{1d159}',
            '\u{1d173}',
            '\u{e0041}',
            '\u{10ffff}',
            '\u{378}',
        ] {
            for name in [format!("a{hidden}b"), format!("{hidden}")] {
                assert!(name.parse::<Name>().is_err(), "{name:?}");
            }
        }
        for name in ["João da Silva", "Ação nº 5 – São Paulo", "営業部", "مبيعات", "Ζ", "a\u{a0}b", "e\u{301}", "☎ 😀"]
        {
            assert!(name.parse::<Name>().is_ok(), "{name:?}");
        }
    }

    #[test]
    fn what_is_nearly_a_name_is_recognised_and_what_is_far_is_not() {
        let known = ["Integração", "Suporte", "N", "alterar-status"];
        for (wanted, meant) in [
            ("integracao", "Integração"),
            ("SUPROTE", "Suporte"),
            (" suporte2", "Suporte"),
            ("alterar_statu", "alterar-status"),
        ] {
            assert_eq!(did_you_mean(wanted, known), format!("; did you mean '{meant}'?"));
        }
        for wanted in ["", "M", "Sup", "Supote x", "alterar", &"s".repeat(100_000)] {
            assert_eq!(did_you_mean(wanted, known), "", "{wanted:.10}");
        }
    }

    #[test]
    fn what_is_repeated_is_bounded() {
        assert_eq!(cut(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(cut(&"é".repeat(65)), format!("{}…", "é".repeat(64)));
        assert_eq!(cut("a\nb\u{1b}"), r"a\nb\u{1b}");
    }

    #[test]
    fn limits_count_characters_and_refuse_nul() {
        assert!(fits(&"é".repeat(64), 64));
        assert!(!fits(&"é".repeat(65), 64));
        assert!(fits(&"a".repeat(64), 64));
        assert!(!fits(&"a".repeat(65), 64));
        assert!(!fits("a\0", 64));
    }
}
