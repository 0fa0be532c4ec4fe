//! A client that sends any bytes, and takes answers as they come.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any deadline of the server that a test without a deadline of its own may wait for.
pub const HANG: Duration = Duration::from_secs(35);

pub struct Client(BufReader<TcpStream>);

/// An answer as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    pub status: u16,
    /// Status line and headers, without the empty line.
    pub head: String,
    pub body: String,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::on(TcpStream::connect(address).await.unwrap())
    }

    pub fn on(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref()).await
    }

    /// The next answer; `None` once the connection is closed.
    pub async fn answer(&mut self) -> Option<Raw> {
        timeout(HANG, self.read()).await.expect("neither an answer nor an end")
    }

    /// The next answer when it has no body: to a HEAD.
    pub async fn head(&mut self) -> Option<Raw> {
        timeout(HANG, self.read_head()).await.expect("neither an answer nor an end")
    }

    /// Asks and takes the head of the answer.
    pub async fn head_of(&mut self, request: impl AsRef<[u8]>) -> Raw {
        self.send(request).await.unwrap();
        self.head().await.expect("an answer")
    }

    /// Asks and takes the answer.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Raw {
        self.send(request).await.unwrap();
        self.answer().await.expect("an answer")
    }

    async fn read(&mut self) -> Option<Raw> {
        let mut raw = self.read_head().await?;
        let mut body = vec![0; raw.header("content-length").map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.unwrap();
        raw.body = String::from_utf8(body).unwrap();
        Some(raw)
    }

    async fn read_head(&mut self) -> Option<Raw> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            // A reset is an end too.
            if self.0.read_until(b'\n', &mut head).await.unwrap_or(0) == 0 {
                assert_eq!(String::from_utf8_lossy(&head), "", "an answer that was broken off");
                return None;
            }
        }
        let head = String::from_utf8(head).unwrap().trim_end().to_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Raw { status, head, body: String::new() })
    }
}

impl Raw {
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
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
