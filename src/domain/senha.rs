//! Senhas: what a request can carry, and what a person may set.
//!
//! Senhas that were set before, or that come as hashes, count whatever their length.

use super::text::{SENHA_MAX, is_unseen};

/// Fewest characters of a senha that a person sets: fewer are soon guessed.
pub const SENHA_MIN: usize = 8;

/// Why a senha is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SenhaFault {
    #[error("is empty")]
    Empty,
    #[error("is too short")]
    Short,
    #[error("has only blanks")]
    Blank,
    #[error("is too long")]
    TooLong,
    #[error("holds a NUL")]
    Nul,
}

impl SenhaFault {
    /// Why no request could carry `senha`.
    pub fn of(senha: &str) -> Option<Self> {
        match senha {
            "" => Some(Self::Empty),
            _ if senha.len() > SENHA_MAX => Some(Self::TooLong),
            _ if senha.contains('\0') => Some(Self::Nul),
            _ => None,
        }
    }

    /// Why nobody may set `senha`.
    pub fn of_new(senha: &str) -> Option<Self> {
        Self::of(senha).or_else(|| {
            if senha.chars().count() < SENHA_MIN { Some(Self::Short) } else { is_unseen(senha).then_some(Self::Blank) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_senha_is_longer_than_one_that_counts() {
        for (senha, counts, new) in [
            ("", Some(SenhaFault::Empty), Some(SenhaFault::Empty)),
            ("1234567", None, Some(SenhaFault::Short)),
            ("ããããããã", None, Some(SenhaFault::Short)),
            ("12345678", None, None),
            ("       1", None, None),
            ("       ", None, Some(SenhaFault::Short)),
            ("        ", None, Some(SenhaFault::Blank)),
            ("\t \u{a0}\u{3000}\u{200b}\u{2800}\r\n", None, Some(SenhaFault::Blank)),
            (&"\u{301}".repeat(8), None, Some(SenhaFault::Blank)),
            ("\u{301}\u{489} \u{903}\u{200d}\u{fe0f}\u{1d159}\u{34f}", None, Some(SenhaFault::Blank)),
            ("\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}e", None, None),
            (&"ã".repeat(512), None, None),
            (&"ã".repeat(513), Some(SenhaFault::TooLong), Some(SenhaFault::TooLong)),
            ("a\0b", Some(SenhaFault::Nul), Some(SenhaFault::Nul)),
        ] {
            assert_eq!((SenhaFault::of(senha), SenhaFault::of_new(senha)), (counts, new), "{senha}");
        }
    }
}
