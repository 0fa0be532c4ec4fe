//! The heads of HTTP/1 messages, also of those that only lenient servers take.

const HEADERS_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Request,
    Response,
}

/// The first line of a message and its headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Of a request.
    pub method: String,
    pub target: String,
    /// Of a response.
    pub status: u16,
    /// The words after its status code.
    pub reason: String,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// The first header `name`, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// Whether it announces another answer to the same request.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

/// The length of the head at the beginning of `bytes` and what it says; none while it is not whole.
pub fn parse(side: Side, bytes: &[u8]) -> Result<Option<(usize, Head)>, httparse::Error> {
    strictly(side, bytes).or_else(|error| loosely(side, bytes).ok_or(error))
}

/// As the standard has it.
fn strictly(side: Side, bytes: &[u8]) -> Result<Option<(usize, Head)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let owned = |headers: &[httparse::Header<'_>]| {
        headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect()
    };
    match side {
        Side::Request => {
            let mut request = httparse::Request::new(&mut headers);
            let httparse::Status::Complete(length) = request.parse(bytes)? else { return Ok(None) };
            let method = request.method.unwrap_or_default().to_owned();
            let target = request.path.unwrap_or_default().to_owned();
            Ok(Some((length, Head { method, target, headers: owned(request.headers), ..Head::default() })))
        }
        Side::Response => {
            let mut response = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
            let status = response.code.unwrap_or_default();
            let reason = response.reason.unwrap_or_default().to_owned();
            Ok(Some((length, Head { status, reason, headers: owned(response.headers), ..Head::default() })))
        }
    }
}

/// As lenient servers have it: whatever bytes stand in names and values, headers that go on in the next line, more of them than
/// are usual. None for what doesn't look like HTTP.
fn loosely(side: Side, bytes: &[u8]) -> Option<Option<(usize, Head)>> {
    let is_line = |line: &[u8]| !line.trim_ascii().is_empty();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').skip_while(|line| !is_line(line));
    let first = lines.next()?;
    let mut words = first.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut head = Head::default();
    match side {
        Side::Request => {
            head.method = text(words.next().filter(|method| method.iter().all(u8::is_ascii_uppercase))?);
            head.target = words.next().map(text).unwrap_or_default();
        }
        Side::Response => {
            words.next().filter(|version| version.starts_with(b"HTTP/1."))?;
            head.status = words.next().and_then(|code| text(code).parse().ok()).unwrap_or_default();
            head.reason = words.map(text).collect::<Vec<_>>().join(" ");
        }
    }
    if !first.ends_with(b"\n") {
        return Some(None);
    }
    // A request of HTTP/0.9 has no headers, and no end.
    let is_versioned = side == Side::Response || first.windows(6).any(|part| part == b" HTTP/");
    if !is_versioned || side == Side::Response && head.status == 0 {
        return None;
    }
    for line in lines {
        if !line.ends_with(b"\n") {
            return Some(None);
        }
        if !is_line(line) {
            let length = line.as_ptr() as usize + line.len() - bytes.as_ptr() as usize;
            return Some(Some((length, head)));
        }
        let colon = line.iter().position(|byte| *byte == b':');
        match (head.headers.last_mut(), colon) {
            (Some((_, value)), _) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            (_, Some(colon)) => {
                head.headers.push((text(line[..colon].trim_ascii()), line[colon + 1..].trim_ascii().to_vec()));
            }
            (_, None) => {}
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_that_only_lenient_servers_take_are_read() {
        let folded = b"POST  /\xe9 HTTP/1.1\r\nX-N\xc3\xa9 : a\x01b\r\n c\r\nno colon\r\nContent-Length: 2\r\n\r\nhi";
        let (length, head) = parse(Side::Request, folded).unwrap().unwrap();
        assert_eq!((length, head.method.as_str(), head.target.as_str()), (folded.len() - 2, "POST", "/\u{fffd}"));
        let headers = [("X-N\u{e9}", "a\u{1}b c"), ("Content-Length", "2")];
        assert_eq!(head.headers, headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
        for length in 6..folded.len() - 2 {
            assert_eq!(parse(Side::Request, &folded[..length]), Ok(None), "{length}");
        }

        let many = format!("HTTP/1.1 200  Very Fine\n{}\n", "X: y\n".repeat(HEADERS_MAX + 1));
        let (length, head) = parse(Side::Response, many.as_bytes()).unwrap().unwrap();
        assert_eq!((length, head.status, head.reason.as_str()), (many.len(), 200, "Very Fine"));
        assert_eq!(head.headers.len(), HEADERS_MAX + 1);

        for none in ["\u{16}\u{3}\u{1}", "GET / \r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 \r\n\r\n"] {
            let side = if none.starts_with("GET") { Side::Request } else { Side::Response };
            assert!(parse(side, none.as_bytes()).is_err(), "{none:?}");
        }
    }
}
