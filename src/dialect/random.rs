//! Parts of an answer that are another one each time, such as the id of a request.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};

use uuid::{Builder, Uuid};

/// Longest of them.
const LENGTH_MAX: usize = 256;

/// Signs of which an id is made, the smaller sets first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    Digits,
    Hex,
    UpperHex,
    Base36,
    UpperBase36,
    Base62,
    Base64Url,
    Base64,
}

impl Alphabet {
    /// All of them, as a file calls them, with their signs.
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Digits, "digitos", "0123456789"),
        (Self::Hex, "hex", "0123456789abcdef"),
        (Self::UpperHex, "HEX", "0123456789ABCDEF"),
        (Self::Base36, "base36", "0123456789abcdefghijklmnopqrstuvwxyz"),
        (Self::UpperBase36, "BASE36", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        (Self::Base62, "base62", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
        (Self::Base64Url, "base64url", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"),
        (Self::Base64, "base64", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"),
    ];

    fn row(self) -> (&'static str, &'static str) {
        let row = Self::ALL.iter().find(|(alphabet, ..)| *alphabet == self);
        row.map(|(_, name, signs)| (*name, *signs)).expect("each has its row")
    }
}

/// The form of such a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Random {
    Uuid,
    UpperUuid,
    /// 26 signs of Crockford's alphabet, as `01ARZ3NDEKTSV4RRFFQ69G5FAV`.
    Ulid,
    /// The same in small letters.
    LowerUlid,
    /// Signs of an alphabet; how many at least and at most.
    Signs(Alphabet, usize, usize),
}

impl fmt::Display for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid => f.write_str("uuid"),
            Self::UpperUuid => f.write_str("UUID"),
            Self::Ulid => f.write_str("ULID"),
            Self::LowerUlid => f.write_str("ulid"),
            Self::Signs(alphabet, least, most) if least == most => write!(f, "{} {most}", alphabet.row().0),
            Self::Signs(alphabet, least, most) => write!(f, "{} {least}-{most}", alphabet.row().0),
        }
    }
}

impl Random {
    /// The form that a file calls `name`, such as `uuid`, `ULID`, `hex 32` or `digitos 1-6`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "uuid" => return Some(Self::Uuid),
            "UUID" => return Some(Self::UpperUuid),
            "ULID" => return Some(Self::Ulid),
            "ulid" => return Some(Self::LowerUlid),
            _ => {}
        }
        let (alphabet, length) = name.split_once(' ')?;
        let (alphabet, ..) = Alphabet::ALL.into_iter().find(|(_, own, _)| *own == alphabet)?;
        let (least, most) = length.split_once('-').unwrap_or((length, length));
        let (least, most) = (least.parse().ok()?, most.parse().ok()?);
        (1 <= least && least <= most && most <= LENGTH_MAX).then_some(Self::Signs(alphabet, least, most))
    }

    /// The form that all of `samples` have, if they have one.
    pub fn of(samples: &[&str]) -> Option<Self> {
        let is_uuid = |upper: bool| move |sample: &&str| is_uuid(sample, upper);
        if samples.iter().all(is_uuid(false)) {
            return Some(Self::Uuid);
        }
        if samples.iter().all(is_uuid(true)) {
            return Some(Self::UpperUuid);
        }
        if let Some(form) =
            [Self::Ulid, Self::LowerUlid].into_iter().find(|form| samples.iter().all(|sample| form.fits(sample)))
        {
            return Some(form);
        }
        if samples.iter().all(|sample| is_nano_id(sample)) {
            return Some(Self::Signs(Alphabet::Base64Url, NANO_ID, NANO_ID));
        }
        let least = samples.iter().map(|sample| sample.len()).min().filter(|least| *least > 0)?;
        let most = samples.iter().map(|sample| sample.len()).max().filter(|most| *most <= LENGTH_MAX)?;
        let has = |signs: &str| samples.iter().all(|sample| sample.chars().all(|sign| signs.contains(sign)));
        let (alphabet, ..) = Alphabet::ALL.into_iter().find(|(.., signs)| has(signs))?;
        Some(Self::Signs(alphabet, least, most))
    }

    /// The form that this and `other` have together.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let (Self::Signs(one, least, most), Self::Signs(two, other_least, other_most)) = (self, other) else {
            return self;
        };
        let has = |signs: &str| [one, two].iter().all(|own| own.row().1.chars().all(|sign| signs.contains(sign)));
        let alphabet =
            Alphabet::ALL.into_iter().find(|(.., signs)| has(signs)).map_or(Alphabet::Base64, |(own, ..)| own);
        Self::Signs(alphabet, least.min(other_least), most.max(other_most))
    }

    /// A new one, made of `id`: in one answer another one for each `place`.
    pub fn written(self, id: Uuid, place: usize) -> String {
        let number = |at: usize| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u128(id.as_u128());
            hasher.write_usize(place);
            hasher.write_usize(at);
            hasher.finish()
        };
        let uuid = || Builder::from_random_bytes((u128::from(number(0)) << 64 | u128::from(number(1))).to_be_bytes());
        match self {
            Self::Uuid => uuid().into_uuid().hyphenated().to_string(),
            Self::UpperUuid => uuid().into_uuid().hyphenated().to_string().to_uppercase(),
            // Of this century.
            Self::Ulid => {
                (0..ULID - 2).fold("01".to_owned(), |id, at| id + &CROCKFORD[(number(at) % 32) as usize..][..1])
            }
            Self::LowerUlid => Self::Ulid.written(id, place).to_lowercase(),
            Self::Signs(alphabet, _, most) => {
                let signs = alphabet.row().1.as_bytes();
                // A number begins with no 0.
                let first = |at: usize| u64::from(at == 0 && alphabet == Alphabet::Digits);
                let sign = |at| (number(at) % (signs.len() as u64 - first(at)) + first(at)) as usize;
                (0..most).map(|at| char::from(signs[sign(at)])).collect()
            }
        }
    }

    /// How many bytes each of them has, where that is the same for all and no escape changes it.
    pub(super) fn length(self) -> Option<usize> {
        match self {
            Self::Uuid | Self::UpperUuid => Some(36),
            Self::Ulid | Self::LowerUlid => Some(ULID),
            Self::Signs(alphabet, least, most) => (least == most && alphabet != Alphabet::Base64).then_some(most),
        }
    }

    pub(super) fn is_uuid(self) -> bool {
        matches!(self, Self::Uuid | Self::UpperUuid)
    }

    /// Whether `text` is one of them.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Uuid => is_uuid(text, false),
            Self::UpperUuid => is_uuid(text, true),
            Self::Ulid => is_ulid(text, CROCKFORD),
            Self::LowerUlid => is_ulid(text, &CROCKFORD.to_lowercase()),
            Self::Signs(alphabet, least, most) => {
                (least..=most).contains(&text.len()) && text.chars().all(|sign| alphabet.row().1.contains(sign))
            }
        }
    }
}

