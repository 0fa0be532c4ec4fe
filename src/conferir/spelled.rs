//! Parts of secrets as servers may spell them: as letters, as bytes of several charsets, and these in hex, as numbers and in base64.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::ops::Range;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, Engine};
use encoding_rs::WINDOWS_1252;
use foldhash::quality::RandomState;
use secrecy::{ExposeSecret, SecretString};

use super::answers::is_contracts;
use super::views::View;
use crate::sensitive::folded;

/// So many letters in a row give a secret away.
const PART: usize = 8;
/// Shorter secrets are found as a whole alone.
const SHORT: usize = 6;
/// So many digits do, where each byte has two or three.
const PART_IN_DIGITS: usize = 16;
const SHORTEST_IN_DIGITS: usize = 8;
/// The same in base64; shorter ones than the second may be of any word.
const PART_IN_BASE64: usize = 10;
const SHORTEST_IN_BASE64: usize = 6;

/// Parts of secrets, as hashes: nobody can read them here.
#[derive(Clone, Debug, Default)]
pub struct Spelled {
    /// By their length.
    parts: BTreeMap<usize, HashSet<u64, RandomState>>,
    state: RandomState,
    /// A part of what is no secret says nothing: then all of it has to be there.
    is_whole: bool,
}

impl Spelled {
    pub fn of(secrets: &[SecretString]) -> Self {
        let mut spelled = Self::default();
        secrets.iter().for_each(|secret| spelled.add(secret.expose_secret()));
        spelled
    }

