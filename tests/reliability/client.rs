//! A lean HTTP client: one connection, bytes in, bytes out.

use std::io;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::checker::visivel;

/// The names of the statuses, in the order of their codes, from 1.
const STATUSES: [&str; 5] = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"];

/// A connection that is kept alive.
pub struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: bool,
    /// Marked as the answer to an earlier request.
    pub replayed: bool,
    pub body: String,
}

impl Client {
    pub async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request).await?;
        self.answer().await
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Reads an answer.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = Answer { status: 0, retry_after: false, replayed: false, body: String::new() };
        let mut length = 0;
        loop {
            let line = self.line().await?;
            let (name, value) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match name.to_ascii_lowercase().as_str() {
                "" => break,
                "http/1.1" => answer.status = value.split(' ').next().unwrap_or_default().parse().unwrap(),
                "content-length" => length = value.trim().parse().unwrap(),
                "retry-after" => answer.retry_after = true,
                "idempotency-replayed" => answer.replayed = true,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Waits until the other side ends the connection.
    pub async fn end(mut self) -> io::Result<()> {
        self.0.read_to_end(&mut Vec::new()).await.map(drop)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

/// A GET.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

/// A GET under `token`.
pub fn get_as(token: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// A login with the demo's senha: head and body.
pub fn login(login: &str) -> (Vec<u8>, Vec<u8>) {
    post("/api/usuario/login", "", json!({"login": login, "senha": "1234"}).to_string())
}

/// A change that carries `mark`: head and body. `extra` is one more line of the head, or nothing.
pub fn change(token: &str, protocolo: u64, para: i64, mark: u64, extra: &str) -> (Vec<u8>, Vec<u8>) {
    let body = json!({
        "protocolo": protocolo,
        "status": STATUSES[para as usize - 1],
        "motivoStatus": "Duplicado",
        "comentario": mark.to_string(),
        "visivelCliente": visivel(mark),
    });
    post("/api/atendimentos/status", &format!("Authorization: Bearer {token}\r\n{extra}"), body.to_string())
}

fn post(path: &str, headers: &str, body: String) -> (Vec<u8>, Vec<u8>) {
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    (head.into_bytes(), body.into_bytes())
}
