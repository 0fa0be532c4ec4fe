//! How texts stand in one answer: so that they stay texts there, and in its charset.

use std::borrow::Cow;

use super::charset::Charset;
use super::escapes::{Entities, Escapes};

/// How texts are written into a body. What a request names is never more than a text there, whatever a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    escapes: Escapes,
    entities: Entities,
    /// JSON that is sent as a page: a `<` would begin an element.
    is_shown: bool,
    charset: Charset,
}

impl From<Escapes> for Writing {
    fn from(escapes: Escapes) -> Self {
        Self { escapes, entities: Entities::default(), is_shown: false, charset: Charset::UTF_8 }
    }
}

impl Writing {
    /// That of a `body` of `content_type`, in a dialect of `escapes` and `entities`.
    pub fn of((escapes, entities): (Escapes, Entities), content_type: &str, body: &str) -> Self {
        let kind = content_type.to_ascii_lowercase();
        let start = body.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        // Some write a line before it, so that no page can load it as a script.
        let is_json = start.starts_with(['{', '[', '"']) || kind.contains("json") && start.contains('"');
        // A body without a type is a page to a browser if it begins like one.
        let is_page = kind.contains("html") || kind.contains("xml") || kind.is_empty() && start.starts_with('<');
        let escapes = match escapes {
            Escapes::Html | Escapes::Nenhum if is_json && (is_page || kind.contains("json")) => Escapes::Json,
            _ if is_page && !is_json => Escapes::Html,
            _ if kind.starts_with("text/plain") && !is_json => Escapes::Nenhum,
            other => other,
        };
        Self { escapes, entities, is_shown: is_page && is_json, charset: Charset::UTF_8 }
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

    /// The same in `charset`.
    #[must_use]
    pub fn in_charset(self, charset: Charset) -> Self {
        Self { charset, ..self }
    }

    /// `body` with the letters that its charset has: others are escaped, or else question marks.
    pub fn within(self, body: &str) -> Cow<'_, str> {
        match self.charset.encode(body) {
            Some(_) => body.into(),
            None => body.chars().map(|letter| self.letter(letter)).collect(),
        }
    }

    fn letter(self, letter: char) -> String {
        let text = letter.to_string();
        match self.escapes {
            _ if self.charset.encode(&text).is_some() => text,
            Escapes::Html => format!("&#{};", u32::from(letter)),
            Escapes::Nenhum => "?".to_owned(),
            _ => Escapes::Ascii.written(&text),
        }
    }

    /// The bytes of `body`, which is within its charset.
    pub fn sent(self, body: &str) -> Vec<u8> {
        self.charset.encode(body).unwrap_or_default().into_owned()
    }
}

#[cfg(test)]
mod tests {
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
            (Escapes::Nenhum, "application/json", ")]}',\n{\"m\":\"", json),
            (Escapes::Nenhum, "Application/JSON", "{", json),
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
        let encoded = |escapes, text, label| {
            let writing = Writing::from(escapes).in_charset(Charset::named(label).unwrap());
            writing.sent(&writing.within(text))
        };
        assert_eq!(encoded(Escapes::Json, "é –", "windows-1252"), b"\xe9 \x96");
        assert_eq!(encoded(Escapes::Json, "é –", "ISO-8859-1"), b"\xe9 \\u2013");
        assert_eq!(encoded(Escapes::Json, "é", "us-ascii"), b"\\u00e9");
        assert_eq!(encoded(Escapes::Json, "é→", "windows-1252"), b"\xe9\\u2192");
        assert_eq!(encoded(Escapes::Html, "é→", "windows-1252"), b"\xe9&#8594;");
        assert_eq!(encoded(Escapes::Html, "é –", "latin1"), b"\xe9 &#8211;");
        assert_eq!(encoded(Escapes::Nenhum, "é→", "windows-1252"), b"\xe9?");
        assert_eq!(encoded(Escapes::Json, "é→", "UTF-8"), "é→".as_bytes());
    }
}
