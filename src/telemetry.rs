//! The log: to standard error, as text or as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging what passes `filter`. Called once, by the process and not by a library's user.
pub fn start(filter: &str, json: bool) {
    let ansi = io::stderr().is_terminal();
    let builder = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || OneLine { json, ansi })
        // A log that nobody reads any more must not stop the server.
        .log_internal_errors(false)
        .with_ansi(ansi);
    if json {
        builder.json().flatten_event(true).init();
    } else {
        builder.init();
    }
}

/// Standard error, on which no text of a client begins a line of its own or steers a terminal.
struct OneLine {
    json: bool,
    ansi: bool,
}

impl Write for OneLine {
    /// Takes one event with its line end: they are written in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        match tame(line, self.json, self.ansi) {
            Cow::Borrowed(_) => io::stderr().write_all(event)?,
            Cow::Owned(line) => io::stderr().write_all(format!("{line}\n").as_bytes())?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// `line` with what ends lines, steers terminals or turns the direction of writing spelled out.
fn tame(line: &str, json: bool, ansi: bool) -> Cow<'_, str> {
    let wild = |c: char| match c {
        // Colours. What a client sends in its place is spelled out before it gets here.
        '\u{1b}' if ansi => false,
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    };
    if !line.contains(wild) {
        return line.into();
    }
    let mut tamed = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match (wild(c), json) {
            (false, _) => tamed.push(c),
            // All of them are of the plane whose characters JSON writes with four digits.
            (true, true) => _ = write!(tamed, "\\u{:04x}", u32::from(c)),
            (true, false) => tamed.extend(c.escape_unicode()),
        }
    }
    tamed.into()
}

#[cfg(test)]
mod tests {
    use super::tame;

    #[test]
    fn what_steers_is_spelled_out_and_the_rest_is_kept() {
        assert_eq!(tame("INFO path=\"/é😀\"", false, false), "INFO path=\"/é😀\"");
        assert_eq!(tame("a\nb\r\u{85}\u{1b}[2J", false, false), r"a\u{a}b\u{d}\u{85}\u{1b}[2J");
        assert_eq!(tame("a\u{9b}\u{2028}\u{202e}\u{2066}", true, false), r"a\u009b\u2028\u202e\u2066");
        assert_eq!(tame("\u{1b}[32mINFO\u{1b}[0m \u{9b}", false, true), "\u{1b}[32mINFO\u{1b}[0m \\u{9b}");
    }
}
