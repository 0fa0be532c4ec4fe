//! The part of a text file that is looked at, in flat memory: bytes of UTF-8 or of an ASCII-like encoding, whose
//! lines are counted as they are left behind.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

const CHUNK: usize = 64 * 1024;

/// Looks at a file from its beginning to its end.
pub(super) struct Window<R> {
    reader: R,
    /// For UTF-16, of which the window shows UTF-8.
    decoder: Option<Decoder>,
    bytes: Vec<u8>,
    /// What was left behind already.
    start: usize,
    ended: bool,
    /// Ctrl-Z and NUL at the end of the file are nothing.
    padded: bool,
    /// The line on which the rest begins, from 1.
    line: u64,
    encoding: Option<&'static str>,
}

impl<R: Read> Window<R> {
    /// Opens the window on the first bytes, which tell UTF-16 and a byte order mark.
    pub fn open(reader: R) -> io::Result<Self> {
        let bytes = Vec::with_capacity(2 * CHUNK);
        let mut window =
            Self { reader, decoder: None, bytes, start: 0, ended: false, padded: false, line: 1, encoding: None };
        while window.rest().len() < 4 && window.fill()? {}
        let (encoding, mark) = match *window.rest() {
            [0xef, 0xbb, 0xbf, ..] => (UTF_8, 3),
            [0xff, 0xfe, ..] => (UTF_16LE, 2),
            [0xfe, 0xff, ..] => (UTF_16BE, 2),
            // Every form begins with a character of ASCII.
            [1..=255, 0, 1..=255, 0, ..] => (UTF_16LE, 0),
            [0, 1..=255, 0, 1..=255, ..] => (UTF_16BE, 0),
            _ => return Ok(window),
        };
        window.encoding = Some(encoding.name());
        window.start = mark;
        if encoding != UTF_8 {
            let raw = window.bytes.split_off(mark);
            window.decoder = Some(encoding.new_decoder_without_bom_handling());
            window.bytes.clear();
            window.start = 0;
            window.decode(&raw);
        }
        Ok(window)
    }

    /// The encoding that the first bytes tell.
    pub fn encoding(&self) -> Option<&'static str> {
        self.encoding
    }

    /// What was read and not yet left behind.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Whether nothing comes after [`Self::rest`].
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The line on which [`Self::rest`] begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Reads more of the file; false at its end.
    pub fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.bytes.drain(..std::mem::take(&mut self.start));
        let read = if self.decoder.is_some() {
            let mut raw = vec![0; CHUNK];
            let read = read_some(&mut self.reader, &mut raw)?;
            self.ended = read == 0;
            self.decode(&raw[..read]);
            read
        } else {
            let length = self.bytes.len();
            self.bytes.resize(length + CHUNK, 0);
            let read = read_some(&mut self.reader, &mut self.bytes[length..])?;
            self.bytes.truncate(length + read);
            self.ended = read == 0;
            read
        };
        self.trim();
        Ok(read > 0)
    }

    /// Takes the file for text: Ctrl-Z and NUL at its end, with which old programs end and fill files, are nothing.
    pub fn skip_padding(&mut self) {
        self.padded = true;
        self.trim();
    }

    fn trim(&mut self) {
        if self.padded && self.ended {
            let filled = self.rest().iter().rposition(|byte| !is_padding(*byte)).map_or(0, |last| last + 1);
            self.bytes.truncate(self.start + filled);
        }
    }

    /// Appends `raw` as UTF-8. What is malformed becomes a byte that UTF-8 has nowhere.
    fn decode(&mut self, mut raw: &[u8]) {
        let Some(decoder) = &mut self.decoder else { return };
        loop {
            let length = self.bytes.len();
            let most = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(4 * CHUNK);
            self.bytes.resize(length + most, 0);
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(raw, &mut self.bytes[length..], self.ended);
            self.bytes.truncate(length + written);
            raw = &raw[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.bytes.push(0xff),
            }
        }
    }

    /// Leaves the first `length` bytes of the rest behind.
    pub fn pass(&mut self, length: usize) {
        self.line += line_ends(&self.rest()[..length]);
        self.start += length;
    }

    /// Takes the rest of a file that is not decoded, if it fits into `max` bytes; `None` if it does not.
    pub fn take_all(&mut self, max: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = self.bytes.split_off(self.start);
        let room = max.saturating_sub(bytes.len()) as u64;
        self.reader.by_ref().take(room + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= max).then_some(bytes))
    }
}

/// NUL and Ctrl-Z.
pub(super) fn is_padding(byte: u8) -> bool {
    matches!(byte, 0 | 0x1a)
}

fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The first line of `text` without and with its end, which is LF, CRLF or CR; `None` where the end is not in sight.
/// The last line of a file may have none.
pub(super) fn first_line(text: &[u8], ended: bool) -> Option<(usize, usize)> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    match end {
        None => ended.then_some((text.len(), text.len())),
        Some(end) => line_end(text, end, ended).map(|after| (end, after)),
    }
}

/// Where the line end at `at` is over; `None` where an LF may still come.
pub(super) fn line_end(text: &[u8], at: usize, ended: bool) -> Option<usize> {
    match (text[at], text.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !ended => None,
        _ => Some(at + 1),
    }
}

fn line_ends(text: &[u8]) -> u64 {
    let ends = text.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn whole(file: &[u8]) -> (Option<&'static str>, Vec<u8>) {
        let mut window = Window::open(Slow(file)).unwrap();
        while window.fill().unwrap() {}
        (window.encoding(), window.rest().to_vec())
    }

    #[test]
    fn the_first_bytes_tell_the_encoding() {
        let units = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
        let text = "a;é😀\n";
        for (file, encoding) in [
            (text.as_bytes().to_vec(), None),
            (format!("\u{feff}{text}").into_bytes(), Some("UTF-8")),
            (units(&format!("\u{feff}{text}"), u16::to_le_bytes), Some("UTF-16LE")),
            (units(&format!("\u{feff}{text}"), u16::to_be_bytes), Some("UTF-16BE")),
            (units(text, u16::to_le_bytes), Some("UTF-16LE")),
            (units(text, u16::to_be_bytes), Some("UTF-16BE")),
        ] {
            assert_eq!(whole(&file), (encoding, text.as_bytes().to_vec()), "{file:?}");
        }
        assert_eq!(whole(b""), (None, vec![]));
        assert_eq!(whole(b"\xff\xfe"), (Some("UTF-16LE"), vec![]));
    }

    #[test]
    fn what_is_malformed_stays_malformed() {
        for file in [&b"\xff\xfea\0\0\xd8b\0"[..], b"\xff\xfea\0b\0c", b"\xff\xfea\0\0\xd8"] {
            let (_, text) = whole(file);
            assert!(text.starts_with(b"a") && text.contains(&0xff), "{text:?}");
        }
    }

    #[test]
    fn all_line_ends_count() {
        let mut window = Window::open(&b"a\nb\r\nc\rd"[..]).unwrap();
        window.fill().unwrap();
        let mut seen = Vec::new();
        while let Some((length, after)) = first_line(window.rest(), true).filter(|(_, after)| *after > 0) {
            seen.push((window.line(), window.rest()[..length].to_vec()));
            window.pass(after);
        }
        assert_eq!(seen, [(1, b"a".to_vec()), (2, b"b".to_vec()), (3, b"c".to_vec()), (4, b"d".to_vec())]);
        assert_eq!(first_line(b"a\r", false), None);
        assert_eq!(first_line(b"a\r", true), Some((1, 2)));
    }
}
