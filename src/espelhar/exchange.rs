//! A request and its answer, as they passed.

use std::io::Read;
use std::time::Duration;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use time::OffsetDateTime;

use super::head::Head;
use crate::dialect::encoding_of;

/// Most bytes of a body that are kept.
pub const BODY_MAX: usize = 64 * 1024;

/// The beginning of a body.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    bytes: Vec<u8>,
    /// How long all of it is.
    pub length: u64,
}

impl Capture {
    pub fn add(&mut self, content: &[u8]) {
        self.length += content.len() as u64;
        let room = BODY_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&content[..content.len().min(room)]);
    }

    /// What is kept of it, as it came; none if there is none.
    pub fn beginning(&self) -> Option<&[u8]> {
        (!self.bytes.is_empty()).then_some(&self.bytes[..])
    }

    /// How many bytes of it are kept.
    pub fn kept(&self) -> usize {
        self.bytes.len()
    }

    /// All of it, as it came; none if it was cut.
    pub fn whole(&self) -> Option<&[u8]> {
        (self.length == self.bytes.len() as u64).then_some(&self.bytes[..])
    }

    /// Its bytes, decompressed as `coding` says. None where it was cut, or can't be read.
    fn decompressed(&self, coding: Option<&str>) -> Option<Vec<u8>> {
        let bytes = self.whole()?;
        match coding.map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "identity") => Some(bytes.to_vec()),
            Some("gzip" | "x-gzip") => read(GzDecoder::new(bytes)),
            // Some send it bare.
            Some("deflate") => read(ZlibDecoder::new(bytes)).or_else(|| read(DeflateDecoder::new(bytes))),
            Some(_) => None,
        }
    }

    /// Its text, as the `head` before it says. None where it was cut, or can't be read.
    fn text(&self, head: &Head) -> Option<String> {
        let bytes = self.decompressed(head.header("content-encoding"))?;
        let marked = Encoding::for_bom(&bytes).map(|(charset, _)| charset);
        let named = marked.unwrap_or_else(|| encoding_of(head.header("content-type").unwrap_or_default()));
        // The first letter shows the order of the bytes.
        let charset = if named == UTF_16LE && bytes.first() == Some(&0) { UTF_16BE } else { named };
        let (text, is_lossy) = charset.decode_without_bom_handling(&bytes);
        (!is_lossy).then(|| text.into_owned())
    }
}

/// All that `from` gives, if that is no more than is kept of a body.
fn read(from: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(BODY_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= BODY_MAX).then_some(bytes)
}

#[derive(Clone, Debug)]
pub struct Request {
    pub at: OffsetDateTime,
    pub head: Head,
    pub body: Capture,
}

/// It has secrets: deliberately without a way to disk but through [`super::redact`].
#[derive(Clone, Debug)]
pub struct Exchange {
    pub request: Request,
    pub answer: Head,
    pub body: Capture,
    /// From the head of the request to the end of the answer.
    pub took: Duration,
}

impl Exchange {
    /// Whether the body of the request may have said anything: it was cut, or is compressed in a way that can't be undone.
    pub fn is_unread(&self) -> bool {
        let body = &self.request.body;
        let coding = self.request.head.header("content-encoding").unwrap_or("identity");
        let is_coded = !["", "identity"].contains(&coding.to_ascii_lowercase().as_str());
        body.length > body.kept() as u64 || body.length > 0 && is_coded && self.request_text().is_none()
    }

    pub fn request_text(&self) -> Option<String> {
        // A mark before it is none of its letters.
        let text = self.request.body.text(&self.request.head)?;
        Some(text.trim_start_matches('\u{feff}').to_owned())
    }

    pub fn answer_text(&self) -> Option<String> {
        self.body.text(&self.answer)
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.request.head.target.split('?').next().unwrap_or_default()
    }
}
