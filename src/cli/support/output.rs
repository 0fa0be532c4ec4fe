//! Lists for people and for programs.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::pin;
use std::thread;

use futures_util::stream::{Stream, StreamExt, TryChunksError, TryStreamExt};
use serde::Serialize;

use super::error::CliError;
use crate::domain::access::Permissao;
use crate::printable::{printable, printable_json, printable_lines};
use crate::store::StoreError;
use crate::telemetry;

/// How many rows of a long table are aligned together.
const ROWS_AT_ONCE: usize = 1000;

/// A new file at `path`, which only its owner reads.
pub fn create_private(path: &Path) -> Result<File, CliError> {
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    new.map_err(|error| {
        CliError::Failed(match error.kind() {
            ErrorKind::AlreadyExists => format!("{} exists already; name another file, or remove it", shown(path)),
            _ => format!("{} can't be created: {error}", shown(path)),
        })
    })
}

/// Prints `text` and a line end. What steers a terminal is spelled out, but lines end where `text` says so: what
/// has no lines of its own goes through [`printable`] before. Fails where `println!` would panic: when nobody reads any
/// more, as in `… | head`.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    write_printable(&printable_lines(&text.to_string()))
}

fn write_printable(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// As [`line()`], on standard error, where there may be nobody to read it.
pub fn complain(text: impl fmt::Display) {
    telemetry::write_line(printable_lines(&text.to_string()));
}

/// Prints `text` without waiting for its reader: a server has more to do.
pub fn announce(text: String) {
    thread::spawn(move || _ = line(text));
}

macro_rules! say {
    ($($argument:tt)+) => {
        $crate::cli::support::output::line(format_args!($($argument)+))
    };
}
pub(in crate::cli) use say;

/// Prints `rows` under `headers`, columns aligned.
pub fn table<const N: usize>(headers: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = Widths::new(headers);
    widths.widen(rows);
    widths.print(headers)?;
    rows.iter().try_for_each(|row| widths.print(row.each_ref().map(String::as_str)))
}

/// As [`table`], for rows of which there may be millions: the columns are as wide as what came so far needs.
pub async fn table_stream<const N: usize>(
    headers: [&str; N],
    rows: impl Stream<Item = Result<[String; N], StoreError>>,
) -> Result<(), CliError> {
    let mut pieces = pin!(rows.try_chunks(ROWS_AT_ONCE));
    let mut widths = Widths::new(headers);
    let mut is_headed = false;
    loop {
        let (piece, failure) = match pieces.next().await {
            Some(Ok(piece)) => (piece, None),
            // What came before the failure is shown, too.
            Some(Err(TryChunksError(piece, failure))) => (piece, Some(failure)),
            None if is_headed => return Ok(()),
            None => (Vec::new(), None),
        };
        widths.widen(&piece);
        if !is_headed {
            widths.print(headers)?;
            is_headed = true;
        }
        for row in &piece {
            widths.print(row.each_ref().map(String::as_str))?;
        }
        if let Some(failure) = failure {
            return Err(failure.into());
        }
    }
}

struct Widths<const N: usize>([usize; N]);

impl<const N: usize> Widths<N> {
    fn new(headers: [&str; N]) -> Self {
        Self(headers.map(|header| header.chars().count()))
    }

    fn widen(&mut self, rows: &[[String; N]]) {
        for row in rows {
            for (width, cell) in self.0.iter_mut().zip(row) {
                *width = (*width).max(printable(cell).chars().count());
            }
        }
    }

    fn print(&self, cells: [&str; N]) -> io::Result<()> {
        let padded = cells.iter().zip(self.0).map(|(cell, width)| {
            let cell = printable(cell);
            // `{:width$}` panics where a width is no u16.
            let missing = width - cell.chars().count().min(width);
            format!("{cell}{}", " ".repeat(missing))
        });
        line(padded.collect::<Vec<_>>().join("  ").trim_end())
    }
}

pub fn json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).expect("lists and records have text keys");
    write_printable(&printable_json('\n', &text))
}

/// Prints TOML whose texts are in double quotes.
pub fn toml(text: &str) -> io::Result<()> {
    // The escapes of JSON that this makes are those of TOML.
    write_printable(printable_json('\n', text).trim_end())
}

/// Prints `values` as a JSON array, one a line: there may be millions. After a failure the array has no end.
pub async fn json_stream(values: impl Stream<Item = Result<impl Serialize, StoreError>>) -> Result<(), CliError> {
    let mut values = pin!(values);
    let mut before = "[\n  ";
    while let Some(value) = values.try_next().await? {
        let text = serde_json::to_string(&value).expect("records have text keys");
        write!(io::stdout().lock(), "{before}{}", printable_json('\n', &text))?;
        before = ",\n  ";
    }
    write_printable(if before.starts_with('[') { "[]" } else { "\n]" })?;
    Ok(())
}

pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// Prints for each of `permissoes` the sentence that `sentence` makes of it and its outcome.
pub fn say_each<T>(
    permissoes: &[Permissao],
    outcomes: Vec<T>,
    sentence: impl Fn(Permissao, T) -> String,
) -> io::Result<()> {
    permissoes.iter().zip(outcomes).try_for_each(|(permissao, outcome)| line(sentence(*permissao, outcome)))
}

pub fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

pub fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// How the program that runs is called in a shell, in whichever directory.
pub fn this_program() -> String {
    let path = std::env::current_exe().ok();
    path.map_or_else(|| "citrus-status".to_owned(), |path| quoted(&path.display().to_string()))
}

/// `text` as bash takes it. What steers a terminal is spelled out in bytes, whatever the shell's encoding.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/:._-".contains(c);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    if printable(text) == text {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let spelled = |c: char| {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes);
        let steers = printable(bytes) != *bytes;
        if steers {
            bytes.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
        } else if "\\'".contains(c) {
            format!("\\{c}")
        } else {
            c.to_string()
        }
    };
    format!("$'{}'", text.chars().map(spelled).collect::<String>())
}
