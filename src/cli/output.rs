//! Lists for people and for programs.

use std::fmt;
use std::io::{self, Write};
use std::thread;

use serde::Serialize;

use crate::printable::{printable, printable_but, printable_json};
use crate::telemetry;

/// Prints `text` and a line end. What steers a terminal is spelled out, but lines end where `text` says so: what
/// has no lines of its own goes through [`printable`] before. Fails where `println!` would panic: when nobody reads any more, as in `… | head`.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    write_printable(&printable_but('\n', &text.to_string()))
}

fn write_printable(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// As [`line`], on standard error, where there may be nobody to read it.
pub fn complain(text: impl fmt::Display) {
    telemetry::write_line(printable_but('\n', &text.to_string()));
}

/// Prints `text` without waiting for its reader: a server has more to do.
pub fn announce(text: String) {
    thread::spawn(move || _ = line(text));
}

/// [`line`] with the arguments of `format!`.
macro_rules! say {
    ($($argument:tt)+) => {
        $crate::cli::output::line(format_args!($($argument)+))
    };
}
pub(super) use say;

/// Prints `rows` under `headers`, columns aligned.
pub fn table<const N: usize>(headers: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| printable(cell).into_owned())).collect();
    let mut widths = headers.map(|header| header.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let print = |cells: [&str; N]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(padded.join("  ").trim_end())
    };
    print(headers)?;
    rows.iter().try_for_each(|row| print(row.each_ref().map(String::as_str)))
}

/// Prints `value` as JSON.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).expect("lists and records have text keys");
    write_printable(&printable_json('\n', &text))
}

/// `yes` or `no`.
pub fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
