//! In what a body is written: what its headers declare, and how it becomes UTF-8 (ours), as servers in Java take it.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};
use hyper::body::Bytes;

use crate::http::answer::catalogue::ApiError;
use crate::http::memory::Memory;
use crate::json::JsonError;

/// The name that leaves open which byte comes first.
const UTF_16: &[u8] = b"utf-16";
/// Names that the web takes for windows-1252.
const ASCII: [&str; 3] = ["ascii", "us-ascii", "ansi_x3.4-1968"];
/// Content codings, and what is taken for one, that change nothing.
const PLAIN: [&str; 4] = ["identity", "none", "8bit", "binary"];
/// The most bytes of UTF-8 that one byte of another charset becomes.
const GROWTH: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Declared, or UTF-8, the default.
    Known(&'static Encoding),
    /// UTF-16 in whatever order its bytes are.
    Utf16,
}

impl Charset {
    /// What `headers` declare; an error for a charset that we do not know, and for a compressed body.
    pub fn declared(headers: &HeaderMap) -> Result<Self, ApiError> {
        let codings = headers.get_all(CONTENT_ENCODING).iter().flat_map(|list| list.as_bytes().split(|b| *b == b','));
        let plain = |coding: &[u8]| {
            let none = PLAIN.iter().any(|name| coding.eq_ignore_ascii_case(name.as_bytes()));
            // Some clients put the charset here.
            coding.is_empty() || none || known(coding).is_some()
        };
        if !codings.map(<[u8]>::trim_ascii).all(plain) {
            return Err(ApiError::ContentCoding);
        }
        match headers.get(CONTENT_TYPE).map(|value| charset(value.as_bytes())) {
            None | Some(b"") => Ok(Self::Known(UTF_8)),
            Some(name) if name.eq_ignore_ascii_case(UTF_16) => Ok(Self::Utf16),
            Some(name) => known(name).map(Self::Known).ok_or(ApiError::Charset),
        }
    }

    /// `body` in UTF-8, without a byte order mark. What was UTF-8 is not checked. Where it has to be decoded, and has
    /// more than `uncounted` bytes, it is held in `memory`.
    pub fn decode(self, body: Bytes, uncounted: usize, memory: &Memory) -> Result<Bytes, ApiError> {
        let (encoding, body) = self.resolve(body);
        if encoding == UTF_8 {
            // UTF-16 of ASCII is UTF-8 too, with a NUL beside each character. JSON does not begin so.
            return match body.iter().take(2).position(|byte| *byte == 0) {
                Some(index) => Err(ApiError::Body(JsonError::Utf8(index + 1))),
                None => Ok(body),
            };
        }
        let mut reservation = memory.reserve(0)?;
        let bound = body.len() * GROWTH;
        if body.len() > uncounted {
            reservation.grow(bound)?;
        }
        let text = encoding.decode_without_bom_handling_and_without_replacement(&body);
        let text = text.ok_or(ApiError::Body(JsonError::Charset(encoding.name())))?;
        Ok(reservation.hold(text.into_owned().into_bytes()))
    }

    /// The encoding of `body`, and what follows its byte order mark. A mark is right where the declaration is not, but
    /// UTF-16 has to be declared somehow.
    fn resolve(self, body: Bytes) -> (&'static Encoding, Bytes) {
        match (self, Encoding::for_bom(&body)) {
            (Self::Known(encoding), Some((marked, length))) if marked == UTF_8 || encoding != UTF_8 => {
                (marked, body.slice(length..))
            }
            (Self::Known(encoding), _) => (encoding, body),
            (Self::Utf16, Some((marked, length))) => (marked, body.slice(length..)),
            // JSON begins with a character of ASCII.
            (Self::Utf16, None) => (if body.first() == Some(&0) { UTF_16BE } else { UTF_16LE }, body),
        }
    }
}

/// The encoding of this name, as the web or Java knows it. `US-ASCII` is UTF-8: who sends more than ASCII under that
/// name sends UTF-8.
fn known(name: &[u8]) -> Option<&'static Encoding> {
    let name = std::str::from_utf8(name).ok()?.trim().to_ascii_lowercase();
    if ASCII.contains(&name.as_str()) {
        return Some(UTF_8);
    }
    let bare = name.replace(['-', '_'], "");
    let spellings = [
        name.clone(),
        name.replace('_', "-"),
        bare.clone(),
        bare.replacen("windows", "windows-", 1),
        format!("iso-{}", name.replace('_', "-")),
    ];
    let encoding = spellings.iter().find_map(|name| Encoding::for_label_no_replacement(name.as_bytes()))?;
    (encoding != X_USER_DEFINED).then_some(encoding)
}

/// The parameter `charset` of a content type, quoted or not; empty where there is none.
fn charset(content_type: &[u8]) -> &[u8] {
    let (mut quoted, mut escaped) = (false, false);
    let parameters = content_type.split(|byte| {
        let ends = *byte == b';' && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && quoted && !escaped;
        ends
    });
    let value = parameters.skip(1).find_map(|parameter| {
        let equals = parameter.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (parameter[..equals].trim_ascii(), parameter[equals + 1..].trim_ascii());
        name.eq_ignore_ascii_case(b"charset").then_some(value)
    });
    match value.unwrap_or_default() {
        [b'"', value @ .., b'"'] | [b'\'', value @ .., b'\''] => value.trim_ascii(),
        // What follows is another one's, such as of a second content type.
        value => value.split(|byte| b", ".contains(byte)).next().unwrap_or_default(),
    }
}
