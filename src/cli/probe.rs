//! `probe`: the health check of a container that has no other program.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::output::say;
use super::{CliError, Result};
use crate::printable::printable;

const DEADLINE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub struct Args {
    /// What to ask
    #[arg(long, default_value = "http://127.0.0.1:8080/health/ready", value_parser = parse_url)]
    url: Url,
}

pub async fn run(args: Args) -> Result {
    let status = timeout(DEADLINE, ask(&args.url))
        .await
        .map_err(|_| CliError::Failed(format!("{} did not answer in time", args.url)))?
        .map_err(|error| CliError::Failed(format!("{} can't be asked: {error}", args.url)))?;
    if status.contains(" 200 ") {
        say!("ready")?;
        Ok(())
    } else {
        Err(CliError::Failed(format!("not ready: {}", printable(&status))))
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("only http:// is spoken here".to_owned()) }
}

/// The status line of the answer.
async fn ask(url: &Url) -> std::io::Result<String> {
    let host = url.host_str().unwrap_or("127.0.0.1");
    let mut stream = TcpStream::connect((host, url.port_or_known_default().unwrap_or(80))).await?;
    let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}
