//! A client that sends any bytes, and takes answers as they come.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

pub const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
/// Longer than any deadline of the server that a test without a deadline of its own may wait for.
pub const HANG: Duration = Duration::from_secs(35);

pub struct Client(BufReader<TcpStream>);

/// An answer as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Raw {
    pub status: u16,
    /// Status line and headers, without the empty line.
    pub head: String,
    pub body: String,
}

/// A request without its body, under `token` if there is one; each of `headers` has its line end.
pub fn head(line: &str, token: &str, headers: &str) -> String {
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    format!("{line} HTTP/1.1\r\nHost: x\r\n{authorization}{headers}\r\n")
}

/// A request with its body.
pub fn request(line: &str, token: &str, headers: &str, body: &str) -> String {
    head(line, token, &format!("{headers}Content-Length: {}\r\n", body.len())) + body
}

impl Client {
    pub async fn connect(address: impl ToSocketAddrs) -> Self {
        Self::try_connect(address).await.unwrap()
    }

    pub async fn try_connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::on(stream))
    }

    pub fn on(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref()).await
    }

    /// The next answer; `None` once the connection is closed.
    pub async fn answer(&mut self) -> Option<Raw> {
        whole(timeout(HANG, self.try_answer()).await)
    }

    /// The next answer when it has no body: to a HEAD.
    pub async fn head(&mut self) -> Option<Raw> {
        whole(timeout(HANG, self.try_head()).await)
    }

    /// All that comes until the connection is closed.
    pub async fn rest(&mut self) -> String {
        let mut rest = String::new();
        timeout(HANG, self.0.read_to_string(&mut rest)).await.expect("no end").unwrap();
        rest
    }

    /// Asks and takes the answer.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Raw {
        self.send(request).await.unwrap();
        self.answer().await.expect("an answer")
    }

    /// As `ask`, for a connection that may break.
    pub async fn try_ask(&mut self, request: impl AsRef<[u8]>) -> io::Result<Raw> {
        self.send(request).await?;
        self.try_answer().await
    }

    pub async fn try_answer(&mut self) -> io::Result<Raw> {
        let mut raw = self.try_head().await?;
        let mut body = vec![0; raw.header("content-length").map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.map_err(|_| io::ErrorKind::InvalidData)?;
        raw.body = String::from_utf8(body).unwrap();
        Ok(raw)
    }

    async fn try_head(&mut self) -> io::Result<Raw> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read_until(b'\n', &mut head).await {
                Ok(1..) => {}
                Err(error) if head.is_empty() => return Err(error),
                Ok(0) if head.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, String::from_utf8_lossy(&head))),
            }
        }
        let head = String::from_utf8(head).unwrap().trim_end().to_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Raw { status, head, body: String::new() })
    }
}

/// Checks that an answer was not broken off.
#[track_caller]
fn whole(answer: Result<io::Result<Raw>, Elapsed>) -> Option<Raw> {
    match answer.expect("neither an answer nor an end") {
        // A reset is an end too.
        Err(error) if error.kind() != io::ErrorKind::InvalidData => None,
        answer => Some(answer.expect("an answer that was broken off")),
    }
}

impl Raw {
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Checks what every answer has in common.
    #[track_caller]
    pub fn is_enveloped(&self) {
        assert!(self.body.starts_with("{\"message\":\"") && self.body.ends_with("\"}"), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert!(self.header("x-request-id").is_some_and(|id| id.len() >= 18), "{self:?}");
        assert!(self.header("date").is_some_and(|date| date.ends_with(" GMT")), "{self:?}");
        assert_eq!(self.header("www-authenticate"), (self.status == 401).then_some("Bearer"), "{self:?}");
    }

    /// Checks that it says nothing but its status, and that the connection ends.
    #[track_caller]
    pub fn is_bare(&self, status: u16) {
        assert_eq!((self.status, self.body.as_str()), (status, ""), "{self:?}");
        assert_eq!((self.header("connection"), self.header("content-length")), (Some("close"), Some("0")), "{self:?}");
    }

    /// Checks status and envelope to the byte.
    #[track_caller]
    pub fn is(&self, status: u16, message: &str) {
        assert_eq!(self.body, format!(r#"{{"message":"{message}"}}"#), "{self:?}");
        assert_eq!(self.status, status, "{self:?}");
        self.is_enveloped();
    }
}