    /// What is no secret and tells of somebody all the same, if the whole of it is there.
    pub(super) fn whole<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut spelled = Self { is_whole: true, ..Self::default() };
        values.for_each(|value| spelled.add(value));
        spelled
    }

    pub(super) fn add(&mut self, secret: &str) {
        let backwards: String = secret.chars().rev().collect();
        // Of what mail, addresses and scripts escape, the number stands among the letters.
        let escaped = |is_plain: fn(&char) -> bool, escape: fn(char) -> String| {
            let written = |letter: char| if is_plain(&letter) { letter.to_string() } else { escape(letter) };
            squeezed(&secret.chars().map(written).collect::<String>())
        };
        let of_utf8 = |letter: char| hex(letter.encode_utf8(&mut [0; 4]).as_bytes());
        let of_code = |letter: char| format!("{:02x}", u32::from(letter));
        let of_scripts = escaped(char::is_ascii, |letter| format!("u{:04x}", u32::from(letter)));
        let of_mail = [char::is_ascii, char::is_ascii_alphanumeric]
            .map(|is_plain| [escaped(is_plain, of_utf8), escaped(is_plain, of_code)]);
        let plain = [squeezed(secret), squeezed(&backwards), of_scripts];
        for letters in plain.into_iter().chain(of_mail.into_iter().flatten()) {
            let length = letters.chars().count();
            let is_mixed = letters.contains(char::is_numeric) && letters.contains(char::is_alphabetic);
            if length >= SHORT {
                // The first letter or the last one may be cut off. What is left of a short word may be another one.
                let most = length - usize::from(length > SHORT || is_mixed);
                self.add_parts(&letters, if self.is_whole { length } else { PART.min(most) });
            }
        }
        self.add_digits(&secret.encode_utf16().map(|unit| format!("u{unit:04x}")).collect::<String>());
        for bytes in in_charsets(secret) {
            self.add_bytes(&bytes);
            self.add_base64(&bytes);
        }
        // Turned round before or after that.
        self.add_base64(backwards.as_bytes());
        let turned = |text: String| text.chars().rev().collect::<String>();
        for digits in [hex(backwards.as_bytes()), turned(hex(secret.as_bytes()))] {
            self.add_digits(&digits);
        }
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        let written = |form: fn(u8) -> String| bytes.iter().map(|byte| form(*byte)).collect::<String>();
        let forms: [fn(u8) -> String; 8] = [
            |byte| format!("{byte:02x}"),
            |byte| format!("x{byte:02x}"),
            |byte| format!("0x{byte:02x}"),
            |byte| format!("0x{byte:x}"),
            |byte| byte.to_string(),
            |byte| byte.cast_signed().unsigned_abs().to_string(),
            |byte| format!("{byte:03}"),
            |byte| format!("{byte:03o}"),
        ];
        forms.into_iter().for_each(|form| self.add_digits(&written(form)));
    }

    /// Adds `bytes` in base64, forwards and backwards.
    fn add_base64(&mut self, bytes: &[u8]) {
        // A text looks otherwise after one byte more, and after two; its first letters depend on others.
        for (before, cut) in [(0, 0), (1, 2), (2, 3)] {
            let bytes = [&[0; 2][..before], bytes].concat();
            for encoded in [BASE64_STANDARD.encode(&bytes), BASE64_URL_SAFE.encode(&bytes)] {
                let letters = squeezed(encoded.get(cut..).unwrap_or_default());
                // The last one does, too.
                let whole = letters.len().saturating_sub(1);
                let length = if self.is_whole { whole } else { PART_IN_BASE64.min(whole) };
                if length >= SHORTEST_IN_BASE64 {
                    self.add_parts(&letters, length);
                    self.add_parts(&letters.chars().rev().collect::<String>(), length);
                }
            }
        }
    }

    /// Adds `digits`, in which each byte has some.
    fn add_digits(&mut self, digits: &str) {
        if digits.len() >= SHORTEST_IN_DIGITS {
            let whole = digits.len();
            self.add_parts(digits, if self.is_whole { whole } else { PART_IN_DIGITS.min(whole) });
        }
    }

    fn add_parts(&mut self, letters: &str, length: usize) {
        let ends = ends(letters);
        let hashes = parts(letters, &ends, length).map(|part| self.state.hash_one(part.as_bytes()));
        self.parts.entry(length).or_default().extend(hashes);
    }

    /// Where `text` has parts of them, with the rest of the words in which they stand.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        if self.parts.is_empty() {
            return Vec::new();
        }
        let is_of_word = |letter: char| letter.is_alphanumeric() || "-_=".contains(letter);
        let mut places = Vec::new();
        for view in View::all(text) {
            let (letters, starts): (String, Vec<usize>) =
                letters(&view.text).filter(|(letter, _)| letter.is_alphanumeric()).unzip();
            let ends = ends(&letters);
            for (length, hashes) in &self.parts {
                let is_part =
                    |part: &str| hashes.contains(&self.state.hash_one(part.as_bytes())) && !is_contracts(part);
                let found: Vec<usize> = { parts(&letters, &ends, *length).enumerate() }
                    .filter(|(_, part)| is_part(part))
                    .map(|(first, _)| first)
                    .collect();
                // Between two parts of one secret, some letters may be others.
                for run in found.chunk_by(|one, next| next - one <= *length) {
                    let (first, last) = (starts[run[0]], starts[run[run.len() - 1] + length - 1]);
                    let end = last + view.text[last..].chars().next().map_or(0, char::len_utf8);
                    let place = view.place(first..end);
                    let start = text[..place.start].trim_end_matches(is_of_word).len();
                    places.push(start..text.len() - text[place.end..].trim_start_matches(is_of_word).len());
                }
            }
        }
        places
    }
}

/// Where the letters of `text` begin, and where the last one ends.
fn ends(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

/// All parts of `text` with `length` letters, which have these `ends`.
fn parts<'a>(text: &'a str, ends: &'a [usize], length: usize) -> impl Iterator<Item = &'a str> {
    ends.iter().zip(ends.iter().skip(length)).map(|(start, end)| &text[*start..*end])
}

/// The bytes of `text` in the charsets in which servers write.
fn in_charsets(text: &str) -> HashSet<Vec<u8>> {
    let (latin, _, is_lossy) = WINDOWS_1252.encode(text);
    let latin = (!is_lossy).then(|| latin.into_owned());
    let units = || text.encode_utf16();
    let of_units = [units().flat_map(u16::to_le_bytes).collect(), units().flat_map(u16::to_be_bytes).collect()];
    of_units.into_iter().chain([text.as_bytes().to_vec()]).chain(latin).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The letters of `text` without case and accents, and where each stands.
pub(super) fn letters(text: &str) -> impl Iterator<Item = (char, usize)> {
    let letters = text.char_indices().map(|(at, letter)| (folded(letter.encode_utf8(&mut [0; 4])), at));
    letters.flat_map(|(folded, at)| folded.chars().map(move |letter| (letter, at)).collect::<Vec<_>>())
}

/// The letters and digits of `text` alone, without case and accents.
pub(super) fn squeezed(text: &str) -> String {
    folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}