/// The alphabet of ULIDs, and how long these are.
const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID: usize = 26;
/// How long the ids of Nano ID are.
const NANO_ID: usize = 21;

/// Its time ends in the year 10889, so that it begins with no more than 7. Both letters and digits are in it.
fn is_ulid(text: &str, alphabet: &str) -> bool {
    text.len() == ULID
        && text.starts_with(|first: char| ('0'..='7').contains(&first))
        && text.contains(|sign: char| sign.is_ascii_alphabetic() && !"abcdefABCDEF".contains(sign))
        && text.chars().all(|sign| alphabet.contains(sign))
}

/// Whether `text` may be one of Nano ID: small letters, capitals and digits take turns in it as in no word.
pub fn is_nano_id(text: &str) -> bool {
    let kind = |sign: char| match sign {
        'a'..='z' => Some(0),
        'A'..='Z' => Some(1),
        '0'..='9' => Some(2),
        '-' | '_' => Some(3),
        _ => None,
    };
    let kinds: Option<Vec<u8>> = text.chars().map(kind).collect();
    let has_turns = |kinds: &Vec<u8>| kinds.windows(2).filter(|pair| pair[0] != pair[1]).count() >= NANO_ID / 3;
    text.len() == NANO_ID
        && kinds.is_some_and(|kinds| has_turns(&kinds) && [0, 1, 2].iter().all(|kind| kinds.contains(kind)))
}

fn is_uuid(text: &str, upper: bool) -> bool {
    let is_cased = text.bytes().all(|byte| if upper { !byte.is_ascii_lowercase() } else { !byte.is_ascii_uppercase() });
    text.len() == 36 && is_cased && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_a_name_and_makes_what_fits_it() {
        for name in
            ["uuid", "UUID", "ULID", "ulid", "digitos 6", "hex 32", "HEX 8", "base36 10", "BASE36 13", "base62 1-22"]
        {
            let form = Random::named(name).unwrap();
            assert_eq!(form.to_string(), name);
            let [first, second, other] =
                [(1, 0), (1, 1), (2, 0)].map(|(id, place)| form.written(Uuid::from_u128(id), place));
            for made in [&first, &second, &other] {
                assert!(form.fits(made), "{name}: {made}");
            }
            assert!(first != second && first != other, "{name}: {first}");
            assert_eq!(form.written(Uuid::from_u128(1), 0), first);
        }
        for name in ["hex", "hex 0", "hex 9-8", "hex 257", "uid", "hex -1", "base64url 2-"] {
            assert_eq!(Random::named(name), None, "{name}");
        }
    }

    #[test]
    fn the_form_of_samples_is_the_smallest() {
        for (samples, form) in [
            (["123", "45"], "digitos 2-3"),
            (["123", "4af"], "hex 3"),
            (["4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "00000000-0000-7000-8000-000000000001"], "uuid"),
            (["4BF92F35-77B3-4DA6-A3CE-929D0E0E4736", "00000000-0000-7000-8000-000000000001"], "UUID"),
            (["0HN7GLL5L6N3A", "0HN7GLL5L6N3B"], "BASE36 13"),
            (["0HN7", "a_b-"], "base64url 4"),
            (["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01KB5ZQ7M3X9V4RRFFQ69G5FAW"], "ULID"),
            (["01arz3ndektsv4rrffq69g5fav", "01kb5zq7m3x9v4rrffq69g5faw"], "ulid"),
            (["V1StGXR8_Z5jdHi6B-myT", "Uakgb_J5m9g-0JDMbcJqL"], "base64url 21"),
            (["1srOrx2ZWZBpBUvZwXKQmoEYga2", "2Xhb7ZRdmOYbnH1dSsXKyqeYxYt"], "base62 27"),
            (["0H+7", "abc/"], "base64 4"),
        ] {
            assert_eq!(Random::of(&samples).unwrap().to_string(), form);
            let [one, other] = samples.map(|sample| Random::of(&[sample]).unwrap());
            assert_eq!(one.joined(other).to_string(), form);
        }
        assert_eq!((Random::of(&["", "1"]), Random::of(&["é", "e"])), (None, None));
    }
}
