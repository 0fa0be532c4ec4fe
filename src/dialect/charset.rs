//! Charsets of bodies.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_874, WINDOWS_1252, WINDOWS_1254};

/// A charset in which bodies are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset {
    pub name: &'static str,
    encoding: &'static Encoding,
    /// Its encoding has more letters than it: those whose byte is from 0x80 up to this one.
    lacks_up_to: u8,
}

impl From<&'static Encoding> for Charset {
    fn from(encoding: &'static Encoding) -> Self {
        Self { name: encoding.name(), encoding, lacks_up_to: 0 }
    }
}

impl Charset {
    pub const UTF_8: Self = Self { name: "UTF-8", encoding: UTF_8, lacks_up_to: 0 };

    /// The one that `label` names, if we can write in it. ISO-8859-1 has no letters in 0x80 to 0x9F: browsers read it as
    /// windows-1252, other clients do not.
    pub fn named(label: &str) -> Option<Self> {
        let encoding = Encoding::for_label(label.as_bytes()).filter(|known| known.output_encoding() == *known)?;
        let label = label.trim().to_ascii_lowercase();
        let (name, lacks_up_to) = match encoding {
            _ if label.starts_with("windows") || label.contains("cp1") => return Some(encoding.into()),
            _ if label.contains("ascii") || label.starts_with("ansi") => ("US-ASCII", 0xff),
            encoding if encoding == WINDOWS_1252 => ("ISO-8859-1", 0x9f),
            encoding if encoding == WINDOWS_1254 => ("ISO-8859-9", 0x9f),
            encoding if encoding == WINDOWS_874 => ("ISO-8859-11", 0x9f),
            encoding => return Some(encoding.into()),
        };
        Some(Self { name, encoding, lacks_up_to })
    }

    /// `text` in it, if it has all letters.
    pub fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        let (bytes, _, is_lossy) = self.encoding.encode(text);
        let lacks = |byte: &u8| (0x80..=self.lacks_up_to).contains(byte);
        (!is_lossy && !bytes.iter().any(lacks)).then_some(bytes)
    }

    /// Whether it writes `text` as `encoding` does.
    pub fn writes_as(self, encoding: &'static Encoding, text: &str) -> bool {
        self.encode(text).is_some_and(|bytes| bytes == encoding.encode(text).0)
    }
}

/// The label in `content_type`, such as `utf-8`.
pub fn label_in(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        Some(value.trim().trim_matches('"')).filter(|_| name.trim().eq_ignore_ascii_case("charset"))
    })
}

/// The charset that `content_type` names; UTF-8 without a word about it. None for a name that is not known, and for a charset in
/// which we can't write.
pub fn charset_of(content_type: &str) -> Option<Charset> {
    label_in(content_type).map_or(Some(Charset::UTF_8), Charset::named)
}

/// The encoding that `content_type` names, as browsers read it; UTF-8 where it names none that is known.
pub fn encoding_of(content_type: &str) -> &'static Encoding {
    label_in(content_type).and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8)
}

/// `bytes` of a body of `content_type` as text, and the encoding in which they are that, byte for byte. None where none is known
/// that could write them again.
pub fn decoded<'a>(content_type: &str, bytes: &'a [u8]) -> Option<(Cow<'a, str>, &'static Encoding)> {
    let named = encoding_of(content_type);
    if named.output_encoding() != named {
        return None;
    }
    // Some say UTF-8, or nothing, and send what their database holds.
    { [named, UTF_8, WINDOWS_1252].into_iter() }.find_map(|encoding| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
        (encoding.encode(&text).0 == bytes).then_some((text, encoding))
    })
}

#[cfg(test)]
mod tests {
    use encoding_rs::ISO_2022_JP;

    use super::*;

    #[test]
    fn bytes_are_read_so_that_they_can_be_written_again() {
        for (content_type, bytes, text, encoding) in [
            ("text/xml; charset=ISO-8859-1", &b"\xe9"[..], "é", WINDOWS_1252),
            ("text/xml; Charset=\"iso-8859-1\"", b"\xc3\xa9", "Ã©", WINDOWS_1252),
            ("text/html", "é".as_bytes(), "é", UTF_8),
            ("text/html; charset=utf-8", b"\xe9\x81", "é\u{81}", WINDOWS_1252),
            ("text/html; charset=klingon", b"a", "a", UTF_8),
            ("text/plain; charset=utf-8", "\u{feff}a".as_bytes(), "\u{feff}a", UTF_8),
        ] {
            assert_eq!(decoded(content_type, bytes), Some((text.into(), encoding)), "{content_type}");
        }
        // Its escapes are not those that it was written with.
        let (text, encoding) = decoded("text/plain; charset=iso-2022-jp", b"\x1b$B$\"\x1b(B").unwrap();
        assert_eq!((text.as_ref(), encoding), ("あ", ISO_2022_JP));
        assert_eq!(decoded("text/plain; charset=utf-16le", b"a\0"), None);
    }

    #[test]
    fn a_charset_has_its_own_letters_and_no_more() {
        let encoded = |label: &str, text| Charset::named(label).unwrap().encode(text).map(Cow::into_owned);
        for (label, letter, bytes) in [
            ("windows-1252", "–", Some(&b"\x96"[..])),
            ("CP1252", "€", Some(b"\x80")),
            ("ISO-8859-1", "–", None),
            ("latin1", "€", None),
            ("ISO-8859-1", "é", Some(b"\xe9")),
            ("us-ascii", "é", None),
            ("ANSI_X3.4-1968", "a", Some(b"a")),
            ("ISO-8859-9", "–", None),
            ("ISO-8859-9", "ş", Some(b"\xfe")),
            ("ISO-8859-15", "€", Some(b"\xa4")),
            ("Shift_JIS", "あ", Some(b"\x82\xa0")),
            ("utf8", "–", Some("–".as_bytes())),
        ] {
            assert_eq!(encoded(label, letter), bytes.map(<[u8]>::to_vec), "{label} {letter}");
        }
        for label in ["klingon", "UTF-16", "ISO8859_1", ""] {
            assert_eq!(Charset::named(label), None, "{label}");
        }
    }
}
