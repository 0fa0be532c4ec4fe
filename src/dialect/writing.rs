//! How texts stand in one answer: so that they stay texts there, and in its charset.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::escapes::{Entities, Escapes};

/// How texts are written into a body. What a request names is never more than a text there, whatever a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    escapes: Escapes,
    entities: Entities,
    /// JSON that is sent as a page: a `<` would begin an element.
    is_shown: bool,
}

impl From<Escapes> for Writing {
    fn from(escapes: Escapes) -> Self {
        Self { escapes, entities: Entities::default(), is_shown: false }
    }
}

impl Writing {
    /// That of a `body` of `content_type`, in a dialect of `escapes` and `entities`.
    pub fn of((escapes, entities): (Escapes, Entities), content_type: &str, body: &str) -> Self {
        let kind = content_type.to_ascii_lowercase();
        let start = body.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let is_json = start.starts_with(['{', '[', '"']);
        // A body without a type is a page to a browser if it begins like one.
        let is_page = kind.contains("html") || kind.contains("xml") || kind.is_empty() && start.starts_with('<');
        let escapes = match escapes {
            Escapes::Html | Escapes::Nenhum if is_json && (is_page || kind.contains("json")) => Escapes::Json,
            _ if is_page && !is_json => Escapes::Html,
            _ if kind.starts_with("text/plain") && !is_json => Escapes::Nenhum,
            other => other,
        };
        Self { escapes, entities, is_shown: is_page && is_json }
    }

    /// `text` as it stands in the body.
    pub fn written(self, text: &str) -> String {
        let written = match self.escapes {
            Escapes::Html => self.entities.written(text),
            other => other.written(text),
        };
        match self.is_shown {
            true => written.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
            false => written,
        }
    }

    /// `body` in `charset`: a letter that this has not is escaped, or else a question mark.
    pub fn encoded(self, body: &str, charset: &'static Encoding) -> Vec<u8> {
        let (bytes, _, is_lossy) = charset.encode(body);
        if !is_lossy {
            return bytes.into_owned();
        }
        let letter = |letter: char| {
            let mut buffer = [0; 4];
            let text: &str = letter.encode_utf8(&mut buffer);
            match charset.encode(text) {
                (bytes, _, false) => bytes.into_owned(),
                (reference, ..) if self.escapes == Escapes::Html => reference.into_owned(),
                _ if self.escapes == Escapes::Nenhum => b"?".to_vec(),
                _ => Escapes::Ascii.written(text).into_bytes(),
            }
        };
        body.chars().flat_map(letter).collect()
    }
}

/// The charset that `content_type` names, if it is known.
pub fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let of_parameter = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let label = value.trim().trim_matches('"');
        Encoding::for_label(label.as_bytes()).filter(|_| name.trim().eq_ignore_ascii_case("charset"))
    };
    content_type.split(';').skip(1).find_map(of_parameter)
}

/// `bytes` of a body of `content_type` as text, and the charset in which they are that, byte for byte. None where none is known
/// that could write them again.
pub fn decoded<'a>(content_type: &str, bytes: &'a [u8]) -> Option<(Cow<'a, str>, &'static Encoding)> {
    let named = charset_of(content_type).unwrap_or(UTF_8);
    if named.output_encoding() != named {
        return None;
    }
    // Some say UTF-8, or nothing, and send what their database holds.
    { [named, UTF_8, encoding_rs::WINDOWS_1252].into_iter() }.find_map(|charset| {
        let text = charset.decode_without_bom_handling_and_without_replacement(bytes)?;
        (charset.encode(&text).0 == bytes).then_some((text, charset))
    })
}

#[cfg(test)]
mod tests {
    use encoding_rs::{ISO_2022_JP, WINDOWS_1252};

    use super::*;

    const HOSTILE: &str = "x','y\":<b>&";

    #[test]
    fn what_a_request_names_stays_a_text() {
        let page = "x&#39;,&#39;y&quot;:&lt;b&gt;&amp;";
        let json = "x','y\\\":<b>&";
        for (escapes, content_type, body, written) in [
            (Escapes::Nenhum, "text/html; charset=utf-8", "<p>", page),
            (Escapes::Ascii, "text/html", "<p>", page),
            (Escapes::Nenhum, "Application/XML", "<p>", page),
            (Escapes::Nenhum, "", "\n<p>", page),
            (Escapes::Ascii, "text/plain", "ERRO: ", HOSTILE),
            (Escapes::Nenhum, "application/json", "{\"m\":", json),
            (Escapes::Html, "application/problem+json", " [", json),
            (Escapes::Json, "application/json", "{", json),
            (Escapes::Json, "text/html", "{", "x','y\\\":\\u003cb\\u003e\\u0026"),
            (Escapes::Nenhum, "text/html", "{", "x','y\\\":\\u003cb\\u003e\\u0026"),
        ] {
            let writing = Writing::of((escapes, Entities::default()), content_type, body);
            assert_eq!(writing.written(HOSTILE), written, "{content_type} {body}");
        }
        let entities = Entities { quote: "&#34;", apostrophe: "&#x27;" };
        let own = page.replace("&quot;", "&#34;").replace("&#39;", "&#x27;");
        assert_eq!(Writing::of((Escapes::Json, entities), "text/html", "<p>").written(HOSTILE), own);
    }

    #[test]
    fn a_body_has_the_bytes_of_its_charset() {
        let encoded = |escapes, text| Writing::from(escapes).encoded(text, WINDOWS_1252);
        assert_eq!(encoded(Escapes::Json, "é –"), b"\xe9 \x96");
        assert_eq!(encoded(Escapes::Json, "é→"), b"\xe9\\u2192");
        assert_eq!(encoded(Escapes::Html, "é→"), b"\xe9&#8594;");
        assert_eq!(encoded(Escapes::Nenhum, "é→"), b"\xe9?");
        assert_eq!(Writing::from(Escapes::Json).encoded("é→", UTF_8), "é→".as_bytes());
    }

    #[test]
    fn bytes_are_read_so_that_they_can_be_written_again() {
        for (content_type, bytes, text, charset) in [
            ("text/xml; charset=ISO-8859-1", &b"\xe9"[..], "é", WINDOWS_1252),
            ("text/xml; Charset=\"iso-8859-1\"", b"\xc3\xa9", "Ã©", WINDOWS_1252),
            ("text/html", "é".as_bytes(), "é", UTF_8),
            ("text/html; charset=utf-8", b"\xe9\x81", "é\u{81}", WINDOWS_1252),
            ("text/html; charset=klingon", b"a", "a", UTF_8),
            ("text/plain; charset=utf-8", "\u{feff}a".as_bytes(), "\u{feff}a", UTF_8),
        ] {
            assert_eq!(decoded(content_type, bytes), Some((text.into(), charset)), "{content_type}");
        }
        // Its escapes are not those that it was written with.
        let (text, charset) = decoded("text/plain; charset=iso-2022-jp", b"\x1b$B$\"\x1b(B").unwrap();
        assert_eq!((text.as_ref(), charset), ("あ", ISO_2022_JP));
        assert_eq!(decoded("text/plain; charset=utf-16le", b"a\0"), None);
    }
}
