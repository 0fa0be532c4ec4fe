//! The log: to standard error, as text or as JSON.

mod queue;

use std::any::Any;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::thread;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, fmt};

use self::queue::{Queue, Rank};
use crate::printable::{printable, printable_coloured, printable_json};

pub const AUDIT: &str = "audit";
pub const ACCESS: &str = "access";

/// What this module says of itself comes through every filter: dropped lines, and panics.
const ALWAYS: &str = "citrus_status::telemetry=warn";

/// What a server says on standard error.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Starts logging what passes `filter`. Whoever logs waits until the line is written, as a command does for
/// its reader. Called once, by the process and not by a library's user.
pub fn start(filter: &str, json: bool) {
    subscribe(filter, json, None);
}

/// As [`start`], for a server: nobody waits for the reader of the log, and panics go there too.
pub fn start_queued(filter: &str, json: bool) {
    let queue = QUEUE.get_or_init(Queue::default);
    let writing = move || queue.write_to(io::stderr());
    thread::Builder::new().name("log".to_owned()).spawn(writing).expect("the system gives a thread");
    subscribe(filter, json, Some(queue));
    panic::set_hook(Box::new(log_panic));
}

/// Writes a line that is no event to standard error, in its order with the log. It is dropped no sooner
/// than an audit line.
pub fn write_line(text: impl fmt::Display) {
    match QUEUE.get() {
        Some(queue) => queue.push(format!("{text}\n").into_bytes(), Rank::Audit),
        None => _ = writeln!(io::stderr().lock(), "{text}"),
    }
}

/// Whether this process is a server, whose lines stand in a log.
pub fn is_queued() -> bool {
    QUEUE.get().is_some()
}

/// How many lines were dropped since the start because nobody read the log: ordinary ones, and of the audit log.
pub fn dropped_lines() -> [u64; 2] {
    QUEUE.get().map_or([0; 2], Queue::dropped)
}

/// Waits until a server's log is written, but not for a reader that does not read.
pub fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush();
    }
}

/// [`flush`] when dropped, after a panic too.
pub struct FlushOnDrop;

impl Drop for FlushOnDrop {
    fn drop(&mut self) {
        flush();
    }
}

fn subscribe(filter: &str, json: bool, queue: Option<&'static Queue>) {
    let ansi = io::stderr().is_terminal();
    let always = ALWAYS.parse().expect("the directive is well-formed");
    let builder = fmt()
        .with_env_filter(EnvFilter::new(filter).add_directive(always))
        .with_writer(Output { json, ansi, queue })
        // A log that nobody reads any more must not stop the server.
        .log_internal_errors(false)
        .with_ansi(ansi);
    if json {
        builder.json().flatten_event(true).init();
    } else {
        builder.init();
    }
}

/// Logs a panic. The standard hook would write from the thread that panics, and wait for the reader.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(location, thread, text = panic_text(panic.payload()), "panicked");
}

/// The text of a panic where it is part of the program. One that was put together may hold what a client sent.
fn panic_text(payload: &dyn Any) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(not shown: it may hold a secret)")
}

struct Output {
    json: bool,
    ansi: bool,
    queue: Option<&'static Queue>,
}

impl Output {
    fn line(&self, rank: Rank) -> OneLine {
        OneLine { json: self.json, ansi: self.ansi, queue: self.queue, rank }
    }
}

impl MakeWriter<'_> for Output {
    type Writer = OneLine;

    fn make_writer(&self) -> OneLine {
        self.line(Rank::Ordinary)
    }

    fn make_writer_for(&self, event: &Metadata<'_>) -> OneLine {
        self.line(if event.target() == AUDIT { Rank::Audit } else { Rank::Ordinary })
    }
}

/// Standard error, on which no text of a client begins a line of its own or steers a terminal.
struct OneLine {
    json: bool,
    ansi: bool,
    queue: Option<&'static Queue>,
    rank: Rank,
}

impl Write for OneLine {
    /// Takes one event with its line end: they are written in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = match (self.json, self.ansi) {
            (true, _) => printable_json('\n', line),
            (false, true) => printable_coloured(line).into(),
            (false, false) => printable(line),
        };
        let line = format!("{line}\n").into_bytes();
        match self.queue {
            Some(queue) => queue.push(line, self.rank),
            None => io::stderr().write_all(&line)?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::panic_text;

    #[test]
    fn the_text_of_a_panic_is_shown_where_it_is_part_of_the_program() {
        assert_eq!(panic_text(&"a literal"), "a literal");
        assert_eq!(panic_text(&format!("hunter{}", 2)), "(not shown: it may hold a secret)");
    }
}
