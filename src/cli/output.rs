//! Lists for people and for programs.

use std::fmt;
use std::io::{self, Write};
use std::thread;

use serde::Serialize;

use crate::telemetry;

/// Prints a line. Fails where `println!` would panic: when nobody reads any more, as in `… | head`.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Prints a line on standard error, where there may be nobody to read it.
pub fn complain(text: impl fmt::Display) {
    telemetry::write_line(text);
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
    let mut widths = headers.map(|header| header.chars().count());
    for row in rows {
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
    line(text)
}

/// `text` with what would move the cursor or turn the direction of writing escaped.
pub fn printable(text: &str) -> String {
    let escaped = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().flat_map(|c| if escaped(c) { c.escape_default().collect() } else { vec![c] }).collect()
}

/// `yes` or `no`.
pub fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
