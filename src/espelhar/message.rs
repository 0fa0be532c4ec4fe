//! HTTP/1 messages as they pass by: where heads end and bodies end, without a byte changed or kept back that the
//! other side waits for. What is no HTTP is passed on as it is.

use super::head::{self, Head, Side};

/// Most bytes of a head. Beyond, the connection is passed on unread.
const HEAD_MAX: usize = 64 * 1024;

/// A part of the bytes that pass.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole head: its bytes, and what they say.
    Head(&'a [u8], Head),
    /// Bytes of a body, and what of them is its content.
    Body { wire: &'a [u8], content: &'a [u8] },
    /// The message is over.
    End,
    /// Bytes that are no HTTP, or of another protocol.
    Opaque(&'a [u8]),
}

/// Follows the messages of one side of a connection.
#[derive(Debug)]
pub struct Messages {
    side: Side,
    state: State,
    head: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    Length(u64),
    Chunked(Chunk),
    UntilClose,
    Opaque,
}

/// Where in a chunked body the next byte belongs.
#[derive(Debug)]
enum Chunk {
    /// In the line of a size, which was this so far.
    Size { size: u64, digits: u8, in_extension: bool },
    /// In a chunk of which this is left, with the line end after it.
    Data(u64),
    /// In the trailer, at so many bytes of a line.
    Trailer(u32),
}

const NEXT_CHUNK: Chunk = Chunk::Size { size: 0, digits: 0, in_extension: false };

impl Messages {
    pub fn of(side: Side) -> Self {
        Self { side, state: State::Head, head: Vec::new() }
    }

    /// Takes `input` apart. `is_bodiless` tells whether the response that begins has no body, as it answers HEAD.
    pub fn feed(&mut self, mut input: &[u8], is_bodiless: impl Fn() -> bool, mut take: impl FnMut(Piece<'_>)) {
        while !input.is_empty() {
            match &mut self.state {
                State::Head => {
                    let before = self.head.len();
                    self.head.extend_from_slice(input);
                    match head::parse(self.side, &self.head) {
                        Ok(None) if self.head.len() <= HEAD_MAX => return,
                        Ok(Some((length, head))) => {
                            input = &input[length - before..];
                            self.head.truncate(length);
                            self.state = framing(self.side, &head, &is_bodiless);
                            let is_over = matches!(self.state, State::Head);
                            take(Piece::Head(&self.head, head));
                            self.head.clear();
                            if is_over {
                                take(Piece::End);
                            }
                        }
                        _ => {
                            take(Piece::Opaque(&self.head));
                            self.head = Vec::new();
                            self.state = State::Opaque;
                            return;
                        }
                    }
                }
                State::Length(left) => {
                    let now = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    *left -= now as u64;
                    let is_over = *left == 0;
                    take(Piece::Body { wire: &input[..now], content: &input[..now] });
                    input = &input[now..];
                    if is_over {
                        self.state = State::Head;
                        take(Piece::End);
                    }
                }
                State::Chunked(chunk) => match chunk.advance(input) {
                    Some((used, content, is_over)) => {
                        take(Piece::Body { wire: &input[..used], content });
                        input = &input[used..];
                        if is_over {
                            self.state = State::Head;
                            take(Piece::End);
                        }
                    }
                    None => self.state = State::Opaque,
                },
                State::UntilClose => {
                    take(Piece::Body { wire: input, content: input });
                    return;
                }
                State::Opaque => {
                    take(Piece::Opaque(input));
                    return;
                }
            }
        }
    }

    /// The side has closed: a body without a length is over, and a head that was begun is passed on.
    pub fn close(&mut self, mut take: impl FnMut(Piece<'_>)) {
        if !self.head.is_empty() {
            take(Piece::Opaque(&self.head));
            self.head.clear();
        }
        if matches!(self.state, State::UntilClose) {
            take(Piece::End);
        }
        self.state = State::Opaque;
    }
}

impl Chunk {
    /// What of `input` is used up, the content in it, and whether the body is over. None where it is malformed.
    fn advance<'a>(&mut self, input: &'a [u8]) -> Option<(usize, &'a [u8], bool)> {
        match self {
            Self::Data(left) => {
                let now = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                let content = now.min(usize::try_from(left.saturating_sub(2)).unwrap_or(usize::MAX));
                *left -= now as u64;
                if *left == 0 {
                    *self = NEXT_CHUNK;
                }
                Some((now, &input[..content], false))
            }
            Self::Size { size, digits, in_extension } => {
                match input[0] {
                    b'\n' if *digits == 0 => return None,
                    b'\n' if *size == 0 => *self = Self::Trailer(0),
                    b'\n' => *self = Self::Data(size.checked_add(2)?),
                    b'\r' | b' ' | b'\t' => {}
                    _ if *in_extension => {}
                    b';' => *in_extension = true,
                    digit => {
                        let value = char::from(digit).to_digit(16)?;
                        *size = size.checked_mul(16)?.checked_add(value.into())?;
                        *digits = digits.checked_add(1)?;
                    }
                }
                Some((1, &[], false))
            }
            Self::Trailer(length) => {
                let is_over = input[0] == b'\n' && *length == 0;
                match input[0] {
                    b'\r' => {}
                    b'\n' => *length = 0,
                    _ => *length = length.checked_add(1)?,
                }
                Some((1, &[], is_over))
            }
        }
    }
}

/// How the body after `head` ends (RFC 9112, 6.3).
fn framing(side: Side, head: &Head, is_bodiless: &impl Fn() -> bool) -> State {
    if side == Side::Response {
        if head.status == 101 {
            return State::Opaque;
        }
        if head.is_interim() || matches!(head.status, 204 | 304) || is_bodiless() {
            return State::Head;
        }
    }
    let is_chunked =
        head.header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked"));
    match head.header("content-length").map(str::parse::<u64>) {
        _ if is_chunked => State::Chunked(NEXT_CHUNK),
        Some(Ok(0)) => State::Head,
        Some(Ok(length)) => State::Length(length),
        Some(Err(_)) => State::Opaque,
        None if side == Side::Response => State::UntilClose,
        None => State::Head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of `bytes`, in pieces of `size`: all bytes that pass, and the content of each message.
    fn followed(side: Side, bytes: &[u8], size: usize) -> (Vec<u8>, Vec<String>, usize) {
        let mut messages = Messages::of(side);
        let (mut wire, mut contents, mut ends) = (Vec::new(), Vec::new(), 0);
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Head(bytes, _) => {
                wire.extend_from_slice(bytes);
                contents.push(String::new());
            }
            Piece::Body { wire: bytes, content } => {
                wire.extend_from_slice(bytes);
                contents.last_mut().unwrap().push_str(&String::from_utf8_lossy(content));
            }
            Piece::End => ends += 1,
            Piece::Opaque(bytes) => wire.extend_from_slice(bytes),
        };
        bytes.chunks(size).for_each(|chunk| messages.feed(chunk, || false, &mut take));
        messages.close(&mut take);
        (wire, contents, ends)
    }

    #[test]
    fn every_byte_passes_however_it_arrives() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=\"1\"\r\nab\r\nc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
        let then = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nabcHTTP/1.0 200 OK\r\n\r\nrest";
        let bytes = [chunked, then].concat();
        for size in 1..=bytes.len() {
            let (wire, contents, ends) = followed(Side::Response, bytes.as_bytes(), size);
            assert_eq!(wire, bytes.as_bytes(), "{size}");
            assert_eq!((contents.join("|"), ends), ("ab\r\nc0123456789||abc|rest".to_owned(), 4), "{size}");
        }
        let asked = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\nHost: y\n\nHEAD / HTTP/1.1\r\n\r\n";
        for size in 1..=asked.len() {
            let (wire, contents, ends) = followed(Side::Request, asked.as_bytes(), size);
            assert_eq!((wire, contents.join("|"), ends), (asked.as_bytes().to_vec(), "hi||".to_owned(), 3), "{size}");
        }
    }

    #[test]
    fn what_is_no_http_passes_as_it_is() {
        let long = ["GET / HTTP/1.1\r\nA: ".to_owned(), "x".repeat(HEAD_MAX)].concat();
        for bytes in
            ["\u{16}\u{3}\u{1} tls", "GET / \r\n\r\nmore", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nab", &long]
        {
            assert_eq!(followed(Side::Request, bytes.as_bytes(), 7).0, bytes.as_bytes());
        }
        let bad = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc";
        assert_eq!(followed(Side::Response, bad.as_bytes(), 9).0, bad.as_bytes());
        let other = "HTTP/1.1 101 Switching Protocols\r\n\r\n\0\u{1}anything";
        assert_eq!(followed(Side::Response, other.as_bytes(), 3).0, other.as_bytes());
    }
}
